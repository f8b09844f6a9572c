"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum

__all__ = ["Breaker", "BreakerState", "Turn"]

_LONGEST_ASKED_S = 600.0
"""A provider that asks for more is tried again sooner: it may be wrong, and one call is cheap."""


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    """None does, until the pause is over."""
    HALF_OPEN = "half-open"
    """One at a time does, and tells by its outcome how it goes on."""


class Breaker:
    """Lets calls through, or not; each call that goes through tells how it went.

    It opens when `run` calls in a row failed, or `share` of the last `window` calls.
    INVARIANT: half-open, one call is under way at most; open, none begins before the pause is over.
    """

    def __init__(
        self,
        *,
        run: int = 5,
        window: int = 20,
        share: float = 0.7,
        window_s: float = 30.0,
        pause_s: float = 1.0,
        longest_pause_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin closed.

        Args:
            run: Failures in a row that open it.
            window: How many calls back it looks.
            share: Share of failures among these that opens it, once there are so many; 0..1.
            window_s: Older outcomes no longer count.
            pause_s: First pause; doubles each time the one call that is let through fails too.
            longest_pause_s: Where doubling stops.
            clock: Monotonic seconds.
        """
        self._run, self._share, self._window_s = run, share, window_s
        self._pause_s, self._longest_pause_s = pause_s, longest_pause_s
        self._clock = clock
        self._recent: deque[tuple[float, bool]] = deque(maxlen=window)
        """When each of the last calls ended, and whether it failed."""
        self._failed_probes = 0
        self._reopens_at: float | None = None
        """From when on one call may try; None while it is closed."""
        self._period = 0
        """Counts changes of state: a call from an earlier one says nothing about this one."""
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """As of now."""
        if self._reopens_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.pause_left_s() > 0 else BreakerState.HALF_OPEN

    def pause_left_s(self) -> float:
        """Seconds until a call may try; 0 unless it is open."""
        return 0.0 if self._reopens_at is None else max(0.0, self._reopens_at - self._clock())

    def enter(self) -> Turn | None:
        """Begin a call; None where it must not be made."""
        match self.state:
            case BreakerState.CLOSED:
                return Turn(self, self._period, is_probe=False)
            case BreakerState.HALF_OPEN if not self._probing:
                self._probing = True
                return Turn(self, self._period, is_probe=True)
            case _:
                return None

    def _end(self, turn: Turn, failed: bool | None, retry_after_s: float | None) -> None:  # noqa: FBT001 - three-valued: None is "nobody knows"
        if turn.is_probe:
            self._probing = False
        if turn.period != self._period or failed is None:
            return
        if turn.is_probe:
            self._judge_probe(retry_after_s, failed=failed)
            return
        self._recent.append((self._clock(), failed))
        if failed and self._is_too_much():
            self._open(retry_after_s)

    def _judge_probe(self, retry_after_s: float | None, *, failed: bool) -> None:
        if failed:
            self._failed_probes += 1
            self._open(retry_after_s)
        else:
            self._failed_probes, self._reopens_at = 0, None
            self._period += 1

    def _is_too_much(self) -> bool:
        since = self._clock() - self._window_s
        recent = [failed for at, failed in self._recent if at >= since]
        if len(recent) >= self._run and all(recent[-self._run :]):
            return True
        return len(recent) == self._recent.maxlen and sum(recent) >= self._share * len(recent)

    def _open(self, retry_after_s: float | None) -> None:
        own = min(self._longest_pause_s, self._pause_s * 2.0 ** min(self._failed_probes, 32))
        asked = min(retry_after_s or 0.0, _LONGEST_ASKED_S)
        self._reopens_at = self._clock() + max(own, asked)
        self._recent.clear()
        self._period += 1


class Turn:
    """One call that was let through. The first word on how it went counts."""

    def __init__(self, breaker: Breaker, period: int, *, is_probe: bool) -> None:
        self._breaker: Breaker | None = breaker
        self.period = period
        self.is_probe = is_probe

    def succeeded(self) -> None:
        """The endpoint showed that it is there."""
        self._end(failed=False)

    def failed(self, *, retry_after_s: float | None = None) -> None:
        """The endpoint did not do its part.

        Args:
            retry_after_s: How long it asks to be left alone; None where it does not say.
        """
        self._end(failed=True, retry_after_s=retry_after_s)

    def given_up(self) -> None:
        """Nobody knows how it would have gone."""
        self._end(failed=None)

    def _end(self, *, failed: bool | None, retry_after_s: float | None = None) -> None:
        breaker, self._breaker = self._breaker, None
        if breaker is not None:
            breaker._end(self, failed, retry_after_s)  # noqa: SLF001 - two halves of one thing
