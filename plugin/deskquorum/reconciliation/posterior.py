"""From log-odds scores to probabilities that claim no more than is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["UNCALIBRATED_CAP", "capped", "held_to_votes", "log_softmax", "softmax"]

UNCALIBRATED_CAP = 0.9
"""No answer claims more than this before audits have measured its labelers."""

_MARGIN = 0.01
"""In log-odds; wide enough to be seen in six digits."""

Floats = NDArray[np.float64]


def softmax(scores: Floats) -> Floats:
    """Rows of scores (items x labels) as probabilities."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares


def held_to_votes(scores: Floats, voted: NDArray[np.bool_]) -> Floats:
    """Scores in which every label without a vote stays below the best label with one.

    Labelers who agree are not overturned by a class prior; rows without votes stay.

    Args:
        scores: Items x labels.
        voted: Items x labels: whether anybody named the label.
    """
    best = np.where(voted, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    ceiling = np.where(voted | ~np.isfinite(best), np.inf, best - _MARGIN)
    return np.minimum(scores, ceiling)


def capped(posterior: Floats) -> Floats:
    """Rows with no probability above the cap; what is cut off goes to the others in proportion."""
    labels = posterior.shape[1]
    if labels == 1:
        return posterior
    top = posterior.argmax(axis=1)
    rows = np.flatnonzero(posterior.max(axis=1, initial=0.0) > UNCALIBRATED_CAP)
    result = posterior.copy()
    others = posterior[rows].copy()
    others[np.arange(len(rows)), top[rows]] = 0.0
    others = np.maximum(others, 1e-12)
    others[np.arange(len(rows)), top[rows]] = 0.0
    result[rows] = (1 - UNCALIBRATED_CAP) * others / others.sum(axis=1, keepdims=True)
    result[rows, top[rows]] = UNCALIBRATED_CAP
    return result


def log_softmax(scores: Floats) -> Floats:
    """Rows of scores (items x labels) as log-probabilities."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs
