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
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_matrix

from deskquorum.labeling import Student, traces
from deskquorum.learning.agreeing import Material, agreement, audited_in
from deskquorum.learning.grouping import likeness_of
from deskquorum.reconciliation import VoteTable
from deskquorum.reconciliation.posterior import log_softmax, softmax

__all__ = ["REVIEWED", "Taught", "student_of", "teach"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REVIEWED = 0.1
"""Share of past tickets that the student leaves to others."""

_FOLDS = 5
_LEAST_AUDITED = 20
"""Audited texts below which nothing is calibrated on them."""

_STRENGTH = 5.0
"""Inverse of the ridge penalty."""

_AUDITED_WEIGHT = 3.0
"""Of an audited text, beside one of which the labelers are certain. Both were chosen on past
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
    student = student_of(question, of, table.labels, agreed, audited, taught=all_texts)
    student = replace(student, tickets=traces(table.items))
    held_out, calibrated = _held_out(question, of, table, truth), len(audited) >= _LEAST_AUDITED
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


def student_of(
    question: str,
    of: Material,
    labels: tuple[str, ...],
    agreed: Floats,
    audited: Ints,
    *,
    taught: NDArray[np.bool_],
) -> Student:
    """A student of some of the texts, neither calibrated nor told when to abstain.

    Args:
        question: Its id.
        of: The texts.
        labels: Of the question.
        agreed: Texts x labels: what they are held for.
        audited: Places of audited texts.
        taught: Texts that teach it.
    """
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
        tickets=frozenset(),
    )


def _weights(agreed: Floats, known: Ints) -> Floats:
    """How much each text teaches: little, where labelers disagree."""
    weights: Floats = agreed.max(axis=1) ** 2
    weights[known] = _AUDITED_WEIGHT
    return weights


def _fitted(read: csr_matrix, agreed: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Coefficients and intercepts of a multinomial regression on shares of labels.

    Args:
        read: Texts x numbers.
        agreed: Texts x labels, rows sum to 1.
        weights: Texts.
    """
    labels, numbers = agreed.shape[1], read.shape[1]
    total = weights.sum()
    columns = csr_matrix(read.T)

    def loss(found: Floats) -> tuple[float, Floats]:
        coefficients = found[labels:].reshape(numbers, labels)
        logs = log_softmax(read @ coefficients + found[:labels])
        off = weights[:, None] * (np.exp(logs) - agreed)
        value = (coefficients**2).sum() / (2 * _STRENGTH) - (weights @ (agreed * logs)).sum()
        slope = columns @ off + coefficients / _STRENGTH
        return float(value / total), np.concatenate([off.sum(axis=0), slope.ravel()]) / total

    start = np.zeros(labels * (numbers + 1))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-4}).x
    return found[labels:].reshape(numbers, labels).T, found[:labels]


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
        student = student_of(question, of, table.labels, agreed, known, taught=~inside)
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
