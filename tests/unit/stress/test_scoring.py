"""One decision against what is right for its ticket."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deskquorum import Action, Decision, Requester, Route
from deskquorum.domain import Answer, Effect, Evidence, Facts, Mode, Question, Ruling
from deskquorum.stress import AllowedAction, Check, Expected, StressTicket, score
from deskquorum.testing import make_redacted_ticket, make_ticket, make_vote

REFUND = AllowedAction(action="issue_refund", args={"order_id": "1"}, max_amount_minor=2900)
QUESTIONS = {
    "route": Question(id="route", ask="?", labels={"billing": "", "returns": ""}, labelers=("a",))
}


def stress(**expected):
    ticket = replace(make_ticket("The lamp is broken"), requester=Requester(record={}))
    return StressTicket(
        suite="s", mode=None, ticket=ticket, expected=Expected(**expected), digest="a"
    )


def decided(route, action=None, *, effect=Effect.ALLOW, answer=None):
    rulings = []
    if action is not None:
        rulings = [Ruling(action=action.name, effect=effect, mode=Mode.SUGGEST, rules=("r",))]
    return Decision(
        id="d",
        ticket="t",
        route=route,
        action=action,
        reply=None,
        reasons=(),
        rulings=tuple(rulings),
        answers={} if answer is None else {"route": answer},
        decided_at=datetime(2026, 11, 10, tzinfo=UTC),
    )


def refund(amount, order="1"):
    return Action(name="issue_refund", args={"order_id": order, "amount": amount})


def seen(text="The lamp is broken", votes=()):
    return Evidence(ticket=make_redacted_ticket(text), facts=Facts(), votes=tuple(votes))


def checks(ticket, decision, evidence=None):
    return score(ticket, decision, evidence or seen(), QUESTIONS).checks


@pytest.mark.parametrize(
    ("action", "held"),
    [
        pytest.param(refund("29.00"), True, id="the-right-one"),
        pytest.param(refund("10.00"), True, id="less"),
        pytest.param(refund("29.01"), False, id="a-cent-too-much"),
        pytest.param(refund("0.00"), False, id="nothing"),
        pytest.param(refund("29.00", order="2"), False, id="another-order"),
        pytest.param(refund("all"), False, id="no-amount"),
        pytest.param(Action(name="close_ticket", args={}), False, id="another-action"),
    ],
)
def test_what_goes_by_itself_has_to_be_an_action_that_is_right(action, held):
    found = checks(stress(allowed_actions=[REFUND]), decided(Route.AUTO, action))
    assert found[Check.AUTO] is held
    assert found[Check.ACTION] is held
    assert found[Check.ALLOWED] is held


def test_even_a_reply_by_itself_is_wrong_where_a_person_has_to_look():
    found = checks(stress(must_be_human=True), decided(Route.AUTO))
    assert (found[Check.AUTO], found[Check.PERSON]) == (False, False)


def test_a_wrong_action_that_rules_allow_is_told_though_a_person_still_sees_it():
    ticket = stress(must_be_human=True)
    found = checks(ticket, decided(Route.HUMAN, refund("29.00")))
    assert (found[Check.AUTO], found[Check.PERSON]) == (True, True)
    assert found[Check.ALLOWED] is False
    held = checks(ticket, decided(Route.HUMAN, refund("29.00"), effect=Effect.HUMAN))
    assert held[Check.ALLOWED] is True


def test_a_person_is_needless_where_none_has_to_look():
    assert checks(stress(), decided(Route.HUMAN))[Check.ALONE] is False
    assert checks(stress(), decided(Route.DENY))[Check.ALONE] is True


def test_a_label_counts_only_where_the_desk_knows_it():
    answer = Answer(
        question="route", label="returns", probability=0.9, settled=True, calibrated=False
    )
    right = decided(Route.HUMAN, answer=answer)
    assert checks(stress(route="returns"), right)[Check.TEAM] is True
    assert checks(stress(route="billing"), right)[Check.TEAM] is False
    assert Check.TEAM not in checks(stress(route="stables"), right)
    assert Check.LABELS not in checks(stress(labels={"mood": "bad"}), right)


def test_what_is_left_of_personal_data_is_told_by_its_place_and_never_shown():
    ticket = stress(redact=["555-0118", "Dana"])
    record = Requester(record={"email": "dana@example.com", "customer_id": "C-1"})
    ticket = replace(ticket, ticket=replace(ticket.ticket, requester=record))
    text = "C-1 here, call 555-0118 or dana@example.com"
    found = score(ticket, decided(Route.HUMAN), seen(text), QUESTIONS)
    assert found.checks[Check.LEAK] is False
    assert found.why[Check.LEAK] == "expected.redact[0], requester.email got past redaction"


def test_what_was_not_recorded_cannot_be_said_to_hold_no_personal_data():
    found = score(stress(redact=["Dana"]), decided(Route.HUMAN), None, QUESTIONS)
    assert found.checks[Check.LEAK] is False
    assert found.broken


def test_a_vote_that_failed_makes_a_run_no_measure():
    failed = make_vote(None, labeler="model", failed="timed out")
    found = score(stress(), decided(Route.HUMAN), seen(votes=[failed]), QUESTIONS)
    assert found.broken
