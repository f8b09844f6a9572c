"""The first reconciler: votes weighted by each labeler's assumed accuracy, in log space.

A one-coin model (Dawid and Skene 1979 with one parameter a labeler): a labeler of accuracy `a`
names the true label with probability `a` and any other with `(1 - a) / (K - 1)`. The accuracies
are ops' assumptions until audits measure them, so every answer is marked uncalibrated and capped.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from deskquorum.domain import Answer, Question, Vote, VoteStatus

__all__ = ["UNCALIBRATED_CAP", "reconcile"]

from deskquorum.reconciliation.posterior import UNCALIBRATED_CAP  # noqa: E402

_FAMILY_CORRELATION = 0.7
"""Assumed correlation of errors within a family of labelers."""


def reconcile(question: Question, votes: Sequence[Vote], accuracies: Mapping[str, float]) -> Answer:
    """Turn the votes on one question into an answer; abstentions and failures count as missing.

    Args:
        question: The question asked; votes on other questions are ignored.
        votes: Votes in any order.
        accuracies: Labeler id to its assumed accuracy, 0..1.
    """
    cast = [v for v in votes if v.question == question.id and v.status is VoteStatus.CAST]
    if not cast:
        return Answer(
            question=question.id,
            label=None,
            probability=0.0,
            settled=False,
            calibrated=False,
            quorum_met=False,
        )
    posterior = _capped(_posterior(question, cast, accuracies))
    # Rounded, so that no long run of digits in a record looks like a card number.
    posterior = {label: round(p, 6) for label, p in posterior.items()}
    label, probability = max(posterior.items(), key=lambda pair: pair[1])
    agreeing = {v.family or v.labeler for v in cast if v.label == label}
    return Answer(
        question=question.id,
        label=label,
        probability=probability,
        settled=probability >= question.settle_at,
        calibrated=False,
        quorum_met=len(agreeing) >= question.quorum,
        distribution=posterior,
    )


def _posterior(
    question: Question, votes: Sequence[Vote], accuracies: Mapping[str, float]
) -> dict[str, float]:
    family_sizes = Counter(v.family or v.labeler for v in votes)
    scores = dict.fromkeys(question.labels, 0.0)
    # Sorted, so that the sum does not depend on the order in which votes came in.
    for vote in sorted(votes, key=lambda v: v.labeler):
        size = family_sizes[vote.family or vote.labeler]
        weight = 1 / (1 + (size - 1) * _FAMILY_CORRELATION)
        for label in scores:
            likelihood = _likelihood(vote, label, accuracies[vote.labeler], len(scores))
            scores[label] += weight * math.log(likelihood)
    top = max(scores.values())
    odds = {label: math.exp(score - top) for label, score in scores.items()}
    total = math.fsum(odds.values())
    return {label: value / total for label, value in odds.items()}


def _likelihood(vote: Vote, label: str, accuracy: float, classes: int) -> float:
    """Probability of this vote if `label` were true; a distribution counts by its mass."""
    miss = (1 - accuracy) / (classes - 1)
    mass = vote.distribution.get(label, 0.0) if vote.distribution else float(vote.label == label)
    return max(mass * accuracy + (1 - mass) * miss, 1e-9)


def _capped(posterior: Mapping[str, float]) -> dict[str, float]:
    label, top = max(posterior.items(), key=lambda pair: pair[1])
    if top <= UNCALIBRATED_CAP:
        return dict(posterior)
    rest = 1 - top
    others = len(posterior) - 1
    spread = 1 - UNCALIBRATED_CAP
    return {
        name: UNCALIBRATED_CAP
        if name == label
        else (spread * p / rest if rest > 0 else spread / others)
        for name, p in posterior.items()
    }
