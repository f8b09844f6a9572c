"""What is held of each text is held of texts like it too: label spreading over nearest neighbours.

Zhou, Bousquet, Lal, Weston and Schoelkopf, "Learning with local and global consistency" (2003).
Labelers err by their rules, not by the ticket; a few audited tickets among many that read alike
mend all of these.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.decomposition import TruncatedSVD
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

__all__ = ["condensed", "neighbours", "spread"]

Floats = NDArray[np.float64]

_DIMENSIONS = 300
_NEIGHBOURS = 15
_SHARPNESS = 3.0
"""Power of the cosine: near neighbours say much more than those that are only nearer than most."""

_PASSED_ON = 0.8
"""Share of each opinion that is its neighbours'. The four were chosen on past tickets."""

_ROUNDS = 30


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


def spread(held: Floats, known: NDArray[np.int64], graph: csr_matrix) -> Floats:
    """Opinions after they were passed on among neighbours; what is known stays as it is.

    Args:
        held: What is held of each text; shape (texts, labels), rows sum to 1.
        known: Indices of texts whose row of `held` is certain.
        graph: As `neighbours` gives it.

    Returns:
        Shape (texts, labels); rows sum to 1.
    """
    sums = np.asarray(graph.sum(axis=1)).ravel()
    passing = diags(_PASSED_ON / np.maximum(sums, 1e-12)) @ graph
    # A text with no neighbour keeps its own opinion whole.
    kept = np.where(sums > 0, 1 - _PASSED_ON, 1.0)[:, None]
    now = held.copy()
    for _ in range(_ROUNDS):
        now = passing @ now + kept * held
        now[known] = held[known]
    total: Floats = now / now.sum(axis=1, keepdims=True)
    return total
