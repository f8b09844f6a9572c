"""Past texts in groups that read alike, so that a file can hold what groups mean and no text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from deskquorum.labeling.likeness import Likeness

__all__ = ["grouped", "likeness_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SIZE = 15
"""Texts of a group, on average."""

_MOST = 500
"""Groups."""

_LEAST = 5
"""Different texts of a group; what is said less often stays out of the file."""

_BACKGROUND = 0.01
"""Weight of knowing nothing, beside that of all groups for a text like most."""


def grouped(meaning: NDArray[np.float32]) -> Ints:
    """The group of each text, from 0 without gaps; -1 for texts like too few others.

    Args:
        meaning: Texts x dimensions, rows of unit length or of zeros.
    """
    different, place = np.unique(meaning, axis=0, return_inverse=True)
    count = min(max(len(meaning) // _SIZE, 1), _MOST, len(different))
    found = KMeans(count, n_init=1, max_iter=30, random_state=0).fit_predict(different)
    kept = np.bincount(found, minlength=count) >= _LEAST
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    groups: Ints = number[found][place.ravel()].astype(np.int64)
    return groups


def likeness_of(
    meaning: NDArray[np.float32], groups: Ints, agreed: Floats, taught: NDArray[np.bool_]
) -> Likeness:
    """What groups of texts are held for.

    Args:
        meaning: Texts x dimensions.
        groups: As `grouped` gives them.
        agreed: Texts x labels, rows sum to 1.
        taught: Texts whose row of `agreed` may be used.
    """
    count = int(groups.max(initial=-1)) + 1
    sums = np.full((count, agreed.shape[1]), 1e-6)
    used = taught & (groups >= 0)
    np.add.at(sums, groups[used], agreed[used])
    middles = np.zeros((count, meaning.shape[1]))
    np.add.at(middles, groups[groups >= 0], meaning[groups >= 0])
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    whole = Likeness(
        middles=middles.astype(np.float32),
        shares=(sums / sums.sum(axis=1, keepdims=True)).astype(np.float32),
        background=1.0,
    )
    usual = float(np.median(whole.nearness(meaning).sum(axis=1))) if count else 1.0
    return Likeness(
        middles=whole.middles,
        shares=whole.shares,
        background=round(max(_BACKGROUND * usual, 1e-4), 6),
    )
