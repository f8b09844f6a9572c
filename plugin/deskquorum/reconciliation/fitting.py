"""Fitting the label model to a table of votes, with or without audited labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deskquorum.reconciliation.counts import VoteCounts, pair_index
from deskquorum.reconciliation.label_model import Floats, Ints, LabelModel, label_model
from deskquorum.reconciliation.posterior import softmax
from deskquorum.reconciliation.vote_table import VoteTable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Fitted", "fit_label_model"]

_ROUNDS = 10
"""Further rounds move the class prior more than the noise, and not towards the truth."""

_TOLERANCE = 1e-3

_FAMILY_CORRELATION = 0.3
"""Within a family while fitting; the discount of `discount` comes after."""

_GOLD_WEIGHT = 5.0
"""Votes that one vote on an audited item counts for."""

_ANCHOR = 20.0
"""Items that the class prior of all items counts for beside the audited ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A fitted model and what it holds of the items it was fitted on."""

    model: LabelModel
    belief: Floats
    """Items x labels: posterior while fitting; audited items are certain."""


def fit_label_model(
    table: VoteTable,
    *,
    gold: Ints | None = None,
    truth: Ints | None = None,
    start: Floats | None = None,
) -> Fitted:
    """Fit by expectation maximisation; deterministic.

    Args:
        table: Votes, at least one, on two labels or more.
        gold: Indices of audited items, if any.
        truth: Index of the audited label of each.
        start: Belief to start from, items x labels; vote shares by default.
    """
    problem = _Problem(table)
    gold = np.empty(0, dtype=np.int64) if gold is None else gold
    certain = np.eye(len(table.labels))[[] if truth is None else truth]
    anchored = np.zeros(len(table.items), dtype=bool)
    anchored[gold] = True
    votes = problem.matrix(np.where(anchored[table.item], _GOLD_WEIGHT, problem.confirmed))
    belief = (problem.shares if start is None else start).copy()
    belief[gold] = certain
    for _ in range(_ROUNDS):
        truths = _anchored_truth(belief, problem.shares, problem.voted, gold)
        counts = problem.counts(votes.T @ belief, truths)
        model = label_model(counts, audited=True)
        found = softmax(problem.against @ -model.against + np.log(model.prior))
        found[gold] = certain
        change = float(np.abs(found - belief)[problem.voted].max(initial=0.0))
        belief = found
        if change < _TOLERANCE:
            break
    return Fitted(model=label_model(counts, audited=len(gold) > 0), belief=belief)


class _Problem:
    """A table in the matrices that every round of the fit needs."""

    def __init__(self, table: VoteTable) -> None:
        self.table = table
        size = len(table.labels)
        self.pairs, self.pair_of_vote = pair_index(table)
        votes = np.bincount(table.item, minlength=len(table.items))
        share = np.bincount(table.item * size + table.label, minlength=len(table.items) * size)
        self.voted = votes > 0
        self.shares = (share.reshape(-1, size) + 1 / size) / (votes[:, None] + 1)
        self.weight, self.confirmed = _kinship(table)
        self.against = self.matrix(self.weight)

    def matrix(self, weight: Floats) -> csr_matrix:
        """Items x pairs, sparse, one entry per vote."""
        from scipy.sparse import csr_matrix

        shape = (len(self.table.items), len(self.pairs))
        return csr_matrix((weight, (self.table.item, self.pair_of_vote)), shape=shape)

    def counts(self, mass: Floats, truth: Floats) -> VoteCounts:
        size = len(self.table.labels)
        return VoteCounts(
            labels=self.table.labels,
            labelers=self.table.labelers,
            families=self.table.families,
            pair_labeler=self.pairs // size,
            pair_label=self.pairs % size,
            mass=mass,
            votes=np.bincount(self.pair_of_vote, minlength=len(self.pairs)).astype(float),
            truth=truth,
        )


def _kinship(table: VoteTable) -> tuple[Floats, Floats]:
    """Each vote's weight among its family's on the item, and how far other families spoke."""
    _, family = np.unique(np.array(table.families, dtype=object), return_inverse=True)
    families = int(family.max(initial=0)) + 1
    _, kin, size = np.unique(
        table.item * families + family[table.labeler], return_inverse=True, return_counts=True
    )
    weight = 1 / (1 + (size[kin] - 1) * _FAMILY_CORRELATION)
    of_family = np.bincount(kin, weight)
    of_item = np.bincount(table.item, weight)
    return weight, 1 - of_family[kin] / of_item[table.item]


def _anchored_truth(belief: Floats, shares: Floats, voted: NDArray[np.bool_], gold: Ints) -> Floats:
    """Items of each label: half by belief and half by vote share, so that no class is swallowed."""
    even = 1 / belief.shape[1]
    truth: Floats = (belief[voted].sum(axis=0) + shares[voted].sum(axis=0)) / 2 + even
    if not len(gold):
        return truth
    anchored = truth / truth.sum() * _ANCHOR + belief[gold].sum(axis=0)
    scaled: Floats = anchored * len(belief) / anchored.sum()
    return scaled
