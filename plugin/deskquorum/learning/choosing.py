"""Which tickets to audit next, where what labelers get wrong is to be mended with few audits.

First tickets that stand for many (the middles of clusters), then those of which the desk is least
sure and that read like many others, no two of a batch alike (density-weighted uncertainty
sampling, Settles and Craven 2008). Nothing that is chosen this way may certify: certificates rest
on tickets drawn at random.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

__all__ = ["next_audits"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def next_audits(points: Floats, agreed: Floats, audited: Ints, count: int) -> Ints:
    """Indices of the tickets to audit next; the same each time.

    Args:
        points: Texts x dimensions, rows of unit length (`condensed`).
        agreed: Texts x labels: what is held of each text now.
        audited: Those that were audited; with none, the first batch stands for all.
        count: How many; fewer where so many are not left.
    """
    left = min(count, len(points) - len(audited))
    if not len(audited):
        return _middles(points, left)
    ranked = np.sort(agreed, axis=1)
    doubt = 1 - (ranked[:, -1] - ranked[:, -2])
    score = doubt * np.sqrt(np.maximum(_crowd(points), 1e-9))
    score[audited] = -1.0
    chosen: list[int] = []
    for _ in range(left):
        best = int(score.argmax())
        chosen.append(best)
        likeness = np.clip(points @ points[best], 0.0, 1.0)
        score = np.where(score > 0, score * (1 - likeness**2), score)
        score[best] = -1.0
    return np.array(chosen, dtype=np.int64)


def _middles(points: Floats, count: int) -> Ints:
    found = KMeans(count, n_init=1, random_state=0).fit(points)
    nearest = found.transform(points).argmin(axis=0)
    # Two clusters may share their middle only where texts repeat each other.
    return np.array(list(dict.fromkeys(nearest.tolist())), dtype=np.int64)


def _crowd(points: Floats) -> Floats:
    """How much each text reads like the others, row by row so that memory stays small."""
    found: Floats = np.array([(np.clip(points @ point, 0.0, 1.0) ** 3).mean() for point in points])
    return found
