"""Which labeler to ask next, and when no further vote is worth asking for.

One-step lookahead (the knowledge gradient of value-of-information sampling; Chen, Lin and Zhou 2015
for crowds): every vote a labeler may cast is predicted from its measured noise, the posterior after
it is computed by the very model that will reconcile it, and the labeler is asked whose vote is
expected to lower the cost of the decision most per unit of money. As votes of one family are
discounted, another family is preferred by itself.

The cost is the Gini impurity of the posterior, `1 - sum(p ** 2)`: the chance that two draws from
it differ. The plain chance of an error, or of not reaching a threshold, stays the same until one
vote alone can turn the answer, and so tells nobody apart early on.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from decimal import Decimal

import numpy as np

from deskquorum.reconciliation.label_model import (
    Floats,
    Ints,
    LabelModel,
    evidence_of_votes,
    model_scores,
)
from deskquorum.reconciliation.pool import Pool, pool_posterior
from deskquorum.reconciliation.posterior import capped, held_to_votes, softmax
from deskquorum.reconciliation.vote_table import VoteTable, family_of

__all__ = ["could_change", "next_labeler", "posterior_of"]

_TRIED = 256
"""Combinations of remaining votes up to which each is tried; beyond, they are bounded."""

_CLOSE = 1e-9
"""Margins this close count as a tie."""


def next_labeler(
    model: LabelModel | Pool,
    votes: Mapping[str, str | None],
    prices: Mapping[str, Decimal],
    *,
    threshold: float | None,
    families: Mapping[str, str] | None = None,
) -> str | None:
    """The labeler to ask next, or None where asking on is not worth while.

    Free labelers are asked first, in the order given. Then it stops where the answer is accepted,
    or where no votes that may still come could change what happens.

    Args:
        model: Fitted on earlier items.
        votes: Label by labeler asked so far; None where it abstained.
        prices: Price of asking each labeler; who voted already is passed over.
        threshold: Probability from which an answer is accepted, a person deciding below it; None
            where the likeliest label is what is used, however likely.
        families: Family of labelers that the model does not know; `family_of` puts the others.
    """
    left = {name: price for name, price in prices.items() if name not in votes}
    free = [name for name, price in left.items() if not price]
    if free:
        return free[0]
    item = _Item(model, votes, left, families or {})
    accepted = threshold is not None and float(item.posterior().max()) >= threshold
    if not left or accepted or not _could_change(item, threshold):
        return None
    drops = _expected_drops(item)
    return max(left, key=lambda name: drops[name] / float(left[name]))


def could_change(
    model: LabelModel | Pool,
    votes: Mapping[str, str | None],
    remaining: Collection[str],
    *,
    threshold: float | None,
    families: Mapping[str, str] | None = None,
) -> bool:
    """Whether votes of the remaining labelers could change what happens; never wrongly False.

    Below a threshold: whether any label could reach it. Above it: True, for a vote may always
    raise a doubt. Without one: whether another label could become the likeliest.

    Args:
        model: Fitted on earlier items.
        votes: Label by labeler asked so far; None where it abstained.
        remaining: Labelers that may still be asked; any of them may abstain.
        threshold: As in `next_labeler`.
        families: As in `next_labeler`.
    """
    left = [name for name in remaining if name not in votes]
    return bool(left) and _could_change(_Item(model, votes, left, families or {}), threshold)


def posterior_of(model: LabelModel | Pool, table: VoteTable) -> Floats:
    """Items x labels: what a fitted model says of a table coded like the model's own."""
    if isinstance(model, Pool):
        return pool_posterior(model, table)
    scores = model_scores(model, table, skeptical=_skeptical(model))
    return capped(softmax(held_to_votes(scores, _named(table))))


