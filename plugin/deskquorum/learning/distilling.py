"""From weak votes to a stronger model: what labelers agree on teaches a student.

The student is taught the reconciled votes, spread over texts that read alike, each by how sure
they are; audited labels teach themselves. That a student can be better than its teachers is
weak-to-strong generalisation (Burns et al. 2023): it can't learn errors that follow no pattern in
the texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from deskquorum.labeling import Embedder, Student, Wording, fit_wording, traces
from deskquorum.learning.spreading import condensed, neighbours, spread
from deskquorum.reconciliation import VoteTable, reconcile_table
from deskquorum.reconciliation.posterior import softmax

__all__ = ["REVIEWED", "Material", "Taught", "agreement", "material", "teach"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REVIEWED = 0.1
"""Share of past tickets that the student leaves to others."""

_FOLDS = 5
_LEAST_AUDITED = 20
"""Audited texts below which nothing is calibrated on them."""

_LEAST_SAID = 0.02
"""Probability below which a label is not taught at all."""

_STRENGTH = 5.0
"""Inverse of the ridge penalty."""

_AUDITED_WEIGHT = 3.0
"""Of an audited text, beside one of which the labelers are certain. All three were chosen on past
tickets of two public sets."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """Texts as they are taught: read once, and who reads like whom."""

    wording: Wording
    read: csr_matrix
    """Texts x numbers."""
    points: Floats
    """Texts x few dimensions."""
    graph: csr_matrix
    """Texts x texts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Taught:
    """A student with what it was taught and how it did."""

    student: Student
    reconciled: Floats
    """Texts x labels: the votes alone; audited texts by a fit without them."""
    agreed: Floats
    """Texts x labels: what it was taught."""
    held_out: Floats
    """Texts x labels: what it says of texts when neither they nor their audits taught it."""
    calibrated: bool
    """Whether its probabilities were measured on audited texts."""


def material(texts: Sequence[str], embedder: Embedder) -> Material:
    """Read texts once, for everything that is learned from them.

    Args:
        texts: Redacted.
        embedder: The one that the student will vote with.

    Raises:
        ValueError: Too few texts to teach on.
    """
    if len(texts) < 2 * _FOLDS:
        raise ValueError(f"{len(texts)} texts are too few to teach on; {2 * _FOLDS} are needed")
    wording = fit_wording(texts, embedder)
    read = wording.read(texts, embedder)
    points = condensed(read)
    return Material(wording=wording, read=read, points=points, graph=neighbours(points))


def agreement(of: Material, table: VoteTable, truth: Mapping[str, str]) -> tuple[Floats, Floats]:
    """What votes and audits say of each text, and the same spread over texts that read alike.

    Args:
        of: The texts.
        table: The labelers' votes on each, in the texts' order; an item may have none.
        truth: Audited labels by item.

    Returns:
        Twice texts x labels, rows sum to 1; of the votes alone, audited texts have what a fit
        without them says.
    """
    reconciled = reconcile_table(table, gold=truth).posterior
    known = _places(table, truth)
    held = reconciled.copy()
    for place in known:
        held[place] = 0.0
        held[place, table.labels.index(truth[table.items[place]])] = 1.0
    # Squared: spreading flattens what it passes on.
    sharp = spread(held, known, of.graph) ** 2
    agreed: Floats = sharp / sharp.sum(axis=1, keepdims=True)
    return reconciled, agreed


