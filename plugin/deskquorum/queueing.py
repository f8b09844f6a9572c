"""What a person is to decide goes into the review queue with the decision's record."""

from __future__ import annotations

import json
from collections.abc import Callable

from deskquorum.assembly import Parts
from deskquorum.domain import Action, Decision, Reason
from deskquorum.ledger import Order, Transaction
from deskquorum.ledger.review_items import Draft
from deskquorum.policy import RISKS, PolicyBook, limits_by
from deskquorum.run import Run

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

    desk, book = run.setup.parts.desk, run.setup.parts.rules.book
    shown = decision if run.setup.parts.ledger.database.has_host_key else redacted
    risk = risk_of(book, decision.action, decision.reply)
    open_item(
        tx,
        Draft(
            kind="decision",
            conversation=decision.ticket,
            decision=decision.id,
            subject=run.ticket.subject,
            reasons=decision.reasons,
            action=shown.action,
            reply=shown.reply,
            risk=RISKS.index(risk),
            due=desk.reviews.due[risk],
            limited=limits_by(book, run.raw_facts),
            tells=desk.reviews.notify is not None and desk.reviews.notify.opened,
        ),
    )


def hand_over(parts: Callable[[], Parts], tx: Transaction, order: Order, why: str) -> None:
    """Open an item for an order whose end a person must find out, or that could not be done.

    Args:
        parts: Gives the desk as it is loaded now.
        tx: Of the note that it is a person's.
        order: What was to be done.
        why: What happened.
    """
    from deskquorum.ledger.reviews import open_item

    desk, book = parts().desk, parts().rules.book
    action = Action(name=order.action, args=json.loads(order.args))
    risk = risk_of(book, action, None)
    open_item(
        tx,
        Draft(
            kind="execution",
            conversation=order.conversation,
            decision=order.decision,
            subject=order.subject,
            reasons=(Reason(code="execution", params={"key": order.key, "why": why}),),
            action=action,
            reply=None,
            risk=RISKS.index(risk),
            due=desk.reviews.due[risk],
            tells=desk.reviews.notify is not None and desk.reviews.notify.opened,
        ),
    )


def risk_of(book: PolicyBook, action: Action | None, reply: str | None) -> str:
    """The risk of what is suggested; what is not declared counts as the riskiest."""
    if action is None:
        return "none" if reply is None else "reply"
    spec = book.actions.get(action.name)
    return RISKS[-1] if spec is None else spec.risk
