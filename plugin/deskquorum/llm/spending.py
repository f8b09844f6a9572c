"""Money for model calls: booked before a call is made, put right once it is known what it cost.

A desk opens a `Purse` for each ticket. Whoever makes a call with a price finds it by
`current_purse()`: the labelers between them, a host's own ones too, know nothing of money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_UP, Decimal
from typing import Protocol

__all__ = [
    "Booking",
    "Purse",
    "SpendInMemory",
    "SpendStore",
    "Spending",
    "countable",
    "current_purse",
]

_UNIT = Decimal("1E-9")
"""Amounts are whole multiples of it, so that a store may count them as integers."""
_DAYS_KEPT = 4
"""A clock that jumps does not lose the day that it comes back to."""


def countable(amount: Decimal) -> Decimal:
    """The amount, or where it is finer than a store can count, the next larger one."""
    rounded = amount.quantize(_UNIT, rounding=ROUND_UP)
    return amount if amount == rounded else rounded


class SpendStore(Protocol):
    """What all replicas of a desk have booked, day by day."""

    async def book(self, amount: Decimal, *, day: date, limit: Decimal | None) -> bool:
        """Add to the day's sum, in one step, unless the sum would then pass the limit.

        Args:
            amount: In the desk's currency, a multiple of 1E-9; below zero gives back.
            day: In UTC.
            limit: Of the day; None books in any case.

        Raises:
            DeskError: Nobody can tell what is booked. The call is then not made.
        """
        ...

    async def booked(self, *, day: date) -> Decimal:
        """The day's sum.

        Raises:
            DeskError: Nobody can tell.
        """
        ...


class SpendInMemory:
    """A store for one process; it forgets with it."""

    def __init__(self) -> None:
        self._sums: dict[date, Decimal] = {}

    async def book(self, amount: Decimal, *, day: date, limit: Decimal | None) -> bool:
        """Add to the day's sum unless it would pass the limit."""
        booked = self._sums.get(day, Decimal(0)) + amount
        if limit is not None and booked > limit:
            return False
        self._sums[day] = booked
        while len(self._sums) > _DAYS_KEPT:
            del self._sums[min(self._sums)]
        return True

    async def booked(self, *, day: date) -> Decimal:
        """The day's sum; 0 for days long gone."""
        return self._sums.get(day, Decimal(0))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Spending:
    """What a desk spends on models: opens purses, and knows whether the day's money is gone.

    Args:
        store: Shared by all replicas that share a budget.
        now: A zoned clock; days begin at midnight UTC.
    """

    def __init__(
        self, store: SpendStore | None = None, *, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._store = store or SpendInMemory()
        self._now = now
        self._refused_on: date | None = None

    @property
    def today(self) -> date:
        """The day in UTC."""
        return self._now().astimezone(UTC).date()

    @property
    def is_day_spent(self) -> bool:
        """Whether a call was held back today because the day's money would not have sufficed."""
        return self._refused_on == self.today

    async def spent_today(self) -> Decimal:
        """What all replicas have booked today.

        Raises:
            DeskError: Nobody can tell.
        """
        return await self._store.booked(day=self.today)

    @contextmanager
    def purse(
        self, *, per_ticket: Decimal | None = None, per_day: Decimal | None = None
    ) -> Iterator[Purse]:
        """Open a purse that pays for every call made inside, by tasks started there too."""
        purse = Purse(self, per_ticket=per_ticket, per_day=per_day)
        token = _PURSE.set(purse)
        try:
            yield purse
        finally:
            _PURSE.reset(token)

    async def book(self, amount: Decimal, *, day: date, limit: Decimal | None) -> bool:
        """Book with the store, and remember a refusal."""
        fits = await self._store.book(amount, day=day, limit=limit)
        if not fits:
            self._refused_on = day
        return fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Money put aside for one call."""

    amount: Decimal
    day: date


class Purse:
    """What one ticket may spend. INVARIANT: what is booked never passes a limit."""

    def __init__(
        self, spending: Spending, *, per_ticket: Decimal | None, per_day: Decimal | None
    ) -> None:
        self._spending = spending
        self._per_ticket = per_ticket
        self._per_day = per_day
        self.spent = Decimal(0)
        """Booked on this ticket: what calls cost, and what those under way may."""

    async def book(self, most: Decimal) -> Booking | None:
        """Put aside the most that a call can cost; None where a limit would be passed.

        Raises:
            DeskError: Nobody can tell what is booked.
        """
        amount = countable(most)
        if self._per_ticket is not None and self.spent + amount > self._per_ticket:
            return None
        booking = Booking(amount=amount, day=self._spending.today)
        # Before the store is asked, so that calls side by side see one another.
        self.spent += amount
        fits = False
        try:
            fits = await self._spending.book(amount, day=booking.day, limit=self._per_day)
        finally:
            if not fits:
                self.spent -= amount
        return booking if fits else None

    async def settle(self, booking: Booking, cost: Decimal) -> None:
        """Put right what was booked. A cost beyond it is booked too: it has been spent.

        Raises:
            DeskError: The store can't be reached; the most that it may have cost stays booked.
        """
        change = countable(cost) - booking.amount
        self.spent += change
        if change:
            await self._spending.book(change, day=booking.day, limit=None)


_PURSE: ContextVar[Purse | None] = ContextVar("_PURSE", default=None)


def current_purse() -> Purse | None:
    """Who pays for a call made here; None where nobody counts."""
    return _PURSE.get()
