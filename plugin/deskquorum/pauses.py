"""How long to leave a system alone before it is asked again."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

__all__ = ["Pauses", "asked_pause_s"]

_DOUBLINGS = 32
"""More would overflow; every sensible limit is reached long before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Pauses that double, with jitter, and are never shorter than the system asks for."""

    first_s: float
    longest_s: float
    jitter: Callable[[], float]
    """Gives numbers in 0..1."""

    def after(self, tries: int, asked_s: float) -> float:
        """Between half and all of a doubling pause; `asked_s` when that is longer."""
        whole = min(self.longest_s, self.first_s * 2.0 ** min(tries - 1, _DOUBLINGS))
        return max(asked_s, whole * (0.5 + 0.5 * self.jitter()))


def asked_pause_s(retry_after: str | None, *, now: datetime) -> float:
    """Seconds that a `Retry-After` header asks for, as seconds or HTTP date; 0 if it does not."""
    if retry_after is None:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - now.timestamp()
        except (ValueError, OverflowError):
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
