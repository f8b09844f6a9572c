"""Notices that are still to be sent: at least once each, and given up after some tries."""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from deskquorum.ledger.events import emit
from deskquorum.ledger.tables import notices

if TYPE_CHECKING:
    from sqlalchemy import Select

    from deskquorum.ledger.database import Transaction

__all__ = ["Notice", "due_notices", "is_due", "post", "put_off", "sent"]

_LEASE_US = 60_000_000
_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One call that is to be made."""

    id: str
    kind: str
    about: str
    """Id of the review."""
    attempts: int
    """Tries before this one."""


def post(tx: Transaction, kind: str, about: str) -> None:
    """Have a notice sent once what it tells is committed."""
    row = {
        "id": f"n_{random.token_hex(16)}",
        "tenant": tx.tenant,
        "kind": kind,
        "about": about,
        "state": "ready",
        "attempts": 0,
        "due_us": tx.now_us,
    }
    tx.connection.execute(insert(notices).values(row))


def due_notices(tx: Transaction, *, limit: int = 20) -> list[Notice]:
    """Take notices whose time has come; nobody else takes them for a minute."""
    rows = tx.connection.execute(_due(tx).order_by(notices.c.due_us).limit(limit)).all()
    for row in rows:
        taken = {"due_us": tx.now_us + _LEASE_US, "attempts": row.attempts + 1}
        tx.connection.execute(update(notices).where(notices.c.id == row.id).values(taken))
    return [Notice(id=r.id, kind=r.kind, about=r.about, attempts=r.attempts) for r in rows]


def is_due(tx: Transaction) -> bool:
    """Whether `due_notices` would find any."""
    return tx.connection.execute(_due(tx).limit(1)).first() is not None


def sent(tx: Transaction, notice: Notice) -> None:
    """It arrived."""
    tx.connection.execute(update(notices).where(notices.c.id == notice.id).values(state="sent"))


def put_off(tx: Transaction, notice: Notice, pause: timedelta) -> None:
    """It did not arrive; it is tried again after a pause, and given up after some tries."""
    if notice.attempts + 1 >= _TRIES:
        done = update(notices).where(notices.c.id == notice.id).values(state="given-up")
        tx.connection.execute(done)
        emit(tx, "notice-given-up", "", notice.about)
        return
    due_us = tx.after_us(pause.total_seconds())
    tx.connection.execute(update(notices).where(notices.c.id == notice.id).values(due_us=due_us))


def _due(tx: Transaction) -> Select[tuple[object, ...]]:
    return select(notices).where(
        notices.c.tenant == tx.tenant, notices.c.state == "ready", notices.c.due_us <= tx.now_us
    )
