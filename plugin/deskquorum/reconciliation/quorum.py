"""Which labeler to ask next, and when no further vote is worth asking for.

One-step lookahead (expected value of information; for crowds Chen, Lin and Zhou 2015): every vote
that a labeler may cast is predicted from its measured noise, the posterior after it is computed by
the model that will reconcile it, and the labeler is asked whose vote is expected to lower the cost
of the decision most per unit of money. Votes of one family are discounted, so another family is
preferred by itself.

The cost is `1 - sum(p ** 2)`, the chance that two draws from the posterior differ. The plain chance
of an error, or of staying below a threshold, would not move until one vote alone can turn the
answer, and so would tell nobody apart early on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from deskquorum.reconciliation.label_model import (
    Floats,
    Ints,
    LabelModel,
    evidence_of_votes,
    model_scores,
    vote_scores,
)
from deskquorum.reconciliation.pool import Pool, Regression, posterior_of
from deskquorum.reconciliation.vote_table import VoteTable, family_of

__all__ = ["could_change", "next_labeler"]

_TRIED = 256
"""Combinations of remaining votes up to which each is tried; beyond, they are bounded together."""

_TIE = 1e-9
"""Margins and probabilities this close count as equal."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Item:
    """One item's votes so far and the labelers left, in a model's codes."""

    model: LabelModel | Pool
    noise: LabelModel
    """What each labeler's votes are predicted from."""
    labelers: tuple[str, ...]
    """The model's, then those it does not know."""
    families: tuple[str, ...]
    left: tuple[str, ...]
    left_codes: Ints
    labeler: Ints
    """One per vote so far: code of the labeler."""
    label: Ints
    """One per vote so far: code of the label."""


def next_labeler(
    model: LabelModel | Pool,
    votes: Mapping[str, str | None],
    prices: Mapping[str, Decimal],
    *,
    threshold: float | None,
    enough: float | None = None,
    families: Mapping[str, str] | None = None,
) -> str | None:
    """The labeler to ask next, or None where asking on is not worth while.

    Free labelers are asked first, in the order given. Then it stops where the answer is sure
    enough, and where no votes that may still come could change what happens.

    Args:
        model: Fitted on earlier items.
        votes: Label by labeler asked so far; None where it abstained.
        prices: Price of asking each labeler; who was asked already is passed over.
        threshold: Probability from which an answer is accepted, a person deciding below it; None
            where the likeliest label is what is used, however likely. Where the model is not
            calibrated it is held against the probability before its cap.
        enough: Probability from which no more is asked; the threshold by default. Where it is
            higher, asking goes on while an answer accepted so far may still be doubted, and fewer
            accepted answers are wrong.
        families: Family of labelers that the model does not know; `family_of` puts the others.

    Raises:
        ValueError: A vote names a label that the model does not know.
    """
    left = {name: price for name, price in prices.items() if name not in votes}
    free = [name for name, price in left.items() if not price]
    if free:
        return free[0]
    item = _item(model, votes, left, families)
    if not left or not _told_by_votes(model):
        return None
    after = _after_some(item)
    stop_at = threshold if enough is None else enough
    sure = stop_at is not None and after[0].max() >= stop_at
    if sure or not _could_change(item, after, threshold):
        return None
    drops = _expected_drops(item, after)
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

    What happens is that the likeliest label is accepted, or with a threshold above its probability
    that a person decides. Few remaining votes are tried in every combination; many are bounded,
    so that True may then be too careful.

    Args:
        model: Fitted on earlier items.
        votes: Label by labeler asked so far; None where it abstained.
        remaining: Labelers that may still be asked; any of them may abstain.
        threshold: As in `next_labeler`.
        families: As in `next_labeler`.

    Raises:
        ValueError: A vote names a label that the model does not know.
    """
    item = _item(model, votes, [name for name in remaining if name not in votes], families)
    if not item.left or not _told_by_votes(model):
        return False
    return _could_change(item, _after_some(item), threshold)


def _item(
    model: LabelModel | Pool,
    votes: Mapping[str, str | None],
    left: Collection[str],
    families: Mapping[str, str] | None,
) -> _Item:
    noise = model.anchored if isinstance(model, Pool) else model
    counts, known = noise.counts, families or {}
    cast = {name: label for name, label in votes.items() if label is not None}
    strange = sorted(set(cast.values()) - set(counts.labels))
    if strange:
        raise ValueError(f"label {strange[0]!r} is not known to the model; fit it with that label")
    code = {name: n for n, name in enumerate(counts.labelers)}
    new = [name for name in (*cast, *left) if name not in code]
    code |= {name: n for n, name in enumerate(new, len(code))}
    return _Item(
        model=model,
        noise=noise,
        labelers=tuple(code),
        families=(*counts.families, *(known.get(name) or family_of(name) for name in new)),
        left=tuple(left),
        left_codes=np.array([code[name] for name in left], dtype=np.int64),
        labeler=np.array([code[name] for name in cast], dtype=np.int64),
        label=np.array([counts.labels.index(label) for label in cast.values()], dtype=np.int64),
    )


def _table(item: _Item, votes: Ints) -> VoteTable:
    """The item once a row of votes (rows x labelers left; -1 abstains), besides those so far."""
    voted = np.hstack([np.broadcast_to(item.label, (len(votes), len(item.label))), votes])
    row, column = np.nonzero(voted >= 0)
    return VoteTable(
        items=("",) * len(votes),
        labelers=item.labelers,
        labels=item.noise.counts.labels,
        families=item.families,
        item=row,
        labeler=np.r_[item.labeler, item.left_codes][column],
        label=voted[row, column],
    )


def _after_some(item: _Item) -> Floats:
    """Posterior (rows x labels) now, with each vote left, with all left for each label."""
    singles, at_once = _single_votes(item), _at_once(item)
    rows = len(singles) + len(at_once)
    votes = np.full((1 + rows, len(item.left)), -1)
    votes[1:] = np.vstack([singles, at_once])
    return posterior_of(item.model, _table(item, votes))


def _single_votes(item: _Item) -> Ints:
    """Every label from every labeler left, labeler by labeler; one vote a row."""
    size, left = len(item.noise.counts.labels), len(item.left)
    votes = np.full((left, size, left), -1)
    votes[np.arange(left), :, np.arange(left)] = np.arange(size)
    return votes.reshape(-1, left)


def _at_once(item: _Item) -> Ints:
    """Every label from all labelers left; a row for each label."""
    return np.repeat(np.arange(len(item.noise.counts.labels))[:, None], len(item.left), axis=1)


def _alone(item: _Item) -> VoteTable:
    none = np.empty(0, dtype=np.int64)
    return _table(replace(item, labeler=none, label=none), _single_votes(item))


def _expected_drops(item: _Item, after: Floats) -> dict[str, float]:
    """By how much each labeler's vote is expected to lower the cost."""
    cost = 1 - (after**2).sum(axis=1)
    chance = _vote_chances(item) @ after[0]
    drop = cost[0] - cost[1 : 1 + chance.size].reshape(chance.shape)
    return dict(zip(item.left, (chance * drop).sum(axis=1).tolist(), strict=True))


