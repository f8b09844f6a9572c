"""Limits: what an action takes from an allowance, and what was taken from it so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["Charge", "Usage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was taken from one limit by earlier actions, within its window."""

    count: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one action would take from one limit. Holds whose limit it is, so it is not recorded."""

    limit: str
    subject: str
    """Value of the fact that the limit is counted by; empty for the desk's own."""
    window: timedelta
    most_count: int | None = None
    amount_minor: int = 0
    most_minor: int | None = None

    def fits(self, used: Usage) -> bool:
        """Whether the action may still be taken after what was used."""
        in_count = self.most_count is None or used.count < self.most_count
        left = None if self.most_minor is None else self.most_minor - used.amount_minor
        return in_count and (left is None or self.amount_minor <= left)