def teach(question: str, of: Material, table: VoteTable, truth: Mapping[str, str]) -> Taught:
    """Teach a student one question; deterministic.

    Args:
        question: Its id.
        of: The texts.
        table: The labelers' votes on each, in the texts' order; an item may have none.
        truth: Audited labels by item; more of them mend more of what the labelers get wrong.

    Raises:
        ValueError: All texts would be taught the same.
    """
    reconciled, agreed = agreement(of, table, truth)
    if len(set(agreed.argmax(axis=1).tolist())) < 2:  # noqa: PLR2004 - a choice needs two labels
        raise ValueError("every text would be taught the same label")
    audited = _places(table, truth)
    coefficients, intercept = _fitted(of.read, agreed, _weights(agreed, audited))
    held_out, temperature = _held_out(of, table, truth), 1.0
    calibrated = len(audited) >= _LEAST_AUDITED
    if calibrated:
        right = np.array([table.labels.index(truth[table.items[n]]) for n in audited])
        temperature = _temperature(held_out[audited], right)
        held_out = _cooled(held_out, temperature)
    below = float(np.quantile(held_out.max(axis=1), REVIEWED))
    return Taught(
        student=Student(
            question=question,
            labels=table.labels,
            wording=of.wording,
            coefficients=coefficients.astype(np.float32),
            intercept=intercept.astype(np.float32),
            temperature=temperature,
            review_below=round(below, 4),
            audits=traces(table.items[place] for place in audited),
        ),
        reconciled=reconciled,
        agreed=agreed,
        held_out=held_out,
        calibrated=calibrated,
    )


def _places(table: VoteTable, truth: Mapping[str, str]) -> Ints:
    found = [n for n, item in enumerate(table.items) if item in truth]
    return np.array(found, dtype=np.int64)


def _weights(agreed: Floats, known: Ints) -> Floats:
    """How much each text teaches: little, where labelers disagree."""
    weights: Floats = agreed.max(axis=1) ** 2
    weights[known] = _AUDITED_WEIGHT
    return weights


def _fitted(read: csr_matrix, agreed: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Coefficients and intercepts of a logistic regression on every label that a text may have.

    Args:
        read: Texts x numbers.
        agreed: Texts x labels.
        weights: Texts.
    """
    rows, taught = np.nonzero(agreed > _LEAST_SAID)
    model = LogisticRegression(C=_STRENGTH, max_iter=300)
    model.fit(read[rows], taught, sample_weight=agreed[rows, taught] * weights[rows])
    coefficients = np.zeros((agreed.shape[1], read.shape[1]))
    # A label that is never taught is the least likely everywhere.
    intercept = np.full(agreed.shape[1], model.intercept_.min() - 5.0)
    if len(model.classes_) == 2:  # noqa: PLR2004 - one row of numbers serves both labels
        coefficients[model.classes_[1]] = model.coef_[0]
        intercept[model.classes_] = [0.0, model.intercept_[0]]
    else:
        coefficients[model.classes_], intercept[model.classes_] = model.coef_, model.intercept_
    return coefficients, intercept


def _held_out(of: Material, table: VoteTable, truth: Mapping[str, str]) -> Floats:
    """Each fold of texts as a student sees it that was taught without them and their audits."""
    fold = np.arange(len(table.items)) % _FOLDS
    found = np.zeros((len(table.items), len(table.labels)))
    for held in range(_FOLDS):
        inside = fold == held
        hidden = {table.items[place] for place in np.flatnonzero(inside)}
        rest = {item: label for item, label in truth.items() if item not in hidden}
        _, agreed = agreement(of, table, rest)
        weights = _weights(agreed, _places(table, rest))
        coefficients, intercept = _fitted(of.read[~inside], agreed[~inside], weights[~inside])
        found[inside] = softmax(np.asarray(of.read[inside] @ coefficients.T + intercept))
    return found


def _temperature(held_out: Floats, right: Ints) -> float:
    """What makes audited labels likeliest (temperature scaling, Guo et al. 2017)."""
    scores = np.log(np.maximum(held_out, 1e-12))

    def loss(log_temperature: float) -> float:
        cooled = softmax(scores / np.exp(log_temperature))
        return float(-np.log(np.maximum(cooled[np.arange(len(right)), right], 1e-12)).mean())

    found = minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded")
    return round(float(np.exp(found.x)), 4)


def _cooled(shares: Floats, temperature: float) -> Floats:
    return softmax(np.log(np.maximum(shares, 1e-12)) / temperature)