def _vote_chances(item: _Item) -> Floats:
    """Labelers left x voted x true: probability of the vote; what lacks to 1 abstains."""
    noise, size = item.noise, len(item.noise.counts.labels)
    against = evidence_of_votes(noise, _alone(item)).reshape(-1, size, size)
    new = len(item.labelers) - len(noise.accuracy)
    right = np.vstack([noise.accuracy, np.tile(noise.accuracy.mean(axis=0), (new, 1))])
    chance = right[item.left_codes][:, :, None] * np.exp(-against)
    # A labeler that knows one label abstains where another names another.
    one_sided = np.r_[noise.one_sided, np.zeros(new, dtype=bool)][item.left_codes, None, None]
    named = np.zeros((len(item.labelers), size, 1), dtype=bool)
    named[noise.counts.pair_labeler, noise.counts.pair_label] = True
    spoken = np.where(named[item.left_codes], chance, 0.0)
    found: Floats = np.where(one_sided, spoken, chance / chance.sum(axis=1, keepdims=True))
    return found


def _told_by_votes(model: LabelModel | Pool) -> bool:
    return isinstance(model, LabelModel) or model.informative


def _could_change(item: _Item, after: Floats, threshold: float | None) -> bool:
    outcome = _outcome(after, threshold)
    if (outcome[1:] != outcome[0]).any():
        return True
    if (after.shape[1] + 1) ** len(item.left) > _TRIED:
        return _not_bounded(item, after[0], threshold)
    every = np.indices((after.shape[1] + 1,) * len(item.left)) - 1
    votes = every.reshape(len(item.left), -1).T
    return bool(
        (_outcome(posterior_of(item.model, _table(item, votes)), threshold) != outcome[0]).any()
    )


