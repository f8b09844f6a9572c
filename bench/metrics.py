"""How good posteriors are: accuracy, log-loss, calibration error and Brier score.

Every function takes `posterior` (items x classes, rows sum to 1) and `truth` (a class per item).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BINS", "CLIP", "Scores", "accuracy", "brier", "calibration_error", "log_loss", "scores"]

CLIP = 1e-6
"""Least probability that the log-loss sees: one sure mistake costs 13.8."""

BINS = 15
"""Bins of equal width for the calibration error."""

_TIE = 1e-9
"""Probabilities nearer than this are tied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All measures of one posterior."""

    accuracy: float
    log_loss: float
    ece: float
    brier: float
    top: float
    """The highest probability given to anything."""


def scores(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> Scores:
    """Every measure at once."""
    return Scores(
        accuracy=accuracy(posterior, truth),
        log_loss=log_loss(posterior, truth),
        ece=calibration_error(posterior, truth),
        brier=brier(posterior, truth),
        top=float(posterior.max()),
    )


def accuracy(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Share of items whose likeliest class is right; tied classes share the point.

    That is what breaking ties at random gives on average, and favours no order of the classes.
    """
    return float(_points(posterior, truth).mean())


def log_loss(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Mean negative natural logarithm of the right class's probability, clipped at `CLIP`."""
    return float(-np.log(np.maximum(_of_truth(posterior, truth), CLIP)).mean())


def brier(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Mean squared distance to the one-hot truth, summed over the classes (0 to 2)."""
    of_truth = _of_truth(posterior, truth)
    return float(((posterior**2).sum(axis=1) - 2 * of_truth + 1).mean())


def calibration_error(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Mean gap between top probability and accuracy over `BINS` bins, weighted by their items.

    The top-label expected calibration error (Guo et al. 2017).
    """
    top = posterior.max(axis=1)
    inner_edges = np.linspace(0, 1, BINS + 1)[1:-1]
    gap = _points(posterior, truth) - top
    sums = np.bincount(np.digitize(top, inner_edges, right=True), weights=gap)
    return float(np.abs(sums).sum() / len(truth))


def _of_truth(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    return posterior[np.arange(len(truth)), truth]


def _points(posterior: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    top = posterior >= posterior.max(axis=1, keepdims=True) - _TIE
    return top[np.arange(len(truth)), truth] / top.sum(axis=1)
