"""How much of the gap between weak labelers and right labels the student closes.

Performance gap recovered (Burns et al. 2023): 0 is the best single labeler, 1 a model of the same
wording that was taught right labels. Everything is measured on audited tickets that did not teach
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from deskquorum.auditing.estimates import wilson
from deskquorum.learning.agreeing import Material, agreement, audited_in
from deskquorum.learning.distilling import Taught, student_of
from deskquorum.reconciliation import VoteTable

__all__ = ["LEAST_FOR_CEILING", "Interval", "Recovery", "recovery"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

LEAST_FOR_CEILING = 300
"""Audited tickets below which a model that they alone teach says nothing of what is possible."""

_SEEDS = 5
_FOLDS = 5
_STRENGTH = 10.0
"""Inverse of the ridge penalty of the ceiling's model."""

_RESAMPLED = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Shares of audited tickets that each gets right, with Wilson's intervals."""

    weak_labeler: str
    """The best single labeler."""
    weak: Interval
    reconciled: Interval
    student: Interval
    ceiling: Interval | None
    """A model taught by audits alone; None where they are too few for one."""
    recovered: Interval | None
    """Its interval is the bootstrap's over tickets and seeds; None without a ceiling, or where it
    is not surely better than the best labeler."""
    seeds: int
    """Ways in which audited tickets were held out."""


def recovery(
    of: Material,
    table: VoteTable,
    truth: Mapping[str, str],
    taught: Taught,
    *,
    seeds: int = _SEEDS,
) -> Recovery:
    """Measure it; the same each time.

    Args:
        of: The texts.
        table: The labelers' votes on each, in the texts' order.
        truth: Audited labels by item, at least one.
        taught: What was taught of them.
        seeds: Ways in which audited tickets are held out, where they are enough for a ceiling.
    """
    audited = audited_in(table, truth)
    right = np.array([table.labels.index(truth[table.items[n]]) for n in audited])
    single = _single(table, audited, right)
    best = int(single.mean(axis=1).argmax())
    enough = len(audited) >= LEAST_FOR_CEILING
    # Seeds x (reconciled, student, ceiling) x audited tickets.
    rights = (
        np.array([_held_out(of, table, truth, seed) for seed in range(seeds)])
        if enough
        else np.array(
            [
                [
                    taught.reconciled[audited].argmax(axis=1) == right,
                    taught.held_out[audited].argmax(axis=1) == right,
                ]
            ]
        )
    )
    weak = np.broadcast_to(single[best], (len(rights), len(audited)))
    shares = _resampled(np.concatenate([weak[:, None], rights], axis=1))
    figures = [_share(float(mean), len(audited)) for mean in shares[0]]
    gap = shares[:, -1] - shares[:, 0]
    closes = enough and bool(np.quantile(gap[1:], 0.025) > 0)
    return Recovery(
        weak_labeler=table.labelers[best],
        weak=figures[0],
        reconciled=figures[1],
        student=figures[2],
        ceiling=figures[3] if enough else None,
        recovered=_bootstrapped((shares[:, 2] - shares[:, 0]) / gap) if closes else None,
        seeds=len(rights),
    )


def _single(table: VoteTable, audited: Ints, right: Ints) -> Bools:
    """Labelers x audited tickets; no vote is no right answer."""
    said = np.full((len(table.labelers), len(table.items)), -1)
    said[table.labeler, table.item] = table.label
    found: Bools = said[:, audited] == right
    return found


def _held_out(of: Material, table: VoteTable, truth: Mapping[str, str], seed: int) -> Bools:
    """Reconciled, student and ceiling x audited tickets: right when their fold teaches nothing."""
    audited = audited_in(table, truth)
    right = np.array([table.labels.index(truth[table.items[n]]) for n in audited])
    fold = np.random.default_rng(seed).permutation(len(audited)) % _FOLDS
    found = np.zeros((3, len(audited)), dtype=np.bool_)
    for held in range(_FOLDS):
        inside = fold == held
        hidden, known = audited[inside], audited[~inside]
        rest = {table.items[n]: truth[table.items[n]] for n in known}
        reconciled, agreed = agreement(of, table, rest)
        taught = np.ones(len(table.items), dtype=np.bool_)
        taught[hidden] = False
        student = student_of("", of, table.labels, agreed, known, taught=taught)
        ceiling = LogisticRegression(C=_STRENGTH, max_iter=300).fit(of.read[known], right[~inside])
        found[0, inside] = reconciled[hidden].argmax(axis=1) == right[inside]
        found[1, inside] = student.untempered(of.read[hidden]).argmax(axis=1) == right[inside]
        found[2, inside] = ceiling.predict(of.read[hidden]) == right[inside]
    return found


def _resampled(rights: Bools) -> Floats:
    """Draws x who: shares right; the first row is that of all tickets and seeds."""
    draw = np.random.default_rng(0)
    seeds, _, tickets = rights.shape
    rows = [rights.mean(axis=(0, 2))]
    for _ in range(_RESAMPLED):
        of_seed = rights[draw.integers(seeds)]
        rows.append(of_seed[:, draw.integers(tickets, size=tickets)].mean(axis=1))
    return np.array(rows)


def _share(mean: float, tickets: int) -> Interval:
    low, high = wilson(mean, tickets)
    return Interval(mean=mean, low=low, high=high)


def _bootstrapped(drawn: Floats) -> Interval:
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    return Interval(mean=float(drawn[0]), low=float(low), high=float(high))
