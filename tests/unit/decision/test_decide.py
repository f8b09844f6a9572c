from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deskquorum.decision import WITHHOLD_SUGGESTION, Dossier, decide, sentence
from deskquorum.domain import (
    Action,
    Effect,
    Evidence,
    Facts,
    Finding,
    Message,
    Mode,
    Proposal,
    Reason,
    RedactedTicket,
    Route,
    Ruling,
    Unread,
    Verdict,
    Vote,
    VoteStatus,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TICKET = RedactedTicket(
    id="t1", messages=(Message(role="customer", text="thanks", at=NOW),), languages=("en",)
)
CLOSE = Action(name="close_ticket")
FREE = Ruling(
    action="close_ticket", effect=Effect.ALLOW, rules=("thanks",), mode=Mode.AUTO, signed_off="Kim"
)
TICKET_FREE = Ruling(action="ticket", effect=Effect.ALLOW)
HELD = Ruling(
    action="ticket",
    effect=Effect.HUMAN,
    reasons=(Reason(code="rule", params={"rule": "injury", "text": "injury"}),),
)


def dossier(**changes):
    base = Dossier(
        evidence=Evidence(ticket=TICKET, facts=Facts(), votes=()),
        answers={},
        proposal=Proposal(source="playbook", play="close", action=CLOSE),
        ticket_ruling=TICKET_FREE,
        action_ruling=FREE,
    )
    return replace(base, **changes)


def decided(**changes):
    return decide(dossier(**changes), decision_id="d1", now=NOW, policy_hash="h", versions={})


def codes(decision):
    return [reason.code for reason in decision.reasons]


def with_reply(verdict, **ruling):
    allowed = Ruling(action="reply", effect=Effect.ALLOW, mode=Mode.AUTO, signed_off="Kim")
    return {
        "proposal": Proposal(source="playbook", play="p", reply="Returns take 30 days."),
        "action_ruling": None,
        "reply_ruling": replace(allowed, **ruling),
        "findings": (
            Finding(check="claim", verdict=verdict, start=0, end=21, text="Returns take 30 days."),
        ),
    }


def test_an_allowed_signed_off_action_runs_by_itself():
    decision = decided()
    assert (decision.route, decision.action) == (Route.AUTO, CLOSE)
    assert codes(decision) == ["signed-off"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"ticket_ruling": HELD}, "rule", id="a-ticket-rule-asks-for-a-person"),
        pytest.param(
            {"action_ruling": replace(FREE, mode=Mode.SUGGEST)}, "mode", id="suggest-mode"
        ),
        pytest.param({"action_ruling": replace(FREE, mode=Mode.SHADOW)}, "mode", id="shadow-mode"),
        pytest.param(
            {"action_ruling": replace(FREE, signed_off=None)},
            "no-certificate",
            id="neither-certificate-nor-sign-off",
        ),
        pytest.param({"proposal": None, "action_ruling": None}, "nothing-proposed", id="no-play"),
        pytest.param({"guessed": True}, "guess", id="answers-not-settled"),
        pytest.param(with_reply(Verdict.UNKNOWN), "reply-check", id="unknown-claim"),
        pytest.param(with_reply(Verdict.UNSUPPORTED), "reply-check", id="unsupported-claim"),
        pytest.param(with_reply(Verdict.CONTRADICTED), "reply-check", id="contradicted-claim"),
        pytest.param(
            with_reply(Verdict.SUPPORTED, mode=Mode.SUGGEST), "mode", id="reply-only-suggested"
        ),
    ],
)
def test_it_goes_to_a_person_when(changes, code):
    decision = decided(**changes)
    assert decision.route is Route.HUMAN
    assert decision.reasons[0].code == code


def test_a_failed_labeler_sends_the_ticket_to_a_person():
    failed = Vote(question="route", labeler="model", status=VoteStatus.FAILED, why="timeout")
    evidence = Evidence(ticket=TICKET, facts=Facts(), votes=(failed,))
    decision = decided(evidence=evidence)
    assert decision.route is Route.HUMAN
    assert decision.reasons[0].params["labeler"] == "model"


def test_a_broken_stage_sends_the_ticket_to_a_person():
    evidence = Evidence(ticket=TICKET, facts=Facts(), votes=(), failures=(Reason(code="late"),))
    assert decided(evidence=evidence).route is Route.HUMAN


def test_a_supported_reply_goes_out_by_itself():
    assert decided(**with_reply(Verdict.SUPPORTED)).route is Route.AUTO


def test_a_denied_action_with_a_supported_reply_is_declined():
    reply = with_reply(Verdict.SUPPORTED)
    proposal = replace(reply["proposal"], action=CLOSE)
    changes = reply | {
        "proposal": proposal,
        "action_ruling": replace(FREE, effect=Effect.DENY),
    }
    decision = decided(**changes)
    assert (decision.route, decision.action) == (Route.DENY, CLOSE)


def test_a_bots_denied_action_is_declined_without_a_reply():
    proposal = Proposal(source="bot", action=CLOSE)
    denied = replace(FREE, effect=Effect.DENY)
    assert decided(proposal=proposal, action_ruling=denied).route is Route.DENY


def test_a_playbooks_denial_that_nobody_explains_goes_to_a_person():
    denied = replace(FREE, effect=Effect.DENY)
    decision = decided(action_ruling=denied)
    assert decision.route is Route.HUMAN
    assert codes(decision)[0] == "no-reply"


def test_a_person_is_never_shown_a_denied_action():
    denied = replace(FREE, effect=Effect.DENY)
    assert decided(action_ruling=denied, ticket_ruling=HELD).action is None


def test_a_rule_can_withhold_the_suggestion():
    held = replace(HELD, obligations=(WITHHOLD_SUGGESTION,))
    assert decided(ticket_ruling=held).action is None
    assert decided(ticket_ruling=HELD).action == CLOSE


UNREAD = Evidence(
    ticket=TICKET,
    facts=Facts(unread={"order.status": Unread(source="shop", why="timeout")}),
    votes=(),
)


def test_a_fact_that_nothing_needed_sends_nobody_to_a_person():
    assert decided(evidence=UNREAD).route is Route.AUTO


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"proposal": None, "action_ruling": None}, id="nothing-proposed"),
        pytest.param({"guessed": True}, id="a-guess"),
    ],
)
def test_where_no_play_was_sure_facts_that_were_not_read_are_told(changes):
    decision = decided(evidence=UNREAD, **changes)
    (reason,) = [reason for reason in decision.reasons if reason.code == "unread-fact"]
    assert sentence(reason) == "The fact order.status was not read from shop (timeout)"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({}, "The fact a.b, which rule r needs, was not read", id="nobody-tells-it"),
        pytest.param(
            {"source": "shop", "why": "older-than-1h"},
            "The fact a.b, which rule r needs, was not read from shop (older-than-1h)",
            id="a-source-did-not",
        ),
    ],
)
def test_a_missing_fact_in_words(more, said):
    params = {"fact": "a.b", "rule": "r", **more}
    assert sentence(Reason(code="missing-fact", params=params)) == said
