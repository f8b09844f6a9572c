"""Before anything is learned: votes weighted by the accuracy that ops assume of each labeler.

A one-coin model (Dawid and Skene 1979 with one parameter a labeler): a labeler of accuracy `a`
names the true label with probability `a` and any other with `(1 - a) / (K - 1)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from deskquorum.domain import Vote
from deskquorum.reconciliation.discount import discounted_scores
from deskquorum.reconciliation.posterior import capped, softmax

__all__ = ["assumed_odds", "assumed_posterior"]

_LEAST = 1e-9
"""No vote makes a label impossible."""


def assumed_posterior(
    labels: Sequence[str], votes: Sequence[Vote], accuracies: Mapping[str, float]
) -> NDArray[np.float64]:
    """Posterior over `labels` from votes that were cast, one at least; capped.

    Args:
        labels: Of the question.
        votes: In any order; a vote's distribution counts by its mass.
        accuracies: Labeler id to its assumed accuracy, 0..1.
    """
    cast = tuple(
        (
            vote.family or vote.labeler,
            str(vote.label),
            tuple(_likelihoods(labels, vote, accuracies[vote.labeler])),
        )
        for vote in votes
    )
    return _posterior(tuple(labels), cast)


@lru_cache(maxsize=4096)
def _posterior(
    labels: tuple[str, ...], cast: tuple[tuple[str, str, tuple[float, ...]], ...]
) -> NDArray[np.float64]:
    """Of family, label and likelihoods of each vote: tickets in a row are voted on alike."""
    place = {label: n for n, label in enumerate(labels)}
    families = {name: n for n, name in enumerate(sorted({family for family, _, _ in cast}))}
    logs = np.log([likelihoods for _, _, likelihoods in cast])
    named = np.array([place[label] for _, label, _ in cast])
    own = logs[np.arange(len(cast)), named]
    scores = discounted_scores(
        np.zeros(len(cast), dtype=np.int64),
        named,
        np.array([families[family] for family, _, _ in cast]),
        # INVARIANT: no vote counts against the label it names, however poor the labeler.
        np.maximum(own[:, None] - logs, 0.0),
        items=1,
        between=0.0,
    )
    posterior: NDArray[np.float64] = capped(softmax(scores))[0]
    posterior.setflags(write=False)
    return posterior


def assumed_odds(labels: Sequence[str], vote: Vote, accuracy: float) -> float:
    """How many times the vote multiplies the odds of its label against the others, on average."""
    likelihoods = dict(zip(labels, _likelihoods(labels, vote, accuracy), strict=True))
    own = likelihoods.pop(str(vote.label))
    return max(own * len(likelihoods) / sum(likelihoods.values()), 1.0)


def _likelihoods(labels: Sequence[str], vote: Vote, accuracy: float) -> list[float]:
    """Probability of this vote where each label is true."""
    miss = (1 - accuracy) / (len(labels) - 1)
    masses = vote.distribution or {str(vote.label): 1.0}
    return [
        max(masses.get(label, 0.0) * accuracy + (1 - masses.get(label, 0.0)) * miss, _LEAST)
        for label in labels
    ]
