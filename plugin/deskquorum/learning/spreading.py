"""What is held of each text is held of texts like it too: label spreading over nearest neighbours.

Zhou, Bousquet, Lal, Weston and Schoelkopf, "Learning with local and global consistency" (2003).
Labelers err by their rules, not by the ticket; a few audited tickets among many that read alike
mend all of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

__all__ = ["FAR", "NEAR", "Reach", "condensed", "neighbours", "spread"]

Floats = NDArray[np.float64]

_DIMENSIONS = 300
_NEIGHBOURS = 15
_SHARPNESS = 3.0
"""Power of the cosine: near neighbours say much more than those that are only nearer than most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far opinions go."""

    passed_on: float
    """Share of each opinion that is its neighbours'."""
    rounds: int


NEAR = Reach(passed_on=0.8, rounds=30)
FAR = Reach(passed_on=0.95, rounds=60)


def condensed(read: csr_matrix) -> Floats:
    """Texts in few dimensions, rows of unit length; the same each time (latent semantic analysis).

    Args:
        read: Shape (texts, numbers).

    Returns:
        Shape (texts, at most 300).
    """
    most = min(_DIMENSIONS, min(read.shape) - 1)
    if most < 1:
        return np.asarray(normalize(read).todense(), dtype=np.float64)
    found: Floats = TruncatedSVD(most, random_state=0).fit_transform(read)
    return np.asarray(normalize(found), dtype=np.float64)


def neighbours(points: Floats) -> csr_matrix:
    """How much each text says of each other, from 0 to 1; symmetric, and few say anything.

    Args:
        points: Shape (texts, dimensions), rows of unit length.

    Returns:
        Shape (texts, texts).
    """
    count = min(_NEIGHBOURS, len(points) - 1)
    if count < 1:
        return csr_matrix((len(points), len(points)))
    nearest = NearestNeighbors(n_neighbors=count, metric="cosine").fit(points)
    found = csr_matrix(nearest.kneighbors_graph(mode="distance"))
    found.data = np.clip(1.0 - found.data, 0.0, 1.0) ** _SHARPNESS
    return csr_matrix(found.maximum(found.T))


def spread(
    held: Floats, known: NDArray[np.int64], graph: csr_matrix, *, reach: Reach = NEAR
) -> Floats:
    """Opinions after they were passed on among neighbours; what is known stays as it is.

    Args:
        held: What is held of each text; shape (texts, labels), rows sum to 1.
        known: Indices of texts whose row of `held` is certain.
        graph: As `neighbours` gives it.
        reach: Near leaves more to a text's own votes, far more to what is known.

    Returns:
        Shape (texts, labels); rows sum to 1.
    """
    sums = np.asarray(graph.sum(axis=1)).ravel()
    passing = diags(reach.passed_on / np.maximum(sums, 1e-12)) @ graph
    # A text with no neighbour keeps its own opinion whole.
    kept = np.where(sums > 0, 1 - reach.passed_on, 1.0)[:, None]
    now = held.copy()
    for _ in range(reach.rounds):
        now = passing @ now + kept * held
        now[known] = held[known]
    total: Floats = now / now.sum(axis=1, keepdims=True)
    return total
