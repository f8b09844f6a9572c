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
    alike: bool = False,
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
        alike: Whether members of a family weigh the same for the same label. They are then shares
            of one voice, so that the family's majority is heard and not only that it is split.
    """
    families = int(family.max(initial=0)) + 1
    labels = against.shape[1]
    group = (item * labels + label) * families + family
    if alike:
        _, voice, size = np.unique(
            item * families + family, return_inverse=True, return_counts=True
        )
        against = against / (1 + (size[voice] - 1) * RHO_WITHIN)[:, None]
    kin, weight = _discounted(group, against, 0.0 if alike else RHO_WITHIN)
    side, weight = _discounted(kin // families, weight, between)
    scores = np.zeros((items, labels))
    np.subtract.at(scores, side // labels, weight)
    return scores


def _discounted(
    group: NDArray[np.int64], weight: NDArray[np.float64], rho: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each group's discounted sum, by label; groups ascend."""
    order = np.argsort(group, kind="stable")
    groups, starts, sizes = np.unique(group[order], return_index=True, return_counts=True)
    total = weight[order[starts]]
    for size in np.unique(sizes[sizes > 1]):
        of_size = np.flatnonzero(sizes == size)
        members = order[starts[of_size][:, None] + np.arange(size)]
        strongest_first = -np.sort(-weight[members], axis=1)
        total[of_size] = np.einsum("gml,m->gl", strongest_first, _added_by(int(size), rho))
    return groups, total


def _added_by(votes: int, rho: float) -> NDArray[np.float64]:
    """What the first vote, the second and so on add to the effective number."""
    number = np.arange(votes + 1)
    effective = number / (1 + np.maximum(number - 1, 0) * rho)
    return np.diff(effective)
