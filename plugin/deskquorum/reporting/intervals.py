"""What a count or a sample says of the rate or the mean behind it, at 95 %."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import comb, sqrt

import numpy as np

from deskquorum.auditing import estimates

__all__ = ["bootstrap_mean", "difference", "too_many", "wilson"]

_95_PERCENT = 1.959964
_NANOS = Decimal(10) ** 9
_DRAWS = 2000
_SEED = 11
_MOST_DISTINCT = 2000
"""With more amounts than that their mean is as good as normal, and drawing takes its time."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The Wilson score interval (95 %) of a share; 0 to 1 where nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    return estimates.wilson(hits / of, of)


def bootstrap_mean(values: Sequence[Decimal]) -> tuple[Decimal, Decimal] | None:
    """The percentile bootstrap interval (95 %) of a mean; the same values give the same one.

    Of more than 2,000 distinct values it is the normal interval, which they are close to.

    Amounts are drawn as whole billionths, so that money is never a float. None for fewer than two
    values: one value drawn again and again would look certain.
    """
    if len(values) <= 1:
        return None
    nanos = np.array([int(value * _NANOS) for value in values], dtype=np.int64)
    distinct, counts = np.unique(nanos, return_counts=True)
    if len(distinct) > _MOST_DISTINCT:
        half = Decimal(int(_95_PERCENT * nanos.std(ddof=1) / sqrt(len(nanos)))) / _NANOS
        mean = sum(values, Decimal(0)) / len(values)
        return mean - half, mean + half
    draw = np.random.default_rng(_SEED).multinomial
    sums = sorted(int(draw(len(nanos), counts / len(nanos)) @ distinct) for _ in range(_DRAWS))
    edge = _DRAWS // 40
    low, high = (Decimal(total) / len(nanos) / _NANOS for total in (sums[edge], sums[-1 - edge]))
    return low, high


def difference(
    now: tuple[Decimal, Decimal, Decimal], before: tuple[Decimal, Decimal, Decimal]
) -> tuple[Decimal, Decimal, Decimal]:
    """How much a value differs from an earlier one, with an interval (95 %).

    The interval is put together from theirs (Newcombe 1998; MOVER, Zou and Donner 2008).

    Args:
        now: Value, low and high end.
        before: The same of what it is compared with.
    """
    (value, low, high), (value_0, low_0, high_0) = now, before
    gap = value - value_0
    down = ((value - low) ** 2 + (high_0 - value_0) ** 2).sqrt()
    up = ((high - value) ** 2 + (value_0 - low_0) ** 2).sqrt()
    return gap, gap - down, gap + up


def too_many(errors: int, of: int, *, allowed: float, level: float) -> bool:
    """Whether an error rate of `allowed` would give so many errors less often than `level`."""
    fewer = sum(comb(of, k) * allowed**k * (1 - allowed) ** (of - k) for k in range(errors))
    return errors > 0 and 1 - fewer < level
