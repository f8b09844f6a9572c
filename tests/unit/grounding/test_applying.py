"""Clauses that apply to some cases only: what the reply check makes of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.grounding.conftest import WrittenClause

from deskquorum.domain import ClaimAnswer, Fact, Facts, Unread, Verdict
from deskquorum.grounding import check_reply, index_clauses, open_claims, read_draft
from deskquorum.grounding.applying import reach_of

RETURNS = "Items can be returned within 30 days of delivery."
GOLD = "Gold members can return items within 60 days of delivery."
TIER = {"customer.tier": ("gold", "platinum")}
CLAUSES = (WrittenClause("R1", RETURNS), WrittenClause("R7", GOLD, scope=TIER))
NOT_READ = "whether clause R7 applies can't be told: fact 'customer.tier' was not read"


def known(**facts):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Facts(
        values={
            name.replace("__", "."): Fact(value=value, source="test", read_at=now)
            for name, value in facts.items()
        }
    )


def findings(reply, facts, clauses=CLAUSES, answers=None):
    index = index_clauses(clauses)
    return check_reply(reply, index=index, facts=facts, allowed_links=(), answers=answers)


@pytest.mark.parametrize("tier", ["gold", "platinum"])
def test_a_clause_whose_scope_the_facts_meet_counts(tier):
    (found,) = findings(GOLD, known(customer__tier=tier))
    assert (found.verdict, found.clause, found.risk) == (Verdict.SUPPORTED, "R7", 0.0)


@pytest.mark.parametrize("tier", ["basic", "Gold", None])
def test_a_clause_whose_scope_the_facts_contradict_backs_nothing_even_word_for_word(tier):
    (found,) = findings(GOLD, known(customer__tier=tier))
    assert found.verdict is not Verdict.SUPPORTED
    assert found.clause != "R7"
    assert "R7" not in found.why


def test_it_contradicts_nothing_either():
    said = "Gold members can return items within 90 days of delivery."
    only = (CLAUSES[1],)
    (inside,) = findings(said, known(customer__tier="gold"), only)
    (outside,) = findings(said, known(customer__tier="basic"), only)
    assert (inside.verdict, inside.clause) == (Verdict.CONTRADICTED, "R7")
    assert outside.verdict is not Verdict.CONTRADICTED


def test_the_clause_that_does_apply_contradicts_the_promise_of_the_one_that_does_not():
    reply = "You can return items within 60 days of delivery."
    (found,) = findings(reply, known(customer__tier="basic"))
    assert (found.verdict, found.clause) == (Verdict.CONTRADICTED, "R1")


def test_a_quote_of_a_clause_whose_scope_nobody_can_tell_is_unknown_and_names_the_fact():
    (found,) = findings(GOLD, Facts())
    assert (found.verdict, found.clause, found.why) == (Verdict.UNKNOWN, "R7", NOT_READ)
    assert found.risk >= 0.5


def test_such_a_clause_contradicts_nothing_but_is_named():
    said = "Gold members can return items within 90 days of delivery."
    (found,) = findings(said, Facts(), (CLAUSES[1],))
    assert (found.verdict, found.clause, found.why) == (Verdict.UNKNOWN, "R7", NOT_READ)


def test_the_reason_tells_why_the_fact_was_not_read():
    facts = Facts(unread={"customer.tier": Unread(source="crm", why="timeout")})
    (found,) = findings(GOLD, facts)
    assert found.why == f"{NOT_READ} (timeout)"


def test_a_fact_of_another_type_than_the_scope_tells_nothing():
    (found,) = findings(GOLD, known(customer__tier=3))
    assert found.verdict is Verdict.UNKNOWN
    assert found.why.endswith("fact 'customer.tier' is of another type")


def test_true_is_no_number():
    reach = reach_of([("A", {"order.count": (1,)})], known(order__count=True))
    assert "A" in reach.untold


def test_every_fact_of_a_scope_must_fit_and_one_that_does_not_is_enough():
    scope = TIER | {"order.channel": ("marketplace",)}
    clauses = (WrittenClause("R7", GOLD, scope=scope),)
    (both,) = findings(GOLD, known(customer__tier="gold", order__channel="marketplace"), clauses)
    (one,) = findings(GOLD, known(customer__tier="gold"), clauses)
    (against,) = findings(GOLD, known(order__channel="shop"), clauses)
    assert both.verdict is Verdict.SUPPORTED
    assert one.why.endswith("fact 'order.channel' was not read")
    assert against.clause is None


def test_words_that_stand_in_two_clauses_quote_the_one_that_surely_applies():
    clauses = (WrittenClause("R7", RETURNS, scope=TIER), WrittenClause("R1", RETURNS))
    (found,) = findings(RETURNS, Facts(), clauses)
    assert (found.verdict, found.clause) == (Verdict.SUPPORTED, "R1")


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        pytest.param(known(customer__tier="gold"), Verdict.SUPPORTED, id="applies"),
        pytest.param(known(customer__tier="basic"), Verdict.UNKNOWN, id="does-not-apply"),
        pytest.param(Facts(), Verdict.UNKNOWN, id="nobody-can-tell"),
    ],
)
def test_verifiers_words_from_a_clause_count_only_where_it_applies(facts, verdict):
    reply = "As a gold member you may still send it back, two months being allowed."
    answer = ClaimAnswer(
        label="entailed", probability=0.97, entailed=0.97, settled=True, clause="R7",
        quote="can return items within 60 days",
    )  # fmt: skip
    asked = open_claims(read_draft(reply, index=index_clauses(CLAUSES), facts=facts))
    answers = {(open_.claim.start, open_.claim.end): answer for open_ in asked}
    found = findings(reply, facts, answers=answers)
    assert {f.verdict for f in found} == {verdict}


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        pytest.param(known(customer__tier="gold"), {"R1", "R7"}, id="applies"),
        pytest.param(known(customer__tier="basic"), {"R1"}, id="does-not-apply"),
        pytest.param(Facts(), {"R1"}, id="nobody-can-tell"),
    ],
)
def test_verifiers_are_shown_only_clauses_that_surely_apply(facts, shown):
    reply = "Gold members may return their items for two months."
    (claim,) = open_claims(read_draft(reply, index=index_clauses(CLAUSES), facts=facts))
    assert {clause.id for clause in claim.clauses} == shown


def test_an_index_serves_one_case_after_the_other():
    index = index_clauses(CLAUSES)
    for tier, backed in (("gold", True), ("basic", False), ("gold", True)):
        facts = known(customer__tier=tier)
        (found,) = check_reply(GOLD, index=index, facts=facts, allowed_links=())
        assert (found.verdict is Verdict.SUPPORTED) is backed


scopes = st.dictionaries(
    st.sampled_from("abc"),
    st.lists(st.sampled_from(["x", "y", 1, 2, True]), min_size=1, max_size=3).map(tuple),
)
values = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y", 1, 2, True, None]))


@given(scopes, values, st.sampled_from("abc"))
def test_reading_one_fact_more_never_brings_a_clause_back(scope, read, more):
    """Nor does it bring doubt to a clause that applied."""
    less = {name: value for name, value in read.items() if name != more}
    before, after = (reach_of([("A", scope)], known(**facts)) for facts in (less, read))
    assert "A" in after.outside or "A" not in before.outside
    assert before.outside or before.untold or (after == before)
