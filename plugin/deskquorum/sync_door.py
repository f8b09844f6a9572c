"""The way in for callers without an event loop: a desk's coroutines, run on the desk's own loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from threading import Lock, Thread
from typing import TypeVar

__all__ = ["SyncDoor"]

_T = TypeVar("_T")


class SyncDoor:
    """Runs coroutines on one loop: the one that the desk was opened on, else one of its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._home: asyncio.AbstractEventLoop | None = None
        self._own: asyncio.AbstractEventLoop | None = None

    def opened_here(self) -> None:
        """Note the running loop as the desk's."""
        self._home = asyncio.get_running_loop()

    def call(self, work: Callable[[], Coroutine[object, object, _T]]) -> _T:
        """Run it, and wait.

        Raises:
            RuntimeError: The caller stands on the desk's loop, which would wait for itself.
        """
        loop = self._loop()
        if loop is _current():
            raise RuntimeError(
                "a function without `async` was called on the desk's event loop; make it async,"
                " or call it in a thread"
            )
        return asyncio.run_coroutine_threadsafe(work(), loop).result()

    def _loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._home is not None and self._home.is_running():
                return self._home
            if self._own is None:
                self._own = asyncio.new_event_loop()
                Thread(target=self._own.run_forever, name="deskquorum", daemon=True).start()
            return self._own


def _current() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
