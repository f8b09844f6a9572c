"""What a bot learns of what became of its decision: the review, the orders, and how they ended."""

import os
from dataclasses import replace

import anyio
import pytest

from deskquorum import Route, load_desk
from deskquorum.domain import Action, Proposal
from deskquorum.executing import compensate
from deskquorum.execution import CallablePort
from deskquorum.host_key import new_host_key
from deskquorum.ledger.review_items import Verdict
from deskquorum.reviewing import give_verdict
from deskquorum.server.aftermath import aftermath

pytestmark = pytest.mark.anyio

HOST = {"DESKQUORUM_KEY": new_host_key()}
HELD_S = 1.1
"""No order is begun earlier than its decision's answer."""


async def did(call):
    return {"did": call.action}


async def broke(_):
    raise ConnectionError("in the middle")


@pytest.fixture
async def opened(folder):
    """A desk whose tickets are closed, and refunds paid, by functions."""
    desks = []

    async def made(close=did):
        functions = {"close_ticket": CallablePort(close, undo=did), "issue_refund": did}
        desk = load_desk(folder, models=False, keys={**os.environ, **HOST}, actions=functions)
        await desk.__aenter__()
        desks.append(desk)
        return desk

    yield made
    for desk in desks:
        await desk.__aexit__(None, None, None)


def after(desk, decision):
    with desk.ledger.database.transaction() as tx:
        return aftermath(
            tx,
            decision=decision.id,
            conversation=decision.ticket,
            action=decision.action,
            book=desk.parts.rules.book,
        )


async def worked(desk, times=1):
    worker = desk.worker()
    for _ in range(times):
        await anyio.sleep(HELD_S)
        await worker.run_once()


async def test_what_was_carried_out_and_what_was_undone(opened, ticket):
    desk = await opened()
    decision = await desk.decide(ticket("plain-01"), deadline_s=60)
    assert decision.route is Route.AUTO
    [before] = after(desk, decision).executions
    assert (before.action, before.state, before.attempts) == ("close_ticket", "ready", 0)
    await worked(desk)
    [done] = after(desk, decision).executions
    assert (done.key, done.state, done.attempts) == (before.key, "done", 1)
    assert (done.error, done.with_person, done.compensated) == (None, False, False)

    undo = compensate(desk.ledger.database, done.key, by="Ada", why="not solved")
    ordered, _ = after(desk, decision).executions
    assert not ordered.compensated
    await worked(desk)
    first, second = after(desk, decision).executions
    assert (first.compensated, second.key, second.compensates) == (True, undo.key, done.key)
    assert (second.state, second.compensated) == ("done", False)


async def test_the_same_action_decided_again_stands_under_its_one_order(opened, ticket):
    desk = await opened()
    one, other = [await desk.decide(ticket("plain-01"), deadline_s=60) for _ in range(2)]
    assert one.id != other.id
    keys = {tuple(order.key for order in after(desk, each).executions) for each in (one, other)}
    assert len(keys) == 1
    assert len(keys.pop()) == 1


async def test_what_may_have_happened_is_with_a_person(opened, ticket):
    desk = await opened(close=broke)
    decision = await desk.decide(ticket("plain-01"), deadline_s=60)
    for _ in range(5):
        await worked(desk)
        found = after(desk, decision)
        if found.reviews:
            break
    [order], [review] = found.executions, found.reviews
    assert (order.state, order.with_person, bool(order.error)) == ("unknown", True, True)
    assert (review.kind, review.state, review.verdict) == ("execution", "open", None)


async def test_what_a_person_approved_is_ordered(opened, ticket):
    desk = await opened()
    asked = ticket("plain-04")
    action = Action(name="issue_refund", args={"order_id": "NW-1", "amount": "24.00"})
    decision = await desk.decide(
        replace(asked, proposal=Proposal(source="bot", action=action)), deadline_s=60
    )
    before = after(desk, decision)
    [review] = before.reviews
    assert (review.state, before.executions) == ("open", ())
    bound = hash_of(desk, review.id)
    await give_verdict(desk, review.id, Verdict(kind="approve", by="Ada", args_hash=bound))
    found = after(desk, decision)
    [judged], [order] = found.reviews, found.executions
    assert (judged.state, judged.verdict, judged.final_action.args) == (
        "resolved",
        "approve",
        dict(action.args),
    )
    assert (order.action, order.state) == ("issue_refund", "ready")


def hash_of(desk, review):
    from deskquorum.ledger.reviews import get_item

    with desk.ledger.database.transaction() as tx:
        return get_item(tx, review).args_hash
