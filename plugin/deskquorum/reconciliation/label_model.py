"""The label model: each labeler's noise, learned from votes alone or anchored on audited labels.

Dawid and Skene (1979), fitted by expectation maximisation, with a hierarchy of priors so that few
votes suffice: a labeler's confusion is drawn towards the pooled confusion shifted to the labeler's
own accuracy, the pooled confusion towards a one-coin, a family towards its mean (after BCC and
CommunityBCC, Venanzi et al. 2014). An abstention is missing, never evidence.

What differs from the textbook, and why:

- A vote counts as confirmed only so far as other families spoke on the item: prompts of one base
  model agree when they are wrong.
- The class prior stays half anchored on the vote shares: learned freely, it swallows rare classes.
- A labeler that knows one label only (a keyword rule) says something by speaking at all: its
  precision is learned instead of a confusion.
- No vote counts against the label it names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskquorum.reconciliation.counts import VoteCounts, places
from deskquorum.reconciliation.discount import discounted_scores
from deskquorum.reconciliation.posterior import held_to_votes, softmax
from deskquorum.reconciliation.vote_table import VoteTable, named_in

__all__ = [
    "ASSUMED_ACCURACY",
    "LabelModel",
    "assumed_model",
    "label_model",
    "model_scores",
    "vote_scores",
]

ASSUMED_ACCURACY = 0.7
"""Of a labeler of whom nothing is known yet."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Prior strengths, in votes; fixed before any benchmark and the same for every table.
_POOLED = 20.0
_ONE_COIN = 10.0
_ACCURACY = 4.0
_CONFUSION = 10.0
_PRECISION = 25.0

_LEAST = 1e-6
"""No label is impossible."""

_ONE_SIDED = 3e-3
"""A labeler is one-sided when it naming one label only is less likely than this by chance."""

_SKEPTICISM = 2.0
"""With this many families of labelers, what they agree on is believed by half."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelModel:
    """Measured noise of every labeler, as evidence per vote."""

    counts: VoteCounts
    prior: Floats
    """Labels: class prior; sums to 1."""
    accuracy: Floats
    """Labelers x labels: probability that the labeler names the label where it is true."""
    against: Floats
    """Pairs x labels: what the vote takes from each label's log-odds; 0 for its own label."""
    one_sided: NDArray[np.bool_]
    """Labelers: whether it only ever names one label, more than chance explains."""
    skeptical: bool
    """Whether agreement is all that it rests on; it is then believed by half, or less."""


def label_model(counts: VoteCounts, *, audited: bool) -> LabelModel:
    """The model that counts speak for: one maximisation step, also after streamed updates.

    Args:
        counts: Sufficient statistics.
        audited: Whether truth was audited for some; else members of a family share its mean.
    """
    truth = np.maximum(counts.truth, _LEAST * counts.truth.sum())
    prior = truth / truth.sum()
    pooled, coin = _pooled(counts)
    by_truth = _summed(counts.mass, counts.pair_labeler, len(counts.labelers))
    accuracy = _accuracies(counts, by_truth, pooled, coin)
    rows = _confusion_rows(counts, by_truth, accuracy, pooled)
    one_sided = _one_sided(counts)
    precise = one_sided[counts.pair_labeler]
    rows[precise] = _precision_rows(counts, precise, prior, coin)
    log = np.log(rows)
    own = log[np.arange(len(rows)), counts.pair_label][:, None]
    # INVARIANT: no vote counts against the label it names.
    against = np.maximum(own - log, 0.0)
    return LabelModel(
        counts=counts,
        prior=prior,
        accuracy=accuracy,
        against=against if audited else _family_means(counts, against),
        one_sided=one_sided,
        skeptical=not audited,
    )


