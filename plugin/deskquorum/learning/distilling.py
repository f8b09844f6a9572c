"""From weak votes to a stronger model: what labelers agree on teaches a student.

The student is taught the reconciled votes, spread over texts that read alike, each by how sure
they are; audited labels teach themselves. That a student can be better than its teachers is
weak-to-strong generalisation (Burns et al. 2023): it can't learn errors that follow no pattern in
the texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from deskquorum.labeling import Student, traces
from deskquorum.learning.agreeing import LEAST_AUDITED, Material, agreement, audited_in
from deskquorum.learning.grouping import likeness_of
from deskquorum.reconciliation import VoteTable
from deskquorum.reconciliation.posterior import softmax

__all__ = ["REVIEWED", "Taught", "teach"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REVIEWED = 0.1
"""Share of past tickets that the student leaves to others."""

_FOLDS = 5
_LEAST_SAID = 0.02
"""Probability below which a label is not taught at all."""

_STRENGTH = 5.0
"""Inverse of the ridge penalty."""

_AUDITED_WEIGHT = 3.0
"""Of an audited text, beside one of which the labelers are certain. All three were chosen on past
tickets of two public sets."""


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
    audited = audited_in(table, truth)
    all_texts = np.ones(len(table.items), dtype=np.bool_)
    student = _student(question, of, table.labels, agreed, audited, taught=all_texts)
    student = replace(student, audits=traces(table.items[place] for place in audited))
    held_out, calibrated = _held_out(question, of, table, truth), len(audited) >= LEAST_AUDITED
    if calibrated:
        right = np.array([table.labels.index(truth[table.items[n]]) for n in audited])
        student = replace(student, temperature=_temperature(held_out[audited], right))
        held_out = softmax(np.log(held_out) / student.temperature)
    below = float(np.quantile(held_out.max(axis=1), REVIEWED))
    return Taught(
        student=replace(student, review_below=round(below, 4)),
        reconciled=reconciled,
        agreed=agreed,
        held_out=held_out,
        calibrated=calibrated,
    )


def _student(
    question: str,
    of: Material,
    labels: tuple[str, ...],
    agreed: Floats,
    audited: Ints,
    *,
    taught: NDArray[np.bool_],
) -> Student:
    """A student of some of the texts, neither calibrated nor told when to abstain."""
    weights = _weights(agreed, audited)
    coefficients, intercept = _fitted(of.read[taught], agreed[taught], weights[taught])
    return Student(
        question=question,
        labels=labels,
        wording=of.wording,
        coefficients=coefficients.astype(np.float32),
        intercept=intercept.astype(np.float32),
        likeness=likeness_of(of.meaning, of.groups, agreed, taught),
        temperature=1.0,
        review_below=0.0,
        audits=frozenset(),
    )


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


def _held_out(question: str, of: Material, table: VoteTable, truth: Mapping[str, str]) -> Floats:
    """Each fold of texts as a student sees it that was taught without them and their audits."""
    fold = np.arange(len(table.items)) % _FOLDS
    found = np.zeros((len(table.items), len(table.labels)))
    for held in range(_FOLDS):
        inside = fold == held
        hidden = {table.items[place] for place in np.flatnonzero(inside)}
        rest = {item: label for item, label in truth.items() if item not in hidden}
        _, agreed = agreement(of, table, rest)
        known = audited_in(table, rest)
        student = _student(question, of, table.labels, agreed, known, taught=~inside)
        found[inside] = student.untempered(of.read[inside])
    return found


def _temperature(held_out: Floats, right: Ints) -> float:
    """What makes audited labels likeliest (temperature scaling, Guo et al. 2017)."""
    scores = np.log(held_out)

    def loss(log_temperature: float) -> float:
        cooled = softmax(scores / np.exp(log_temperature))
        return float(-np.log(np.maximum(cooled[np.arange(len(right)), right], 1e-12)).mean())

    found = minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded")
    return round(float(np.exp(found.x)), 4)
