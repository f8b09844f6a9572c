"""Places for calls in flight: so many at once, and whoever has to be done first goes first."""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import anyio

from deskquorum.domain import Deadline

__all__ = ["Places"]


class Places:
    """A limit on what is done at once; those who wait are served by their deadline.

    INVARIANT: never more places are taken than the limit was when the last one was given.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._waiting: list[tuple[float, int, anyio.Event]] = []
        self._order = count()
        """Tells apart those with one deadline: first come, first served."""

    @property
    def taken(self) -> int:
        """Places in use."""
        return self._taken

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    def resize(self, limit: int) -> None:
        """Change the limit; those who hold a place keep it."""
        self._limit = limit
        self._serve()

    @asynccontextmanager
    async def take(self, deadline: Deadline) -> AsyncIterator[bool]:
        """Hold a place, or not (False) where there was none by the deadline."""
        given = await self._get(deadline)
        try:
            yield given
        finally:
            if given:
                self._give_back()

    async def _get(self, deadline: Deadline) -> bool:
        left = deadline.remaining_s()
        if not left:
            return False
        if self._taken < self._limit and not self._waiting:
            self._taken += 1
            return True
        event = anyio.Event()
        waiter = (deadline.expires_at, next(self._order), event)
        heapq.heappush(self._waiting, waiter)
        served = False
        try:
            with anyio.move_on_after(left):
                await event.wait()
            served = event.is_set()
        finally:
            if not served and event.is_set():
                # Cancelled just when it was served: the place goes to the next.
                self._give_back()
            elif not served:
                self._leave(waiter)
        return served

    def _leave(self, waiter: tuple[float, int, anyio.Event]) -> None:
        self._waiting.remove(waiter)
        heapq.heapify(self._waiting)

    def _give_back(self) -> None:
        self._taken -= 1
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self._taken < self._limit:
            _, _, event = heapq.heappop(self._waiting)
            self._taken += 1
            event.set()
