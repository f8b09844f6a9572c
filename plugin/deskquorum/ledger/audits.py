"""Which decisions people are to look at.

Those that were drawn, from which time, and how probable that was; and those that were chosen
because they teach much. INVARIANT: the two are kept apart, and a choice keeps nothing from being
drawn, so that what is drawn stands for all decisions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from deskquorum.ledger.chain import add_proved
from deskquorum.ledger.database import microseconds, moment
from deskquorum.ledger.tables import audits, chosen_audits

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = [
    "Audit",
    "ChosenAudit",
    "DrawnAudit",
    "all_chosen",
    "drawn_audits",
    "drawn_until",
    "note_chosen",
    "note_drawn",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenAudit:
    """One decision that somebody is to look at because it teaches much."""

    decision: str
    ticket: str
    batch: str


Audit = DrawnAudit | ChosenAudit


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


def note_chosen(tx: Transaction, chosen: Iterable[ChosenAudit]) -> None:
    """Keep a choice, as a link of the chain; nothing here is ever changed.

    Args:
        tx: A writing one.
        chosen: None of which was chosen before.
    """
    shared = {"tenant": tx.tenant, "chosen_us": tx.now_us}
    add_proved(tx, chosen_audits, [{**asdict(one), **shared} for one in chosen])


def all_chosen(tx: Transaction, *, batch: str | None = None) -> tuple[ChosenAudit, ...]:
    """All that was chosen, or what was for one batch, in the order in which it was chosen."""
    query = select(chosen_audits).where(chosen_audits.c.tenant == tx.tenant)
    if batch is not None:
        query = query.where(chosen_audits.c.batch == batch)
    ordered = query.order_by(chosen_audits.c.chosen_us, chosen_audits.c.decision)
    return tuple(
        ChosenAudit(decision=row.decision, ticket=row.ticket, batch=row.batch)
        for row in tx.connection.execute(ordered)
    )