def assumed_model(table: VoteTable) -> LabelModel:
    """The model of labelers of whom nothing is known: every vote weighs the same."""
    size = len(table.labels)
    pairs = np.unique(table.labeler * size + table.label)
    nothing = VoteCounts(
        labels=table.labels,
        labelers=table.labelers,
        families=table.families,
        pair_labeler=pairs // size,
        pair_label=pairs % size,
        mass=np.zeros((len(pairs), size)),
        votes=np.zeros(len(pairs)),
        truth=np.ones(size),
    )
    return label_model(nothing, audited=True)


def model_posterior(model: LabelModel, table: VoteTable) -> Floats:
    """Items x labels: posterior, not capped; no label beats those that somebody named."""
    return softmax(held_to_votes(model_scores(model, table), named_in(table)))


def model_scores(model: LabelModel, table: VoteTable) -> Floats:
    """Log-posterior up to a constant (items x labels) of a table coded like the model's counts.

    Pairs and labelers that the model never saw count by the pooled accuracy.
    """
    return vote_scores(model, table) + _belief(model) * np.log(model.prior)


def vote_scores(model: LabelModel, table: VoteTable) -> Floats:
    """What the votes alone say, the class prior left out; else like `model_scores`."""
    families, family = np.unique(np.array(table.families, dtype=object), return_inverse=True)
    against, belief = evidence_of_votes(model, table), _belief(model)
    # That labelers name one of many labels is more than chance; only the rest is doubted.
    chance = np.log(max(len(table.labels) - 1, 1))
    against = belief * against + (1 - belief) * np.minimum(against, chance)
    return discounted_scores(
        table.item,
        table.label,
        family[table.labeler] if len(families) else table.labeler,
        against,
        items=len(table.items),
        alike=model.skeptical,
    )


def _belief(model: LabelModel) -> float:
    """How far the model is believed: wholly after audits, else by how many families agree."""
    if not model.skeptical:
        return 1.0
    families = len(set(model.counts.families))
    return families / (families + _SKEPTICISM)


def evidence_of_votes(model: LabelModel, table: VoteTable) -> Floats:
    """Votes x labels: what each vote takes from each label."""
    counts = model.counts
    size = len(counts.labels)
    known = {name: n for n, name in enumerate(counts.labelers)}
    to_known = np.array([known.get(name, -1) for name in table.labelers], dtype=np.int64)
    labeler = to_known[table.labeler] if len(table.item) else table.labeler
    code = labeler * size + table.label
    pairs = counts.pair_labeler * size + counts.pair_label
    row, found = places(pairs, code)
    evidence: Floats = model.against[row]
    if not found.all():
        strange = ~found
        evidence[strange] = _unseen(model, labeler[strange], table.label[strange])
    return evidence


def _pooled(counts: VoteCounts) -> tuple[Floats, float]:
    """Everybody's confusion (true x voted), and its one-coin accuracy."""
    size = len(counts.labels)
    table = np.zeros((size, size))
    np.add.at(table.T, counts.pair_label, counts.mass)
    coin = (np.trace(table) + _ONE_COIN * ASSUMED_ACCURACY) / (table.sum() + _ONE_COIN)
    base = np.where(np.eye(size, dtype=bool), coin, (1 - coin) / max(size - 1, 1))
    pooled = (table + _POOLED * base) / (table.sum(axis=1, keepdims=True) + _POOLED)
    return pooled, float(coin)


def _summed(rows: Floats, group: Ints, groups: int) -> Floats:
    total = np.zeros((groups, rows.shape[1]))
    np.add.at(total, group, rows)
    return total


def _accuracies(counts: VoteCounts, by_truth: Floats, pooled: Floats, coin: float) -> Floats:
    """Labelers x labels: the pooled accuracy shifted, in log-odds, to the labeler's own."""
    own = counts.mass[np.arange(len(counts.mass)), counts.pair_label]
    hits = np.bincount(counts.pair_labeler, own, len(counts.labelers))
    votes = by_truth.sum(axis=1)
    expected = by_truth @ np.diag(pooled)
    shift = _logit((hits + _ACCURACY * coin) / (votes + _ACCURACY)) - _logit(
        (expected + _ACCURACY * coin) / (votes + _ACCURACY)
    )
    return _expit(_logit(np.diag(pooled))[None, :] + shift[:, None])


