"""Shares with their intervals, where some were likelier to be drawn than others.

A share is weighted by inverse inclusion probability (Hajek 1971). Its interval is Wilson's (1927),
at the number of evenly drawn items that would tell as much (Kish 1965).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

__all__ = ["CONFIDENCE", "Share", "share", "surely_above", "wilson"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """An estimated share."""

    value: float | None
    """None where nothing was looked at."""
    low: float
    high: float
    n: int
    """Items looked at."""
    effective: float
    """Evenly drawn items that tell as much."""


def share(
    hits: Sequence[bool], weights: Sequence[float], *, confidence: float = CONFIDENCE
) -> Share:
    """The share of hits in what the items were drawn from.

    Args:
        hits: Of each item.
        weights: One over each item's inclusion probability.
        confidence: Of the interval.
    """
    if not hits:
        return Share(value=None, low=0.0, high=1.0, n=0, effective=0.0)
    total = sum(weights)
    value = sum(w for hit, w in zip(hits, weights, strict=True) if hit) / total
    effective = total**2 / sum(w * w for w in weights)
    low, high = wilson(value, effective, confidence=confidence)
    return Share(value=value, low=low, high=high, n=len(hits), effective=effective)


def surely_above(found: Share, rate: float, *, confidence: float) -> bool:
    """Whether a share is above a rate, by the exact lower bound of Clopper and Pearson (1934).

    Of one item that is a hit Wilson's interval would say so of any small rate.
    """
    from scipy.special import betaincinv

    hits = (found.value or 0.0) * found.effective
    low = betaincinv(hits, found.effective - hits + 1, 1 - confidence) if hits > 0 else 0.0
    return bool(low > rate)


def wilson(value: float, n: float, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of a share that was seen among `n` items, more than 0."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    return max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half))
