"""The kill switch: what goes to people, for every process that records here, until resumed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from deskquorum.domain import Reason
from deskquorum.ledger.tables import switches

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["EVERYTHING", "Stop", "stops", "throw"]

EVERYTHING = ""
"""The name under which all actions and replies are stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An action, or everything, that goes to people until somebody resumes it."""

    action: str
    """Empty for everything."""
    by: str
    why: str
    at: datetime

    @property
    def reason(self) -> Reason:
        """Why a decision that would act by itself goes to a person."""
        what = self.action or "Everything that runs by itself"
        params = {"what": what, "by": self.by, "why": self.why, "at": self.at.isoformat()}
        return Reason(code="stopped", params=params)


def stops(connection: Connection, actions: Collection[str] | None = None) -> tuple[Stop, ...]:
    """What is stopped now, by name.

    Args:
        connection: In a transaction.
        actions: Only what stops one of these; None for all stops.
    """
    newest = select(func.max(switches.c.seq)).group_by(switches.c.action)
    query = select(switches).where(switches.c.seq.in_(newest), switches.c.stopped == 1)
    if actions is not None:
        query = query.where(switches.c.action.in_([EVERYTHING, *actions]))
    return tuple(
        Stop(action=row.action, by=row.set_by, why=row.why, at=datetime.fromisoformat(row.at))
        for row in connection.execute(query.order_by(switches.c.action))
    )


def throw(
    connection: Connection, action: str, *, stopped: bool, by: str, why: str, at: datetime
) -> None:
    """Stop or resume an action, or everything."""
    row = {
        "action": action,
        "stopped": int(stopped),
        "set_by": by,
        "why": why,
        "at": at.isoformat(),
    }
    connection.execute(insert(switches).values(row))
