"""What became of a conversation: resolved, reopened, a score. Reports count these."""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from deskquorum.ledger.secrets import keyed_hash
from deskquorum.ledger.tables import outcomes

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["Outcome", "OutcomeKind", "note_outcome"]


class OutcomeKind(StrEnum):
    """What a host may tell."""

    RESOLVED = "resolved"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    CSAT = "csat"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One thing that happened to a conversation after a decision."""

    conversation: str
    decision: str | None
    kind: OutcomeKind
    value: str
    """A score for `csat`, `compliance` or `privacy` for an incident, otherwise empty."""


def note_outcome(tx: Transaction, outcome: Outcome, *, idempotency_key: str | None = None) -> str:
    """Write it down; told again under the same key, it is the same one. Returns its id."""
    identity = f"o_{random.token_hex(16)}"
    if idempotency_key is not None:
        told = keyed_hash(tx.connection, "outcomes", f"{tx.tenant}\n{idempotency_key}")
        identity = f"o_{told[:32]}"
        if tx.connection.execute(select(outcomes.c.id).where(outcomes.c.id == identity)).first():
            return identity
    row = {
        "id": identity,
        "tenant": tx.tenant,
        "conversation": outcome.conversation,
        "decision": outcome.decision,
        "kind": outcome.kind,
        "value": outcome.value,
        "at_us": tx.now_us,
    }
    tx.connection.execute(insert(outcomes).values(row))
    return identity
