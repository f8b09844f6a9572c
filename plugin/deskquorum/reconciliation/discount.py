"""How much several votes weigh together: less than their sum, for labelers err together.

The effective number of `n` votes whose errors correlate by `rho` is `n / (1 + (n - 1) rho)` (Kish
1965, design effect). Votes for one label are taken strongest first and each adds what it adds to
that number. So one more agreeing vote never takes anything away, and the copy of a vote adds the
least; scaling a sum instead would let a weak vote pull a strong one down.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RHO_BETWEEN", "RHO_WITHIN", "discounted_scores"]

RHO_WITHIN = 0.7
"""Assumed correlation of errors within a family: one base model, one word list."""

RHO_BETWEEN = 0.2
"""Assumed correlation of errors between families: some tickets are hard for everybody."""


def discounted_scores(
    item: NDArray[np.int64],
    label: NDArray[np.int64],
    family: NDArray[np.int64],
    against: NDArray[np.float64],
    *,
    items: int,
    between: float = RHO_BETWEEN,
) -> NDArray[np.float64]:
    """Log-odds scores (items x labels) from the votes on them, prior not included.

    Args:
        item: Index of the item of each vote.
        label: Index of the label voted.
        family: Index of the labeler's family.
        against: Votes x labels: what the vote takes from each label's log-odds, 0 or more; 0 for
            the label voted.
        items: Number of items.
        between: Correlation of errors between families.
    """
    labels = against.shape[1]
    families = int(family.max(initial=0)) + 1
    group = (item * labels + label) * families + family
    scores = np.zeros((items, labels))
    for k in range(labels):
        kin, weight = _discounted(group, against[:, k], RHO_WITHIN)
        side, total = _discounted(kin // families, weight, between)
        scores[:, k] -= np.bincount(side // labels, total, items)
    return scores


def _discounted(
    group: NDArray[np.int64], weight: NDArray[np.float64], rho: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each group's discounted sum; groups ascend."""
    if not len(group):
        return group, weight
    order = np.lexsort((-weight, group))
    group, weight = group[order], weight[order]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    sizes = np.diff(np.r_[starts, len(group)])
    rank = np.arange(len(group)) - np.repeat(starts, sizes)
    return group[starts], np.add.reduceat(weight * _added_by(rank, rho), starts)


def _added_by(rank: NDArray[np.int64], rho: float) -> NDArray[np.float64]:
    """What the vote of this rank (0 is the strongest) adds to the effective number."""
    with_it = (rank + 1) / (1 + rank * rho)
    without = rank / (1 + np.maximum(rank - 1, 0) * rho)
    added: NDArray[np.float64] = with_it - without
    return added
