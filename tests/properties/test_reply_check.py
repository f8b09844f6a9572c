"""Laws of the reply check."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import assume, example, given
from hypothesis import strategies as st

from deskquorum.domain import Fact, Facts, Scope, Verdict
from deskquorum.grounding import ClaimKind, check_reply, extract_claims, index_clauses


@dataclass(frozen=True)
class WrittenClause:
    id: str
    text: str
    version: str = "1"
    scope: Scope = field(default_factory=dict)


NOW = datetime(2026, 11, 20, tzinfo=UTC)
FACTS = Facts(
    values={
        "order.id": Fact(value="W5967", source="test", read_at=NOW),
        "order.status": Fact(value="shipped", source="test", read_at=NOW),
        "order.total_minor": Fact(value=2400, source="test", read_at=NOW),
        "order.items": Fact(value=[{"name": "Kettle", "n": [1, None]}], source="t", read_at=NOW),
    }
)

PIECES = (
    "Return items|unworn|30 days|within|of delivery|. |, |; |\n- |if|No|not|5.00 USD|€1.299,00|you|"
    "⟦PERSON_1·k7⟧|{{|Mr.|e.g.|W59|We will|your order|is|shipped|https://a.b/|a@b.co|3 May|:|?|10%|"
    "Our policy (R1)|tags on|may|can't|\ufe0f|\u202e|\r\n|\x00|\ud800"
)
pieces = st.sampled_from(PIECES.split("|"))
odd_texts = st.one_of(st.text(), st.lists(pieces).map(" ".join), st.lists(pieces).map("".join))

subjects = st.sampled_from(["Unworn items", "Kettles", "Annual plans", "Members", "Gift cards"])
verbs = st.sampled_from(["can be returned", "are refunded", "must be paid", "are not exchanged"])
units = st.sampled_from(["days", "business days", "EUR", "%", "months", "photos", "hours"])
numbers = st.integers(min_value=0, max_value=99_999)
rules = st.builds("{} {} up to {} {} after delivery.".format, subjects, verbs, numbers, units)


def findings(reply, *clauses, facts=FACTS):
    written = [WrittenClause(f"C{place}", text) for place, text in enumerate(clauses)]
    return check_reply(reply, index=index_clauses(written), facts=facts, allowed_links=["a.b"])


@given(odd_texts, odd_texts)
@example("\u2011" * 3, "")
def test_no_text_raises_and_the_same_text_gives_the_same_findings(reply, clause):
    assert findings(reply, clause) == findings(reply, clause)


@given(odd_texts)
def test_offsets_hold_the_text_but_for_what_is_masked(reply):
    found = findings(reply, "Return items within 30 days.")
    for finding in found:
        stands = reply[finding.start : finding.end]
        assert len(stands) == len(finding.text)
        assert all(a in {b, "•"} for a, b in zip(finding.text, stands, strict=True))
    assert [f.start for f in found] == sorted(f.start for f in found)


@given(odd_texts)
def test_every_letter_of_a_reply_belongs_to_a_claim(reply):
    covered = {i for claim in extract_claims(reply) for i in range(claim.start, claim.end)}
    assert all(i in covered for i, c in enumerate(reply) if c.isalpha())


@given(odd_texts)
@example("A0:0")
@example("0:. . 0")
def test_a_verbatim_clause_is_supported_whatever_it_says(clause):
    verdicts = {f.verdict for f in findings(clause, clause) if f.check == "claim"}
    assert verdicts <= {Verdict.SUPPORTED}


@given(st.lists(rules, min_size=1, max_size=3, unique=True))
def test_clauses_quoted_in_a_letter_are_supported(texts):
    letter = "\n\n".join(["Hello Anouk,", *texts, "Best regards,\nNorthwind Support"])
    claims = [f for f in findings(letter, *texts) if f.check == "claim"]
    assert len(claims) >= len(texts)
    assert {f.verdict for f in claims} == {Verdict.SUPPORTED}


@given(rules, numbers)
def test_a_clause_with_another_number_is_never_supported(text, number):
    changed = re.sub(r"\d+", str(number), text)
    assume(changed != text)
    assert all(f.verdict is not Verdict.SUPPORTED for f in findings(changed, text))


@given(rules, rules)
def test_what_no_clause_says_is_never_supported(said, written):
    assume(said != written)
    assert all(f.verdict is not Verdict.SUPPORTED for f in findings(said, written))


@given(rules, rules)
def test_one_more_clause_takes_no_support_away(first, second):
    assume(first != second)
    assert {f.verdict for f in findings(first, first, second)} == {Verdict.SUPPORTED}


@given(odd_texts)
def test_what_is_social_holds_no_digit(reply):
    claims = [c for c in extract_claims(reply) if c.kind is ClaimKind.SOCIAL]
    bare = [re.sub(r"⟦[^⟦⟧]*⟧|\(?[A-Za-z]+[-.\d]*\d\)?", "", c.text) for c in claims]
    assert not any(c.isdigit() for text in bare for c in text)
