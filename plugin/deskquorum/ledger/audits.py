"""Which decisions were drawn to be audited, from which time, and how probable that was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from deskquorum.ledger.chain import add_proved
from deskquorum.ledger.database import microseconds, moment
from deskquorum.ledger.tables import audits

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["DrawnAudit", "drawn_audits", "drawn_until", "note_drawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnAudit:
    """One decision that somebody is to look at."""

    decision: str
    ticket: str
    batch: str
    stratum: str
    """As whoever drew it wrote it down."""
    inclusion: float
    """Probability, 0..1, with which it was drawn."""


def note_drawn(tx: Transaction, drawn: Iterable[DrawnAudit], *, until: datetime) -> None:
    """Keep a draw, as a link of the chain; nothing here is ever changed.

    Args:
        tx: A writing one.
        drawn: What came out.
        until: The end of the time whose decisions could have been drawn.
    """
    shared = {"tenant": tx.tenant, "until_us": microseconds(until), "drawn_us": tx.now_us}
    # A probability of 1 is read back as 1.0, and hashed as that.
    rows = [{**asdict(one), **shared, "inclusion": float(one.inclusion)} for one in drawn]
    add_proved(tx, audits, rows)


def drawn_audits(tx: Transaction, *, batch: str | None = None) -> tuple[DrawnAudit, ...]:
    """All that was drawn, or one batch of it, in the order in which it was drawn."""
    query = select(audits).where(audits.c.tenant == tx.tenant)
    if batch is not None:
        query = query.where(audits.c.batch == batch)
    return tuple(
        DrawnAudit(
            decision=row.decision,
            ticket=row.ticket,
            batch=row.batch,
            stratum=row.stratum,
            inclusion=row.inclusion,
        )
        for row in tx.connection.execute(query.order_by(audits.c.drawn_us, audits.c.decision))
    )


def drawn_until(tx: Transaction) -> datetime | None:
    """The end of the time that was drawn from so far; None where nothing was."""
    query = select(func.max(audits.c.until_us)).where(audits.c.tenant == tx.tenant)
    end: int | None = tx.connection.execute(query).scalar()
    return None if end is None else moment(end)
