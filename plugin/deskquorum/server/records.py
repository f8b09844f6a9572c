"""The service's door to its database: reads in threads, writes in turn, each for so long only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from deskquorum.errors import LedgerError
from deskquorum.ledger import Database, Transaction

__all__ = ["Records"]

_T = TypeVar("_T")

_THREADS = 32
"""Threads that may wait for the database; whoever comes above is told that it is down."""

_PATIENCE_S = 3.0


class Records:
    """Reads and writes the desk's tables without ever keeping the event loop waiting."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Take what gives the database, which may change when files are read anew."""
        self._database = database
        self._running = 0
        self._counting = threading.Lock()
        self._limiter = anyio.CapacityLimiter(_THREADS)

    async def read(self, work: Callable[[Transaction], _T], *, within_s: float = _PATIENCE_S) -> _T:
        """What the work finds.

        Raises:
            LedgerError: The database failed, or was too slow.
        """
        call = partial(self._in_thread, work)
        try:
            with anyio.fail_after(within_s):
                return await anyio.to_thread.run_sync(
                    call, abandon_on_cancel=True, limiter=self._limiter
                )
        except TimeoutError:
            raise LedgerError("the ledger failed: too slow") from None

    async def write(
        self, work: Callable[[Transaction], _T], *, within_s: float = _PATIENCE_S
    ) -> _T:
        """Do the work, all of it or nothing; what was too slow is undone.

        Raises:
            LedgerError: The database failed, or was too slow.
        """
        given_up = threading.Event()

        def wanted(tx: Transaction) -> _T:
            result = work(tx)
            if given_up.is_set():
                raise LedgerError("the ledger failed: nobody waits for it any more")
            return result

        try:
            with anyio.fail_after(within_s):
                return await asyncio.wrap_future(self._database().submit(wanted))
        except TimeoutError:
            raise LedgerError("the ledger failed: too slow") from None
        finally:
            given_up.set()

    def _in_thread(self, work: Callable[[Transaction], _T]) -> _T:
        with self._counting:
            if self._running >= _THREADS:
                raise LedgerError("the ledger failed: too many wait for it")
            self._running += 1
        try:
            with self._database().transaction() as tx:
                return work(tx)
        finally:
            with self._counting:
                self._running -= 1
