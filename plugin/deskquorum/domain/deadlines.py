"""A deadline travels with each request, so that whatever is late can be given up in time."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["Deadline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment on the monotonic clock."""

    expires_at: float
    """Seconds of `time.monotonic`."""

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """A deadline that many seconds from now."""
        return cls(expires_at=time.monotonic() + seconds)

    def remaining_s(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.expires_at - time.monotonic())

    def earlier(self, seconds: float) -> Deadline:
        """The same deadline, moved that many seconds towards now."""
        return Deadline(expires_at=self.expires_at - seconds)

    def within(self, seconds: float) -> Deadline:
        """The same deadline, or one that many seconds from now where that is earlier."""
        return Deadline(expires_at=min(self.expires_at, time.monotonic() + seconds))
