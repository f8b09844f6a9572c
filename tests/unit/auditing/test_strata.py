"""What kind of ticket a decision was about."""

from datetime import UTC, datetime

import pytest

from deskquorum.auditing import Sorting, stratum_of
from deskquorum.domain import Action, Answer, Decision, Evidence, Fact, Facts, Route
from deskquorum.testing import make_redacted_ticket, make_vote

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
BY = Sorting(question="intent", risks={"issue_refund": "money"}, segment="customer.tier")


def stratum(facts=(), action="issue_refund", probability=0.8):
    answer = Answer(
        question="intent", label="refund", probability=probability, settled=True, calibrated=False
    )
    decision = Decision(
        id="d1",
        ticket="t1",
        route=Route.HUMAN,
        action=Action(name=action),
        reply=None,
        reasons=(),
        answers={"intent": answer},
        decided_at=NOON,
    )
    told = {name: Fact(value=value, source="crm", read_at=NOON) for name, value in facts}
    votes = tuple(make_vote(question="intent", labeler=who, label="refund") for who in "ab")
    evidence = Evidence(ticket=make_redacted_ticket(), facts=Facts(values=told), votes=votes)
    return stratum_of(decision, evidence, BY)


def test_a_stratum_tells_what_kind_of_ticket_it_was():
    found = stratum([("customer.tier", "trailhead")])
    assert (found.route, found.risk, found.topic) == ("human", "money", "refund")
    assert (found.conflict, found.uncertainty, found.segment) == ("agree", "likely", "trailhead")


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param([], id="not-read"),
        pytest.param([("customer.tier", None)], id="none"),
        pytest.param([("customer.tier", " ")], id="blank"),
        pytest.param([("customer.tier", ["a"])], id="a-list"),
        pytest.param([("customer.tier", "x" * 41)], id="a-text-rather-than-a-name"),
        pytest.param([("customer.segment", "vip")], id="under-another-name"),
    ],
)
def test_a_segment_that_nobody_told_is_unknown(facts):
    assert stratum(facts).segment == "unknown"


def test_an_action_that_no_policy_declares_any_more_has_an_unknown_risk():
    assert stratum(action="send_flowers").risk == "unknown"
