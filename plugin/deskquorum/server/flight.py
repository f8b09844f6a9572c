"""What this process has in hand: how much it may take on, and how it comes to an end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

__all__ = ["Flight"]

_LINGER_S = 0.5
"""How long a service that ends still says so, so that a balancer sends nothing more."""


@dataclass(kw_only=True)
class Flight:
    """Counts requests and tickets; told to end, it lets them finish until the grace is over."""

    grace_s: float = 20.0
    tickets: int = 0
    """Tickets that are being decided for somebody who waits."""
    requests: int = 0
    """Requests that are being answered, streams left out."""
    ending: anyio.Event = field(default_factory=anyio.Event)
    """Set once no new work is taken."""
    cut: bool = False
    """Whether what is unfinished goes to a person now."""
    _ends_at: float | None = None
    _scopes: set[anyio.CancelScope] = field(default_factory=set)

    @property
    def is_ending(self) -> bool:
        """Whether no new work is taken."""
        return self._ends_at is not None

    def end(self) -> None:
        """Take no new work; may be called from a signal handler."""
        if self._ends_at is None:
            self._ends_at = time.monotonic()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while it is answered."""
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1

    @contextmanager
    def ticket(self, seconds: float) -> Iterator[anyio.CancelScope]:
        """Decide a ticket; cancelled after so many seconds, or when the grace is over."""
        self.tickets += 1
        with anyio.move_on_after(seconds) as scope:
            self._scopes.add(scope)
            try:
                if self.cut:
                    scope.cancel()
                yield scope
            finally:
                self._scopes.discard(scope)
                self.tickets -= 1

    async def until_ended(self) -> None:
        """Wait for the end, then for what is in hand, and hand off what is unfinished."""
        # A signal handler can't wake the event loop, so the end is looked for.
        while self._ends_at is None:  # noqa: ASYNC110
            await anyio.sleep(0.05)
        self.ending.set()
        over = self._ends_at + self.grace_s
        quiet = min(self._ends_at + _LINGER_S, over)
        with anyio.move_on_after(over - time.monotonic()):
            await anyio.sleep(quiet - time.monotonic())
            await self._idle()
        self.cut = True
        for scope in tuple(self._scopes):
            scope.cancel()
        # Those who were cut short still get their answer.
        with anyio.move_on_after(1.0):
            await self._idle()

    async def _idle(self) -> None:
        while self.requests or self.tickets:  # noqa: ASYNC110 - both counts, seldom
            await anyio.sleep(0.02)
