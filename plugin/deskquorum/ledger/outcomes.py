"""What became of a conversation: resolved, reopened, a score. The report counts these."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from deskquorum.ledger.database import microseconds, moment
from deskquorum.ledger.secrets import keyed_hash
from deskquorum.ledger.tables import outcomes

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["Outcome", "OutcomeKind", "note_outcome", "outcomes_since"]


class OutcomeKind(StrEnum):
    """What a host may tell."""

    RESOLVED = "resolved"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    CSAT = "csat"
    INCIDENT = "incident"
    REFUND_LOSS = "refund-loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One thing that happened to a conversation after a decision."""

    conversation: str
    decision: str | None
    kind: OutcomeKind
    value: str
    """A score for `csat`, `compliance` or `privacy` for an incident, for a refund that should not
    have been paid an amount in the desk's currency (`24.00`), otherwise empty."""


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


def outcomes_since(tx: Transaction, since: datetime) -> Iterator[tuple[datetime, Outcome]]:
    """Yield what was told from `since` on, with when it was told; oldest first."""
    own = (outcomes.c.tenant == tx.tenant, outcomes.c.at_us >= microseconds(since))
    query = select(outcomes).where(*own).order_by(outcomes.c.at_us, outcomes.c.id)
    for row in tx.connection.execute(query):
        yield (
            moment(row.at_us),
            Outcome(
                conversation=row.conversation,
                decision=row.decision,
                kind=OutcomeKind(row.kind),
                value=row.value,
            ),
        )
