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
    from deskquorum.ledger.database import Transaction

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


def stops(tx: Transaction, actions: Collection[str] | None = None) -> tuple[Stop, ...]:
    """What is stopped now, by name.

    Args:
        tx: Tells whose stops.
        actions: Only what stops one of these; None for all stops.
    """
    own = switches.c.tenant.in_({tx.tenant, ""})
    newest = select(func.max(switches.c.seq)).where(own).group_by(switches.c.action)
    query = select(switches).where(switches.c.seq.in_(newest), switches.c.stopped == 1)
    if actions is not None:
        query = query.where(switches.c.action.in_([EVERYTHING, *actions]))
    return tuple(
        Stop(action=row.action, by=row.set_by, why=row.why, at=datetime.fromisoformat(row.at))
        for row in tx.connection.execute(query.order_by(switches.c.action))
    )


def throw(tx: Transaction, action: str, *, stopped: bool, by: str, why: str) -> None:
    """Stop or resume an action, or everything."""
    row = {
        "action": action,
        "stopped": int(stopped),
        "set_by": by,
        "why": why,
        "at": tx.now.isoformat(),
        "tenant": tx.tenant,
    }
    tx.connection.execute(insert(switches).values(row))
