"""How far an order is, as everybody may know it: without values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Row

__all__ = ["Execution", "State", "standing"]


class State(StrEnum):
    """How far an order is."""

    READY = "ready"
    LEASED = "leased"
    """Somebody has it, and has sent nothing."""
    SENDING = "sending"
    """From here on it may have happened."""
    DONE = "done"
    FAILED = "failed"
    """It did not happen and will not by itself."""
    UNKNOWN = "unknown"
    """It may have happened; a read or a person has to tell."""
    CANCELLED = "cancelled"
    """It can never run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """An order as it stands, without values."""

    key: str
    conversation: str
    action: str
    decision: str
    state: State
    attempts: int
    error: str | None
    compensates: str | None
    doubt: bool
    """Whether an attempt may have happened, and nobody knows that it did."""
    created_us: int
    changed_us: int
    handed_us: int | None
    """When it was given to a person; None where it was not."""


def standing(row: Row[tuple[object, ...]]) -> Execution:
    """A row of the table `executions`."""
    return Execution(
        key=row.key,
        conversation=row.conversation,
        action=row.action,
        decision=row.decision,
        state=State(row.state),
        attempts=row.attempts,
        error=row.error,
        compensates=row.compensates,
        doubt=bool(row.doubt),
        created_us=row.created_us,
        changed_us=row.changed_us,
        handed_us=row.handed_us,
    )