def _confusion_rows(
    counts: VoteCounts, by_truth: Floats, accuracy: Floats, pooled: Floats
) -> Floats:
    """Pairs x labels: probability of the vote where each label is true."""
    labeler, label = counts.pair_labeler, counts.pair_label
    rows = np.arange(len(label))
    expected = (1 - accuracy[labeler]) * _misses(pooled)[:, label].T
    expected[rows, label] = accuracy[labeler, label]
    found: Floats = (counts.mass + _CONFUSION * expected) / (by_truth[labeler] + _CONFUSION)
    return found


def _misses(pooled: Floats) -> Floats:
    """True x voted: where a wrong vote goes; rows sum to 1."""
    off = np.where(np.eye(len(pooled), dtype=bool), 0.0, pooled)
    total = off.sum(axis=1, keepdims=True)
    return off / np.where(total > 0, total, 1.0)


def _one_sided(counts: VoteCounts) -> NDArray[np.bool_]:
    votes = counts.votes
    per_label = np.bincount(counts.pair_label, votes, len(counts.labels))
    share = per_label / max(float(per_label.sum()), 1e-12)
    labeler = counts.pair_labeler
    alone = np.bincount(labeler, minlength=len(counts.labelers)) == 1
    by_chance = np.ones(len(counts.labelers))
    by_chance[labeler] = share[counts.pair_label] ** votes
    one_sided: NDArray[np.bool_] = alone & (by_chance < _ONE_SIDED)
    return one_sided


def _precision_rows(
    counts: VoteCounts, precise: NDArray[np.bool_], prior: Floats, coin: float
) -> Floats:
    """Evidence of labelers that know one label: precision against the prior."""
    label, mass = counts.pair_label[precise], counts.mass[precise]
    rows = np.arange(len(label))
    expected = (1 - coin) * prior[None, :] / (1 - prior[label])[:, None]
    expected[rows, label] = coin
    votes = mass.sum(axis=1, keepdims=True)
    found: Floats = (mass + _PRECISION * expected) / (votes + _PRECISION) / prior[None, :]
    return found


def _family_means(counts: VoteCounts, against: Floats) -> Floats:
    """Members of a family share its mean evidence: their agreement tells nobody apart."""
    _, family, members = np.unique(
        np.array(counts.families, dtype=object), return_inverse=True, return_counts=True
    )
    code = family[counts.pair_labeler] * len(counts.labels) + counts.pair_label
    _, kin, kin_size = np.unique(code, return_inverse=True, return_counts=True)
    # One number for all other labels: else a split family could be swayed against its majority.
    others = max(len(counts.labels) - 1, 1)
    mean = np.bincount(kin, against.sum(axis=1) / others)[kin] / kin_size[kin]
    uniform = np.repeat(mean[:, None], len(counts.labels), axis=1)
    uniform[np.arange(len(kin)), counts.pair_label] = 0.0
    shared = members[family[counts.pair_labeler]][:, None] > 1
    return np.where(shared, uniform, against)


def _unseen(model: LabelModel, labeler: Ints, label: Ints) -> Floats:
    """Evidence of votes never counted: by each labeler's accuracy, or the pooled one where -1."""
    pooled, _ = _pooled(model.counts)
    accuracies = np.vstack([model.accuracy, np.diag(pooled)])
    own = accuracies[labeler]
    rows = (1 - own) * _misses(pooled)[:, label].T
    votes = np.arange(len(label))
    rows[votes, label] = own[votes, label]
    log = np.log(np.maximum(rows, 1e-9))
    against: Floats = np.maximum(log[votes, label][:, None] - log, 0.0)
    return against


def _logit(p: Floats) -> Floats:
    p = np.clip(p, 1e-4, 1 - 1e-4)
    odds: Floats = np.log(p / (1 - p))
    return odds


def _expit(odds: Floats) -> Floats:
    p: Floats = 1 / (1 + np.exp(-odds))
    return p
