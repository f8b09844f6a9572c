"""The reply check as its users see it: a reply goes in, findings come out."""

import time
from types import MappingProxyType

import pytest

from deskquorum.domain import Facts, Verdict
from deskquorum.grounding import check_reply, index_clauses
from deskquorum.grounding.reply_check import LONGEST_REPLY


def verdicts(reply, index, facts=Facts()):  # noqa: B008 - an empty snapshot is a frozen value
    found = check_reply(reply, index=index, facts=facts, allowed_links=["northwind.example"])
    return [(finding.verdict.value, finding.clause) for finding in found]


@pytest.mark.parametrize(
    ("reply", "clause"),
    [
        pytest.param("Return unworn items within 30 days of delivery.", "R1", id="word-for-word"),
        pytest.param(
            "return  unworn items\nwithin 30 days of delivery", "R1", id="case-and-blanks"
        ),
        pytest.param(
            "Our policy (R1): Return unworn items within 30 days of delivery.", "R1", id="lead-in"
        ),
        pytest.param("You can change the size within 14 days.", "W1", id="two-weeks-are-14-days"),
        pytest.param("Standard shipping costs $5.", "S1", id="the-same-amount-in-signs"),
    ],
)
def test_a_quoted_clause_is_supported(reply, clause, index):
    assert verdicts(reply, index) == [("supported", clause)]


def test_a_supported_finding_names_version_and_words_of_the_clause(index):
    (found,) = check_reply(
        "You can change the size within 14 days.", index=index, facts=Facts(), allowed_links=()
    )
    assert (found.clause_version, found.quote) == (
        "2026-11",
        "Customers can change the size within two weeks.",
    )


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("No, refunds are given on gift cards.", id="a-comma-turns-the-meaning"),
        pytest.param("Refunds are given on gift cards.", id="negation-dropped"),
        pytest.param("Return items within 30 days of delivery.", id="condition-dropped"),
        pytest.param("Return unworn items within 30 days of purchase.", id="other-start"),
        pytest.param("Return unworn items after 30 days of delivery.", id="other-preposition"),
        pytest.param("Return unworn items within 30 days of delivery?", id="a-question"),
        pytest.param("❌ Return unworn items within 30 days of delivery.", id="a-cross-before-it"),
        pytest.param("It is false: Return unworn items within 30 days of delivery.", id="denied"),
        pytest.param(
            "Exchanges: You can change the size within two weeks.", id="put-under-another-topic"
        ),
        pytest.param(
            "Our policy (G1): Return unworn items within 30 days of delivery.", id="wrong-clause-id"
        ),
        pytest.param("They are replaced free within 30 days.", id="they-without-whom"),
        pytest.param(
            "Return unworn items within 30 days of delivery. "
            "They are replaced free within 30 days.",
            id="they-spliced-behind-another-clause",
        ),
        pytest.param("Kettles are repaired.", id="the-sentence-that-goes-on-is-left-out"),
        pytest.param("Standard shipping costs 12.50 USD.", id="the-amount-of-something-else"),
    ],
)
def test_an_altered_clause_is_never_supported_as_a_whole(reply, index):
    assert any(verdict != "supported" for verdict, _ in verdicts(reply, index))


@pytest.mark.parametrize(
    ("reply", "clause"),
    [
        pytest.param("Return unworn items within 60 days of delivery.", "R1", id="window"),
        pytest.param("Express shipping costs 9.99 USD.", "S1", id="amount"),
        pytest.param("Express shipping costs 12.60 EUR.", "S1", id="amount-in-another-currency"),
        pytest.param("The size can be changed within three weeks.", "W1", id="in-other-words"),
    ],
)
def test_another_number_for_the_same_thing_contradicts(reply, clause, index):
    assert verdicts(reply, index) == [("contradicted", clause)]


def test_what_happened_to_the_customer_contradicts_no_window(index):
    reply = "Your items came 45 days ago, unworn, within the delivery of the return."
    assert ("contradicted", "R1") not in verdicts(reply, index)


@pytest.mark.parametrize(
    "reply",
    [
        "You are entitled to a new one.",
        "We guarantee that it arrives.",
        "This is your legal right.",
        "As a courtesy we added a voucher.",
    ],
)
def test_a_promise_that_no_clause_makes_is_unsupported(reply, index):
    assert verdicts(reply, index) == [("unsupported", None)]


def test_a_promise_that_a_clause_for_something_else_touches_is_not_supported(index):
    ((verdict, _),) = verdicts("We will refund you 24.00 USD.", index)
    assert verdict != "supported"


def test_a_rule_in_free_words_is_unknown(index):
    assert verdicts("Repairs happen at the workshop in town.", index) == [("unknown", None)]


def test_a_promise_in_another_language_than_the_clauses_is_unknown(index):
    reply = "Le devolvemos el importe de la tarjeta de regalo en una semana."
    assert verdicts(reply, index) == [("unknown", None)]


def test_a_clause_quoted_in_its_own_language_is_supported_among_others():
    class Clause:
        id, version, text = "D1", "1", "Die Rückgabe ist innerhalb von 30 Tagen möglich."
        scope = MappingProxyType({})

    german = index_clauses([Clause()])
    assert verdicts("Die Rückgabe ist innerhalb von 30 Tagen möglich.", german) == [
        ("supported", "D1")
    ]


def test_a_voter_that_breaks_leaves_its_claims_unknown(index, monkeypatch):
    def breaks(*_args, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr("deskquorum.grounding.assessing.ballot_of", breaks)
    (found,) = check_reply(
        "Express shipping costs 9.99 USD.", index=index, facts=Facts(), allowed_links=()
    )
    assert (found.verdict, found.why, found.risk) == (Verdict.UNKNOWN, "a voter broke", 1.0)


def test_courtesies_give_no_finding(index):
    reply = "Hello Anouk,\n\nThank you for your message.\n\nBest regards,\nNorthwind Support"
    assert verdicts(reply, index) == []


def test_without_clauses_nothing_is_supported():
    assert verdicts("Return unworn items within 30 days.", index_clauses([])) == [("unknown", None)]


def test_findings_come_in_the_order_of_the_reply(index, facts):
    reply = "Your order is delivered. Mail joe@example.com. See https://evil.example/x today."
    found = check_reply(reply, index=index, facts=facts, allowed_links=())
    assert [f.start for f in found] == sorted(f.start for f in found)
    assert {f.check for f in found} == {"claim", "privacy", "link"}


def test_personal_data_is_masked_in_every_finding(index):
    found = check_reply(
        "Mail joe@example.com about it.", index=index, facts=Facts(), allowed_links=()
    )
    assert found
    assert all("joe" not in finding.text for finding in found)
    assert found[0].text == "Mail •••@•••••••.••• about it."


def test_an_endless_reply_is_one_unknown_finding(index):
    (found,) = check_reply("x" * (LONGEST_REPLY + 1), index=index, facts=Facts(), allowed_links=())
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "piece",
    [" ", "\n", ".", "1", "1.", "a.", "{", "[A", "<a", "a@", "www.", "5 to ", "(", "-", "⟦"],
)
def test_odd_text_takes_no_long_time(piece, index):
    reply = (piece * LONGEST_REPLY)[:LONGEST_REPLY]
    start = time.process_time()
    check_reply(reply, index=index, facts=Facts(), allowed_links=())
    assert time.process_time() - start < 5
