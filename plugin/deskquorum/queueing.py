"""What a person is to decide goes into the review queue with the decision's record."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from deskquorum.assembly import Parts
from deskquorum.domain import Action, Decision, Reason
from deskquorum.ledger import Order, Transaction
from deskquorum.ledger.orders import HAND_OFF, REPLY
from deskquorum.ledger.review_items import Draft
from deskquorum.policy import RISKS, PolicyBook, limits_by
from deskquorum.run import Run
from deskquorum.telling import hand_back

__all__ = ["hand_over", "queue_up", "risk_of"]


def queue_up(run: Run, redacted: Decision, decision: Decision, tx: Transaction) -> None:
    """Open an item for a decision that is a person's.

    Args:
        run: The ticket.
        redacted: As it is recorded; shown where no host key is there to seal values with.
        decision: As the host gets it.
        tx: Of its record.
    """
    from deskquorum.ledger.reviews import open_item

    parts = run.setup.parts
    sealed = parts.ledger.database.has_host_key
    shown = decision if sealed else redacted
    draft = _draft(
        parts,
        kind="decision",
        conversation=decision.ticket,
        decision=decision.id,
        subject=run.ticket.subject,
        reasons=decision.reasons,
        action=shown.action,
        reply=shown.reply,
    )
    values = run.session.values if sealed and run.session is not None else {}
    limited = limits_by(parts.rules.book, run.raw_facts)
    open_item(tx, replace(draft, limited=limited, values=values))


def hand_over(parts: Callable[[], Parts], tx: Transaction, order: Order, why: str) -> None:
    """Open an item for an order whose end a person must find out, or that could not be done.

    Args:
        parts: Gives the desk as it is loaded now.
        tx: Of the note that it is a person's.
        order: What was to be done.
        why: What happened.
    """
    from deskquorum.ledger.reviews import open_item

    args, is_told = json.loads(order.args), order.action.startswith((REPLY, HAND_OFF))
    draft = _draft(
        parts(),
        kind="execution",
        conversation=order.conversation,
        decision=order.decision,
        subject=order.subject,
        reasons=(Reason(code="execution", params={"key": order.key, "why": why}),),
        action=None if is_told else Action(name=order.action, args=args),
        reply=args.get("text") if is_told else None,
    )
    open_item(tx, draft)
    if order.action.startswith(REPLY):
        hand_back(tx, order, why)


def risk_of(book: PolicyBook, action: Action | None, reply: str | None) -> str:
    """The risk of what is suggested; what is not declared counts as the riskiest."""
    if action is None:
        return "none" if reply is None else "reply"
    spec = book.actions.get(action.name)
    return RISKS[-1] if spec is None else spec.risk


def _draft(
    parts: Parts,
    *,
    kind: Literal["decision", "execution"],
    conversation: str,
    decision: str,
    subject: str,
    reasons: tuple[Reason, ...],
    action: Action | None,
    reply: str | None = None,
) -> Draft:
    """A draft with what the desk says of its risk: when it is due, and who is told."""
    spec, risk = parts.desk.reviews, risk_of(parts.rules.book, action, reply)
    return Draft(
        kind=kind,
        conversation=conversation,
        decision=decision,
        subject=subject,
        reasons=reasons,
        action=action,
        reply=reply,
        risk=RISKS.index(risk),
        due=spec.due[risk],
        tells=spec.notify is not None and spec.notify.opened,
    )
