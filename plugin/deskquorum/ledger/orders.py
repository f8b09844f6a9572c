"""What is to be carried out, with the key under which it is carried out once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deskquorum.domain import Action
from deskquorum.policy import ActionSpec, canonical_args

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["HAND_OFF", "REPLY", "Order", "order_of"]

REPLY, HAND_OFF = "reply@", "hand-off@"
"""Begin the names of what a helpdesk is told; its own name follows. No action is named so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One action to carry out."""

    key: str
    """The same for the same action in the same conversation: it is carried out once."""
    conversation: str
    action: str
    decision: str
    args: str = field(repr=False)
    """Canonical JSON text, with the raw values."""
    subject: str = field(repr=False)
    """Whom it is about, whose key seals it."""
    compensates: str | None = None
    """Key of the order that this one undoes."""
    by: str = field(default="", repr=False)
    """Who ordered it, where a person did."""
    why: str = field(default="", repr=False)

    @property
    def stopped_by(self) -> tuple[str, ...]:
        """Names of which each stops it, beside everything; a hand-off is stopped by nothing."""
        if self.action.startswith(HAND_OFF):
            return ()
        return ("reply",) if self.action.startswith(REPLY) else (self.action,)


def order_of(  # noqa: PLR0917 - read in this order, they are what the key is made of
    tx: Transaction,
    conversation: str,
    action: Action,
    spec: ActionSpec | None,
    decision_id: str,
    subject: str,
) -> Order:
    """The order of an action; the key depends on the first four alone.

    Args:
        tx: Tells whose, and hides in the key what it is made of. Writing.
        conversation: The ticket's id.
        action: With its raw values.
        spec: How the action is declared.
        decision_id: The decision that it rests on.
        subject: Whom it is about.
    """
    args = canonical_args(spec, action.args)
    return Order(
        key=tx.keyring.digest(json.dumps([tx.tenant, conversation, action.name, args])),
        conversation=conversation,
        action=action.name,
        decision=decision_id,
        args=args,
        subject=subject,
    )
