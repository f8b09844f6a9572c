"""What became of a ticket is told to its helpdesk: orders of the outbox, each carried out once.

INVARIANT: of a reply and a hand-off for the same message at most one is told; what is taken back
can't be told any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from deskquorum.domain import Action, JsonValue, Ticket
from deskquorum.ledger.orders import HAND_OFF, REPLY, Order, order_of

if TYPE_CHECKING:
    from deskquorum.ledger import Transaction
    from deskquorum.policy import ActionSpec

__all__ = ["Approved", "Asked", "Carried", "asked_in", "hand_back", "tell", "tell_verdict"]

_HELD_S = 1.2
"""Later than any answer, so that what is taken back was not begun, and than its action."""

_PRIORITIES = frozenset({"low", "normal", "high", "urgent"})

Row = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Which actions are carried out here, and how they are declared."""

    executed: Collection[str]
    actions: Mapping[str, ActionSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was decided on."""

    helpdesk: str
    conversation: str
    """Id of the ticket."""
    subject: str
    """Whom it is about, whose key seals what is told."""
    last: Row = field(repr=False)
    """The customer's last message, as it was known."""
    digest: str
    """Tells it from everything else: over all messages up to the customer's last one."""
    answered: bool = False
    """Whether somebody wrote after the customer did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A reply that a person wants sent."""

    review: str
    conversation: str
    decision: str
    subject: str
    reply: str = field(repr=False)
    after: str | None
    """Key of the action that has to be done first."""
    by: str


def asked_in(ticket: Ticket, helpdesk: str) -> Asked:
    """What a ticket of a helpdesk asks."""
    rows: list[Row] = [
        {"role": m.role, "text": m.text, "at": m.at.astimezone(UTC).isoformat()}
        for m in ticket.messages
    ]
    customers = [i for i, row in enumerate(rows) if row["role"] == "customer"]
    last = customers[-1] if customers else len(rows) - 1
    return Asked(
        helpdesk=helpdesk,
        conversation=ticket.id,
        subject=ticket.subject,
        last=rows[last],
        digest=_digest(json.dumps([dict(row) for row in rows[: last + 1]])),
        answered=last + 1 < len(rows),
    )


def tell(tx: Transaction, asked: Asked, decision: Row, carried: Carried) -> None:
    """Order, in the transaction that records a decision, what its helpdesk is told.

    Args:
        tx: Of the decision's record.
        asked: What was decided on.
        decision: As it is answered, with its values.
        carried: What is done here.
    """
    if asked.answered:
        # A webhook that told of an answer, or came after it: nobody waits.
        return
    reply, hand_off = _orders(tx, asked, decision, carried)
    if not _runs_alone(decision, carried):
        _instead(tx, never=reply, order=hand_off)
    elif decision.get("reply") and not _is_there(tx, hand_off):
        _enqueue(tx, reply)


def tell_verdict(tx: Transaction, *, helpdesk: str, verdict: Approved) -> None:
    """Order, in the transaction of the verdict, that what a person approved is sent."""
    args: dict[str, JsonValue] = {
        "text": verdict.reply,
        "after": verdict.after,
        "by": verdict.by,
    }
    asked = Asked(
        helpdesk=helpdesk,
        conversation=verdict.conversation,
        subject=verdict.subject,
        last={},
        digest=verdict.review,
    )
    _enqueue(tx, _order(tx, asked, verdict.decision, REPLY, args))


def hand_back(tx: Transaction, order: Order, why: str) -> None:
    """A reply could not be sent, or nobody knows: the conversation goes to a person there too."""
    helpdesk = order.action.removeprefix(REPLY)
    said = json.loads(order.args)
    note = "\n".join(
        (
            f"A reply could not be sent ({why}). Look whether the customer has it; it says:",
            "",
            str(said.get("text", "")),
            "",
            f"deskquorum {order.decision} {order.key[:8]}",
        )
    )
    args: dict[str, JsonValue] = {"note": note, "mark": f"{order.decision} {order.key[:8]}"}
    asked = Asked(
        helpdesk=helpdesk,
        conversation=order.conversation,
        subject=order.subject,
        last={},
        digest=order.key,
    )
    _enqueue(tx, _order(tx, asked, order.decision, HAND_OFF, args))


def _orders(tx: Transaction, asked: Asked, decision: Row, carried: Carried) -> tuple[Order, Order]:
    identity, reply = str(decision["decision_id"]), decision.get("reply")
    mark: dict[str, JsonValue] = {"last": dict(asked.last), "mark": identity}
    note = None if _is_shadow(decision) else "\n".join(_note(decision, carried))
    told: dict[str, JsonValue] = {
        **mark,
        "text": reply,
        "after": _after(tx, asked, decision, carried),
    }
    given: dict[str, JsonValue] = {
        **mark,
        "note": note,
        "priority": _priority(decision),
        "suggests": note is not None and bool(reply or _action(decision)),
    }
    return (
        _order(tx, asked, identity, REPLY, told if reply else {}),
        _order(tx, asked, identity, HAND_OFF, given),
    )


def _order(
    tx: Transaction,
    asked: Asked,
    decision: str,
    kind: str,
    args: Mapping[str, JsonValue],
) -> Order:
    action, text = f"{kind}{asked.helpdesk}", json.dumps({**args}, sort_keys=True)
    return Order(
        key=tx.keyring.digest(json.dumps([tx.tenant, asked.conversation, action, asked.digest])),
        conversation=asked.conversation,
        action=action,
        decision=decision,
        args=text,
        subject=asked.subject,
    )


def _instead(tx: Transaction, *, never: Order, order: Order) -> None:
    from deskquorum.ledger.outbox import execution, forbid

    if execution(tx, never.key) is not None:
        forbid(tx, never)
    _enqueue(tx, order)


def _is_there(tx: Transaction, order: Order) -> bool:
    from deskquorum.ledger.outbox import execution

    return execution(tx, order.key) is not None


def _enqueue(tx: Transaction, order: Order) -> None:
    from deskquorum.ledger.outbox import enqueue

    enqueue(tx, order, delay_s=_HELD_S)


def _runs_alone(decision: Row, carried: Carried) -> bool:
    """Whether nobody is needed: what is approved but done by nobody here is a person's."""
    action = _action(decision)
    if decision.get("route") == "deny":
        return bool(decision.get("reply"))
    return decision.get("route") == "auto" and (action is None or action.name in carried.executed)


def _after(tx: Transaction, asked: Asked, decision: Row, carried: Carried) -> str | None:
    """Key of the action that has to be done before the customer is told of it."""
    action = _action(decision)
    if decision.get("route") != "auto" or action is None:
        return None
    spec = carried.actions.get(action.name)
    identity = str(decision["decision_id"])
    return order_of(tx, asked.conversation, action, spec, identity, asked.subject).key


def _action(decision: Row) -> Action | None:
    named = decision.get("action")
    if not isinstance(named, dict):
        return None
    args = named.get("args")
    return Action(name=str(named["name"]), args=args if isinstance(args, dict) else {})


def _is_shadow(decision: Row) -> bool:
    """Whether what is suggested is only recorded so far."""
    return any(
        reason.get("code") == "mode" and reason.get("mode") == "shadow"
        for reason in _reasons(decision)
    )


def _priority(decision: Row) -> str | None:
    answers = decision.get("answers")
    answer = answers.get("priority") if isinstance(answers, dict) else None
    label = answer.get("label") if isinstance(answer, dict) and answer.get("settled") else None
    return label if isinstance(label, str) and label in _PRIORITIES else None


def _note(decision: Row, carried: Carried) -> Iterator[str]:
    """The note for whoever takes over."""
    action = _action(decision)
    yield "A person takes this:"
    if (
        action is not None
        and decision.get("route") == "auto"
        and action.name not in carried.executed
    ):
        yield f"- {action.name} is allowed, and nothing here carries it out"
    yield from (f"- {reason.get('text', reason.get('code'))}" for reason in _reasons(decision))
    if action is not None:
        yield f"\nSuggested: {action.name} {json.dumps(dict(action.args), ensure_ascii=False)}"
    if decision.get("reply"):
        yield f"\nSuggested reply:\n{decision['reply']}"
    yield f"\ndeskquorum {decision['decision_id']}"


def _reasons(decision: Row) -> Sequence[Mapping[str, JsonValue]]:
    found = decision.get("reasons")
    return (
        [reason for reason in found if isinstance(reason, dict)] if isinstance(found, list) else []
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
