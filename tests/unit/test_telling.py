"""What a decision orders to be told to its helpdesk, once, and what takes its place."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deskquorum.domain import Action, Message, Ticket
from deskquorum.ledger import open_ledger, order_of
from deskquorum.ledger.outbox import State, begin, done, executions_after, lease, order_in
from deskquorum.telling import Carried, asked_in, hand_back, tell

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TICKET = Ticket(id="zendesk:7", messages=(Message(role="customer", text="Where is it?", at=NOON),))
CARRIED = Carried(executed={"close_ticket"}, actions={})
ACTION = {"name": "issue_refund", "args": {"amount": "24.00"}}


def decided(**changes):
    row = {"decision_id": "d_1", "route": "auto", "action": None, "reply": "Soon.", "reasons": []}
    return {**row, **changes}


@pytest.fixture
def later():
    """A clock that a test sets forward, so that what is due can be taken."""
    return {"now": NOON}


@pytest.fixture
def database(tmp_path, later):
    ledger = open_ledger(
        tmp_path / "l.sqlite", tenant="north", host_key=b"k" * 32, clock=lambda: later["now"]
    )
    yield ledger.database
    ledger.close()


@pytest.fixture
def write(database):
    def run(work, *args, **named):
        with database.transaction(writing=True) as tx:
            return work(tx, *args, **named)

    return run


@pytest.fixture
def told(write):
    def run(ticket=TICKET, carried=CARRIED, **changes):
        write(tell, asked_in(ticket, "zendesk"), decided(**changes), carried)

    return run


@pytest.fixture
def orders(write):
    """Action to the values of its order, of those that can still run or did."""

    def run():
        rows = write(executions_after)
        alive = [row for row in rows if row.state is not State.CANCELLED]
        return {row.action: json.loads(write(order_in, row.key).args) for row in alive}

    return run


def test_a_reply_is_ordered_once_however_often_it_is_told(told, orders):
    told()
    told(decision_id="d_2")
    assert list(orders()) == ["reply@zendesk"]
    assert orders()["reply@zendesk"]["mark"] == "d_1"


def test_a_decline_with_a_reply_tells_the_customer(told, orders):
    told(route="deny", action=ACTION)
    assert list(orders()) == ["reply@zendesk"]


@pytest.mark.parametrize("route", ["human", "auto"])
def test_what_nobody_here_can_do_is_handed_off_with_a_note(told, orders, route):
    reasons = [{"code": "rule", "text": "Rule r: more than 50.00"}]
    told(route=route, action=ACTION, reasons=reasons)
    assert list(orders()) == ["hand-off@zendesk"]
    note = orders()["hand-off@zendesk"]["note"]
    assert "more than 50.00" in note
    assert '{"amount": "24.00"}' in note
    assert "Soon." in note
    assert "deskquorum d_1" in note
    assert ("nothing here carries it out" in note) == (route == "auto")


@pytest.mark.parametrize(
    ("changes", "suggests"),
    [({}, True), ({"reply": None}, False), ({"reply": None, "action": ACTION}, True)],
)
def test_a_hand_off_says_whether_it_suggests_anything(told, orders, changes, suggests):
    told(route="human", **changes)
    assert orders()["hand-off@zendesk"]["suggests"] is suggests


def test_a_reply_waits_for_the_action_that_it_speaks_of(told, orders, write):
    action = Action(name="close_ticket")
    told(action={"name": action.name, "args": {}})
    order = write(order_of, TICKET.id, action, None, "d_1", TICKET.subject)
    assert orders()["reply@zendesk"]["after"] == order.key


def test_an_action_without_a_reply_tells_nobody(told, orders):
    told(action={"name": "close_ticket", "args": {}}, reply=None)
    assert orders() == {}


def test_what_is_taken_back_is_never_sent(told, orders):
    told()
    told(route="human", decision_id="d_2")
    assert list(orders()) == ["hand-off@zendesk"]


def test_what_was_handed_off_is_not_answered_behind_the_persons_back(told, orders):
    told(route="human")
    told(decision_id="d_2")
    assert list(orders()) == ["hand-off@zendesk"]


def test_a_shadow_writes_nothing_and_still_hands_off(told, orders):
    told(route="human", reasons=[{"code": "mode", "mode": "shadow", "text": "shadow"}])
    assert orders()["hand-off@zendesk"]["note"] is None


def test_a_conversation_that_somebody_answered_waits_for_nobody(told, orders):
    said = Message(role="agent", text="It comes today.", at=NOON)
    told(ticket=replace(TICKET, messages=(*TICKET.messages, said)), route="human")
    assert orders() == {}


def test_each_message_of_the_customer_is_told_of_by_itself(told, write):
    told()
    again = Message(role="customer", text="Where is it?", at=NOON)
    told(ticket=replace(TICKET, messages=(*TICKET.messages, again)))
    assert len(write(executions_after)) == 2


@pytest.mark.parametrize(
    ("answer", "priority"),
    [
        ({"label": "urgent", "settled": True}, "urgent"),
        ({"label": "urgent", "settled": False}, None),
        ({"label": "whatever", "settled": True}, None),
        ({"label": None, "settled": True}, None),
    ],
)
def test_only_an_answer_that_settled_sets_the_priority(told, orders, answer, priority):
    told(route="human", answers={"priority": answer})
    assert orders()["hand-off@zendesk"]["priority"] == priority


def test_a_reply_that_could_not_be_sent_becomes_a_hand_off(told, orders, write):
    told()
    [row] = write(executions_after)
    order = write(order_in, row.key)
    for _ in range(2):
        write(hand_back, order, "http-403")
    note = orders()["hand-off@zendesk"]["note"]
    assert "http-403" in note
    assert "Soon." in note
    assert orders()["hand-off@zendesk"]["mark"] in note


def test_replies_can_be_stopped_and_hand_offs_cannot(told, write):
    told()
    told(ticket=replace(TICKET, id="zendesk:8"), route="human")
    stopped = {row.action: write(order_in, row.key).stopped_by for row in write(executions_after)}
    assert stopped == {"reply@zendesk": ("reply",), "hand-off@zendesk": ()}


def test_a_reply_that_is_out_is_out_and_the_team_is_told_all_the_same(told, orders, write, later):
    told()
    later["now"] = NOON.replace(minute=1)
    [held] = write(lease, owner="a", lease_s=9, limit=1)
    assert write(begin, held, lease_s=9)
    write(done, held.order)
    told(route="human", decision_id="d_2")
    assert sorted(orders()) == ["hand-off@zendesk", "reply@zendesk"]
