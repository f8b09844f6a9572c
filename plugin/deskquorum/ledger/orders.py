"""What is to be carried out, with the key under which it is carried out once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from deskquorum.domain import Action
from deskquorum.policy import ActionSpec, canonical_args

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
    args_hash: str
    """What an approval binds to (SHA-256, in hex)."""
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
    tenant: str,
    conversation: str,
    action: Action,
    spec: ActionSpec | None,
    decision_id: str,
    subject: str,
) -> Order:
    """The order of an action; the key depends on the first four alone.

    Args:
        tenant: Name of the desk.
        conversation: The ticket's id.
        action: With its raw values.
        spec: How the action is declared.
        decision_id: The decision that it rests on.
        subject: Whom it is about.
    """
    args = canonical_args(spec, action.args)
    return Order(
        key=_digest(tenant, conversation, action.name, args),
        conversation=conversation,
        action=action.name,
        decision=decision_id,
        args=args,
        args_hash=_digest(action.name, args),
        subject=subject,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