def _outcome(posterior: Floats, threshold: float | None) -> Ints:
    """Rows: the likeliest label, or -1 where it stays below the threshold."""
    least = 0.0 if threshold is None else threshold
    return np.where(posterior.max(axis=1) >= least, posterior.argmax(axis=1), -1)


def _not_bounded(item: _Item, now: Floats, threshold: float | None) -> bool:
    """Whether bounds on the margins leave room for another outcome."""
    top = int(now.argmax())
    margins = _highest_margins(item)
    overtaken = bool((np.delete(margins[:, top], top) >= -_TIE).any())
    if threshold is None:
        return overtaken
    if now[top] < threshold:
        highest = 1 / np.exp(-margins).sum(axis=1)
        return bool(highest.max() >= threshold - _TIE)
    lowest = 1 / np.exp(margins[:, top]).sum()
    return overtaken or float(lowest) < threshold + _TIE


def _highest_margins(item: _Item) -> Floats:
    """Labels x labels: the most that one's log-probability may come to lie above another's."""
    if isinstance(item.model, LabelModel):
        model, now = item.model, _table(item, _nobody(item))
        prior = model_scores(model, now) - vote_scores(model, now)
        return _held(item, _margins(prior[0]) + _vote_margins(item, model))
    pool = item.model
    nothing = np.zeros((len(pool.prior), len(pool.prior)))
    opinions = [
        _margins(np.log(pool.prior)),
        _share_margins(item),
        _vote_margins(item, pool.agreement),
        _vote_margins(item, pool.anchored),
        nothing if pool.regression is None else _regression_margins(item, pool.regression),
    ]
    return _held(item, np.tensordot(pool.exponents, np.stack(opinions), 1))


def _margins(scores: Floats) -> Floats:
    margins: Floats = scores[:, None] - scores[None, :]
    return margins


def _held(item: _Item, margins: Floats) -> Floats:
    """A label nobody named so far may be held down to the best that somebody named."""
    named = np.isin(np.arange(len(margins)), item.label)
    return np.where(named[None, :], margins, np.maximum(margins, 0.0))


def _vote_margins(item: _Item, model: LabelModel) -> Floats:
    """Bounds how far votes may sink each label, in two ways; labels rise by others sinking.

    Votes for one label add up by themselves (`discounted_scores`), and the more the deeper: so all
    remaining votes for each label at once sink deepest. And no vote sinks deeper among others than
    alone: so each at its worst, without discount, sinks deeper too. Where members of a family are
    shares of one voice, what it said so far may lose all its weight, and only the second holds.
    """
    size, left = len(model.counts.labels), len(item.left)
    rows = np.vstack([_nobody(item), _at_once(item)])
    scores = vote_scores(model, _table(item, rows))
    alone = -vote_scores(model, _alone(item))
    sinks = alone.reshape(left, size, size).max(axis=1).sum(axis=0)
    highest = np.zeros(size)
    if not (model.skeptical and _kin(item)):
        highest = scores[0]
        sinks = np.minimum(sinks, (scores[0] - scores[1:]).sum(axis=0))
    margins: Floats = highest[:, None] - (scores[0] - sinks)[None, :]
    return np.where(np.eye(size), 0.0, margins)


def _kin(item: _Item) -> bool:
    """Whether two who voted or may vote are of one family."""
    families = [item.families[code] for code in (*item.labeler, *item.left_codes)]
    return len(set(families)) < len(families)


def _nobody(item: _Item) -> Ints:
    """The row in which no labeler left votes."""
    return np.full((1, len(item.left)), -1)


def _share_margins(item: _Item) -> Floats:
    size = len(item.noise.counts.labels)
    votes = np.bincount(item.label, minlength=size) + 1 / size
    margins: Floats = np.log((votes[:, None] + len(item.left)) / votes[None, :])
    return np.where(np.eye(size), 0.0, margins)


def _regression_margins(item: _Item, regression: Regression) -> Floats:
    size = len(item.noise.counts.labels)
    coefficient = np.zeros((len(item.labelers) * size, size))
    coefficient[regression.pairs] = regression.coefficient
    now = regression.intercept + coefficient[item.labeler * size + item.label].sum(axis=0)
    votes = coefficient.reshape(-1, size, size)[item.left_codes]
    rise = (votes[:, :, :, None] - votes[:, :, None, :]).max(axis=1)
    margins: Floats = _margins(now) + np.maximum(rise, 0.0).sum(axis=0)
    return margins