class _Item:
    """One item's votes so far, and tables of what it would be with more."""

    def __init__(
        self,
        model: LabelModel | Pool,
        votes: Mapping[str, str | None],
        left: Collection[str],
        families: Mapping[str, str],
    ) -> None:
        self.model = model
        self.noise = model.anchored if isinstance(model, Pool) else model
        counts = self.noise.counts
        cast = {name: label for name, label in votes.items() if label is not None}
        code = {name: n for n, name in enumerate(counts.labelers)}
        new = [name for name in (*cast, *left) if name not in code]
        code |= {name: n for n, name in enumerate(new, len(code))}
        label_code = {name: n for n, name in enumerate(counts.labels)}
        self.left = tuple(left)
        self.labels = counts.labels
        self.labelers = tuple(code)
        self.families = (*counts.families, *(families.get(n) or family_of(n) for n in new))
        self.asked = np.array([code[name] for name in self.left], dtype=np.int64)
        self.labeler = np.array([code[name] for name in cast], dtype=np.int64)
        self.label = np.array([label_code[name] for name in cast.values()], dtype=np.int64)

    def table(self, labeler: Ints, label: Ints) -> VoteTable:
        """The votes so far, each time with a row of more; a label of -1 is an abstention.

        Args:
            labeler: Cases x votes: codes of labelers.
            label: Cases x votes: codes of labels.
        """
        cases, now = len(labeler), (len(labeler), len(self.labeler))
        voter = np.hstack([np.broadcast_to(self.labeler, now), labeler])
        voted = np.hstack([np.broadcast_to(self.label, now), label])
        case = np.broadcast_to(np.arange(cases)[:, None], voted.shape)
        cast = voted >= 0
        return VoteTable(
            items=("",) * cases,
            labelers=self.labelers,
            labels=self.labels,
            families=self.families,
            item=case[cast],
            labeler=voter[cast],
            label=voted[cast],
        )

    def posterior(self) -> Floats:
        """Labels: with the votes so far."""
        none = np.empty((1, 0), dtype=np.int64)
        return posterior_of(self.model, self.table(none, none))[0]

    def single_votes(self) -> tuple[Ints, Ints]:
        """Every labeler left with every label, as two columns."""
        size = len(self.labels)
        return (
            np.repeat(self.asked, size)[:, None],
            np.tile(np.arange(size), len(self.asked))[:, None],
        )


def _expected_drops(item: _Item) -> dict[str, float]:
    """By how much each labeler's vote is expected to lower the cost."""
    now = item.posterior()
    after = posterior_of(item.model, item.table(*item.single_votes()))
    chance = np.einsum("c,jkc->jk", now, _vote_chances(item))
    drop = _cost(now[None, :]) - _cost(after).reshape(chance.shape)
    return dict(zip(item.left, (chance * drop).sum(axis=1).tolist(), strict=True))


def _cost(posterior: Floats) -> Floats:
    gini: Floats = 1 - (posterior**2).sum(axis=1)
    return gini


def _vote_chances(item: _Item) -> Floats:
    """Labelers left x voted x true: probability of the vote; what is missing to 1 abstains."""
    noise, size = item.noise, len(item.labels)
    labeler, label = item.single_votes()
    alone = VoteTable(
        items=("",) * len(label),
        labelers=item.labelers,
        labels=item.labels,
        families=item.families,
        item=np.arange(len(label)),
        labeler=labeler[:, 0],
        label=label[:, 0],
    )
    against = evidence_of_votes(noise, alone).reshape(-1, size, size)
    known = len(noise.counts.labelers)
    new = np.tile(noise.accuracy.mean(axis=0), (len(item.labelers) - known, 1))
    right = np.vstack([noise.accuracy, new])[item.asked]
    chance: Floats = right[:, :, None] * np.exp(-against)
    one_sided = np.r_[noise.one_sided, np.zeros(len(new), dtype=bool)][item.asked]
    # A labeler that knows one label abstains otherwise; it names no other.
    spoken = np.zeros((known + len(new), size), dtype=bool)
    spoken[noise.counts.pair_labeler, noise.counts.pair_label] = True
    chance = np.where(one_sided[:, None, None] & ~spoken[item.asked][:, :, None], 0.0, chance)
    total = chance.sum(axis=1, keepdims=True)
    return np.where(one_sided[:, None, None], chance, chance / total)


def _could_change(item: _Item, threshold: float | None) -> bool:
    size = len(item.labels)
    if isinstance(item.model, Pool) and not item.model.informative:
        return False
    now = item.posterior()
    if threshold is not None and float(now.max()) >= threshold:
        return True
    if (size + 1) ** len(item.left) <= _TRIED:
        highest = _tried(item)
    else:
        highest = _bounded(item)
    ...
