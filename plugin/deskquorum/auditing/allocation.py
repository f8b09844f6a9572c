"""How probable it is to be drawn, by stratum, and the draw itself.

Audits are shared out in proportion to a stratum's size times the spread of what is measured in it
(Neyman 1934), above a floor for every stratum and never more than it holds. What comes out are
expected numbers, not whole ones: however fine the strata are, each item has a known probability,
and a systematic draw (Madow 1949) keeps to it exactly with a sample of exactly the size wanted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

__all__ = ["inclusions", "systematic"]

_LARGEST_FLOOR = 1.0
"""Audits that every stratum may expect."""

_SHARE_OF_FLOORS = 0.5
"""So much of the sample at most goes to floors."""


def inclusions(sizes: Sequence[int], spreads: Sequence[float], wanted: int) -> list[float]:
    """The probability, in (0, 1], of each stratum's items to be drawn.

    Args:
        sizes: Items of each stratum, one or more.
        spreads: Standard deviation expected in each, more than 0.
        wanted: Size of the sample, 1 or more; where there are not as many, all are drawn.
    """
    if wanted >= sum(sizes):
        return [1.0] * len(sizes)
    floor = min(_LARGEST_FLOOR, _SHARE_OF_FLOORS * wanted / len(sizes))
    left = wanted - floor * len(sizes)
    expected = [floor] * len(sizes)
    unfilled = set(range(len(sizes)))
    while unfilled:
        each = left / sum(sizes[h] * spreads[h] for h in unfilled)
        full = {h for h in unfilled if floor + each * sizes[h] * spreads[h] >= sizes[h]}
        if not full:
            for h in unfilled:
                expected[h] += each * sizes[h] * spreads[h]
            break
        for h in full:
            expected[h] = float(sizes[h])
            left -= sizes[h] - floor
        unfilled -= full
    return [min(1.0, count / size) for count, size in zip(expected, sizes, strict=True)]


def systematic(probabilities: Sequence[float], start: float) -> list[int]:
    """Places of the items drawn: as many as the probabilities sum to, in order.

    Args:
        probabilities: Of each item, in (0, 1]; they sum to a whole number but for rounding.
        start: Drawn evenly from [0, 1).
    """
    ends = list(accumulate(probabilities))
    drawn: list[int] = []
    for step in range(round(ends[-1]) if ends else 0):
        # Rounding may put two steps into one item, or the last one behind all of them.
        earliest = drawn[-1] + 1 if drawn else 0
        drawn.append(min(max(bisect_right(ends, start + step), earliest), len(ends) - 1))
    return drawn
