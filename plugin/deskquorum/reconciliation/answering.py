"""One ticket: the votes on a question to its answer, with what each vote counted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from deskquorum.domain import Answer, Question, Vote, VoteStatus, Weight
from deskquorum.reconciliation.learned import QuestionModel, item_posteriors
from deskquorum.reconciliation.weighted import assumed_odds, assumed_posterior

__all__ = ["contradicted", "reconcile"]


def reconcile(
    question: Question,
    votes: Sequence[Vote],
    accuracies: Mapping[str, float],
    learned: QuestionModel | None = None,
) -> Answer:
    """Turn the votes on one question into an answer; abstentions and failures count as missing.

    Args:
        question: The question asked; votes on other questions are ignored.
        votes: Votes in any order.
        accuracies: Labeler id to its assumed accuracy, 0..1.
        learned: What was measured of the labelers; without it the accuracies are used. With it,
            votes of fallback models count for nothing.
    """
    cast = [v for v in votes if v.question == question.id and v.status is VoteStatus.CAST]
    if learned is not None:
        # INVARIANT: what was measured of a labeler gives no weight to a model that stands in.
        cast = [vote for vote in cast if vote.stand_in is None]
    if not cast:
        return _answer(question, None, 0.0, calibrated=False)
    # Sorted, so that no sum depends on the order in which votes came in.
    cast.sort(key=lambda vote: vote.labeler)
    labels = tuple(question.labels)
    if learned is None:
        posterior = assumed_posterior(labels, cast, accuracies)
        weights = [_assumed(labels, vote, accuracies[vote.labeler]) for vote in cast]
    else:
        order = [learned.counts.labels.index(label) for label in labels]
        posterior, weights = _measured(learned, cast)
        posterior = posterior[order]
    # Rounded, so that no long run of digits in a record looks like a card number.
    distribution = {label: round(float(p), 6) for label, p in zip(labels, posterior, strict=True)}
    label = max(distribution, key=lambda name: (distribution[name], _named(name, cast)))
    known = None if learned is None else set(learned.counts.labelers)
    agreeing = {
        v.family or v.labeler
        for v in cast
        if v.label == label and (known is None or v.labeler in known)
    }
    probability = distribution[label]
    # INVARIANT: a label that nobody measured has named is never settled, however usual it is.
    tells = bool(agreeing) and (learned is None or learned.tells_apart)
    return _answer(
        question,
        label,
        probability,
        calibrated=learned is not None and learned.calibrated,
        settled=tells and probability >= question.settle_at,
        quorum_met=len(agreeing) >= question.quorum,
        distribution=distribution,
        weights=tuple(weights),
    )


def contradicted(votes: Sequence[Vote]) -> bool | None:
    """Whether families of labelers named different labels; None where fewer than two voted.

    Models that stood in for others are left out: they are not whom anybody measured.
    """
    cast = [v for v in votes if v.status is VoteStatus.CAST and v.stand_in is None]
    if len({vote.family or vote.labeler for vote in cast}) < 2:  # noqa: PLR2004 - two to differ
        return None
    return len({vote.label for vote in cast}) > 1


def most_named(votes: Sequence[Vote]) -> str | None:
    """The label that most of one question's labelers name; None where two are named as often."""
    named = Counter(v.label for v in votes if v.status is VoteStatus.CAST and v.stand_in is None)
    ranked = [*named.most_common(2), (None, 0), (None, 0)]
    return None if ranked[0][1] == ranked[1][1] else ranked[0][0]


def _answer(
    question: Question,
    label: str | None,
    probability: float,
    *,
    calibrated: bool,
    settled: bool = False,
    quorum_met: bool = False,
    distribution: Mapping[str, float] | None = None,
    weights: tuple[Weight, ...] = (),
) -> Answer:
    return Answer(
        question=question.id,
        label=label,
        probability=probability,
        settled=settled,
        calibrated=calibrated,
        quorum_met=quorum_met,
        distribution=distribution or {},
        weights=weights,
    )


def _named(label: str, votes: Sequence[Vote]) -> int:
    """Votes for a label, which decide between labels that are equally likely."""
    return sum(vote.label == label for vote in votes)


def _assumed(labels: Sequence[str], vote: Vote, accuracy: float) -> Weight:
    odds = round(assumed_odds(labels, vote, accuracy), 2)
    return Weight(labeler=vote.labeler, odds=odds, assumed=accuracy)


def _measured(
    learned: QuestionModel, votes: Sequence[Vote]
) -> tuple[NDArray[np.float64], list[Weight]]:
    """The posterior, and each vote's weight by what it would do alone."""
    together = {vote.labeler: str(vote.label) for vote in votes}
    alone = [{vote.labeler: str(vote.label)} for vote in votes]
    posterior, nothing, *single = item_posteriors(learned.model, [together, {}, *alone])
    weights = []
    for vote, found in zip(votes, single, strict=True):
        place = learned.counts.labels.index(str(vote.label))
        right, of = learned.rights.get(vote.labeler, (0, 0))
        odds = round(_odds(found[place]) / _odds(nothing[place]), 2)
        weights.append(Weight(labeler=vote.labeler, odds=odds, right=right, of=of))
    return posterior, weights


def _odds(probability: float) -> float:
    clipped = min(max(float(probability), 1e-9), 1 - 1e-9)
    return clipped / (1 - clipped)
