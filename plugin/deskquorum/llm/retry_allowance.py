"""How many calls may be made again, so that a failing endpoint is not asked three times over."""

from __future__ import annotations

__all__ = ["RetryAllowance"]


class RetryAllowance:
    """Each call earns a share of a further try; each further try takes a whole one.

    However long an endpoint fails, at most that share of the calls, and a few to begin with, are
    made again.
    """

    def __init__(self, *, share: float = 0.2, most: float = 10.0) -> None:
        """Begin with a full allowance.

        Args:
            share: Further tries that each call earns; 0.2 is one for every five calls.
            most: Further tries that can be saved up, and that it begins with.
        """
        self._share = share
        self._most = most
        self._left = most

    def earn(self) -> None:
        """A call was made for the first time."""
        self._left = min(self._most, self._left + self._share)

    def spend(self) -> bool:
        """Whether one more try may be made; it is taken if so."""
        if self._left < 1:
            return False
        self._left -= 1
        return True
