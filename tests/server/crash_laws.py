"""What must hold whatever was killed: each law gives what breaks it, in words."""

import json
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass

from tests.server.crash_story import CLOSED_BY_CUSTOMER, CLOSED_BY_DESK, ended

from deskquorum import Route
from deskquorum.ledger.intake import Stage
from deskquorum.ledger.outbox import State, executions_after
from deskquorum.ledger.reviews import items


@dataclass(frozen=True, kw_only=True)
class Books:
    """Everything that the ledger says in the end."""

    decisions: dict
    first_broken: object
    accepted: list
    orders: dict
    reviews: dict
    """By decision and kind."""


def read(place):
    with closing(place.opened()) as record:
        broken = record.verify().first_broken
        decisions = {entry.decision.id: entry.decision for entry in record.entries()}
        with record.database.transaction() as tx:
            rows = tx.connection.exec_driver_sql("SELECT id, state, decision FROM intake").all()
            orders = {row.key: row for row in executions_after(tx, limit=100_000)}
            reviews = defaultdict(list)
            for state in ("open", "resolved", "superseded"):
                for item in items(tx, state=state, limit=100_000):
                    reviews[item.decision, item.kind].append(item)
    return Books(
        decisions=decisions,
        first_broken=broken,
        accepted=rows,
        orders=orders,
        reviews=reviews,
    )


def broken_laws(books, story, shop):
    """Everything that is wrong; empty where all laws hold."""
    return [f"{law.__name__[1:]}: {wrong}" for law in _LAWS for wrong in law(books, story, shop)]


def _settled(books, story, _):
    if books.first_broken is not None:
        yield f"the chain is broken at {books.first_broken}"
    if not story.settled:
        yield "work was left lying"


def _decided(books, *_):
    """Each accepted ticket has a decision in the ledger."""
    for identity, state, decision in books.accepted:
        if state != Stage.DONE or decision not in books.decisions:
            yield f"{identity} is {state} with decision {decision}"


def _answers(books, story, _):
    """What a bot was answered is what the ledger says; but a person may have been promised."""
    accepted = {row[0] for row in books.accepted}
    decided = {row[2] for row in books.accepted}
    for number, said in story.answers.items():
        if "decision_id" not in said:
            if said["id"] not in accepted:
                yield f"k-{number} was accepted and is not there"
        elif said["route"] != "human" and said["decision_id"] not in decided:
            yield f"k-{number} was answered {said['route']} by {said['decision_id']}"


def _queue(books, *_):
    """Each decision that is a person's has its place in the queue."""
    for decision in books.decisions.values():
        if decision.route is Route.HUMAN and not books.reviews[decision.id, "decision"]:
            yield f"{decision.id} is a person's and not in the queue"


def _once(_, __, shop):
    for key, count in shop.effects.items():
        if count > 1:
            yield f"{key} took effect {count} times"


def _orders(books, _, shop):
    """Each order ended, and what is noted of it is what happened."""
    handed = {
        reason.params["key"]
        for (_, kind), found in books.reviews.items()
        for item in found
        if kind == "execution"
        for reason in item.reasons
    }
    for key, order in books.orders.items():
        happened = shop.effects[key]
        if not ended(order):
            yield f"{key} is {order.state}"
        if order.state is State.DONE and not happened:
            yield f"{key} is done and did not happen"
        if order.state in {State.FAILED, State.CANCELLED} and happened:
            yield f"{key} is {order.state} ({order.error}) and happened"
        if order.handed_us is not None and key not in handed:
            yield f"{key} is a person's and not in the queue"
    yield from (f"{key} was never ordered" for key in shop.effects if key not in books.orders)


def _allowed(books, _, shop):
    """Nothing happened but what software decided, or a reviewer."""
    for call in shop.calls:
        by_itself = books.decisions[call["decision"]].route is Route.AUTO
        found = [*books.reviews[call["decision"], "decision"]]
        judged = [item.final_action for item in found if item.verdict in {"approve", "edit"}]
        args = json.dumps(call["args"], sort_keys=True)
        approved = any(json.dumps(dict(a.args), sort_keys=True) == args for a in judged if a)
        if not by_itself and not approved:
            yield f"{call['key']} happened and was nobody's decision"


def _limits(books, story, _):
    if not story.customers:
        return
    closed = {
        decision.ticket
        for decision in books.decisions.values()
        if decision.route is Route.AUTO
        and decision.action is not None
        and decision.action.name == "close_ticket"
    }
    if len(closed) > CLOSED_BY_DESK:
        yield f"{len(closed)} tickets were closed by software"
    for customer, count in Counter(story.customers[ticket] for ticket in closed).items():
        if count > CLOSED_BY_CUSTOMER:
            yield f"{count} tickets of {customer} were closed by software"


_LAWS = (_settled, _decided, _answers, _queue, _once, _orders, _allowed, _limits)
