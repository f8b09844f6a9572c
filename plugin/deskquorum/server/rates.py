"""Token buckets: how often somebody may ask, counted in this process only."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Rates"]

_MOST = 10_000
"""Callers that are remembered; the one that was quiet for longest is forgotten first."""


class Rates:
    """A bucket for each caller: so many at once, so many a second in the long run."""

    def __init__(
        self, *, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with full buckets."""
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> int:
        """Take a token; 0 where there was one, otherwise whole seconds until there is."""
        now = self._clock()
        left = self._left(caller, now)
        granted = left >= 1
        self._keep(caller, left - granted, now)
        return 0 if granted else self._until_one(left)

    def _until_one(self, left: float) -> int:
        return max(1, math.ceil((1 - left) / self._per_s))

    def _left(self, caller: str, now: float) -> float:
        left, since = self._buckets.get(caller, (float(self._burst), now))
        return min(float(self._burst), left + (now - since) * self._per_s)

    def _keep(self, caller: str, left: float, now: float) -> None:
        self._buckets[caller] = (left, now)
        self._buckets.move_to_end(caller)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
