"""Brings what was looked at to an even draw, so that exact bounds may count it plainly.

Each ticket is kept with a chance in inverse proportion to the probability with which it was looked
at (inverse probability weights, Horvitz and Thompson 1952, as rejection sampling).

INVARIANT: whether a ticket is kept hangs on its id and its probability, never on what was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

__all__ = ["even"]


def even(inclusions: Mapping[str, float]) -> frozenset[str]:
    """The tickets that are kept, all with the same probability: that of the rarest.

    Args:
        inclusions: Ticket to the probability, in (0, 1], with which it was looked at.
    """
    least = min(inclusions.values(), default=1.0)
    return frozenset(name for name, p in inclusions.items() if _chance(name) < least / p)


def _chance(ticket: str) -> float:
    """From [0, 1); other than what halves audits, which hangs on the id as well."""
    return int(sha256(f"kept {ticket}".encode()).hexdigest()[:13], 16) / 16**13
