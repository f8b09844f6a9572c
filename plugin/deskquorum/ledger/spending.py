"""What models cost on a day, booked by all replicas of a desk into one sum."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from deskquorum.ledger.tables import spend

if TYPE_CHECKING:
    from deskquorum.ledger.database import Database, Transaction

__all__ = ["SpendInDatabase", "book", "booked"]

_NANOS = 9
"""Amounts are counted in billionths of the desk's currency."""


class SpendInDatabase:
    """A store of model spend that all processes on one database share."""

    def __init__(self, database: Database) -> None:
        """Take the ledger's database; its tenant is whose money is counted."""
        self._database = database

    async def book(self, amount: Decimal, *, day: date, limit: Decimal | None) -> bool:
        """Add to the day's sum, in one step, unless the sum would then pass the limit.

        Args:
            amount: In the desk's currency, a multiple of 1E-9; below zero gives back.
            day: In UTC.
            limit: Of the day; None books in any case.

        Raises:
            LedgerError: Nobody can tell what is booked.
            ValueError: The amount is no multiple of 1E-9.
        """
        return await self._database.run(partial(book, amount=amount, day=day, limit=limit))

    async def booked(self, *, day: date) -> Decimal:
        """The day's sum.

        Raises:
            LedgerError: Nobody can tell.
        """
        return await self._database.run(partial(booked, day=day), writing=False)


def book(tx: Transaction, amount: Decimal, *, day: date, limit: Decimal | None) -> bool:
    """Add to the day's sum unless it would pass the limit; writers take turns meanwhile.

    Raises:
        ValueError: The amount is no multiple of 1E-9.
    """
    more, row = _nanos(amount), {"tenant": tx.tenant, "day": day.isoformat()}
    kind = postgresql if tx.connection.dialect.name == "postgresql" else sqlite
    begun = kind.insert(spend).values(**row, nanos=0).on_conflict_do_nothing()
    tx.connection.execute(begun)
    adding = update(spend).where(spend.c.tenant == tx.tenant, spend.c.day == row["day"])
    if limit is not None:
        adding = adding.where(spend.c.nanos + more <= _floor(limit))
    return tx.connection.execute(adding.values(nanos=spend.c.nanos + more)).rowcount == 1


def booked(tx: Transaction, *, day: date) -> Decimal:
    """The day's sum; 0 for a day on which nothing was booked."""
    own = (spend.c.tenant == tx.tenant, spend.c.day == day.isoformat())
    nanos = tx.connection.execute(select(spend.c.nanos).where(*own)).scalar()
    return Decimal(nanos or 0).scaleb(-_NANOS)


def _nanos(amount: Decimal) -> int:
    scaled = amount.scaleb(_NANOS)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"an amount must be a multiple of 1E-9, got {amount}")
    return int(scaled)


def _floor(limit: Decimal) -> int:
    return int(limit.scaleb(_NANOS).to_integral_value(ROUND_FLOOR))
