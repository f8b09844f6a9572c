"""With audited labels: a log-linear pool that decides how far to trust what.

The pool (Genest and Zidek 1986) multiplies powers of five opinions: the class prior, the vote
shares, what votes say by the label model fitted on agreement alone, what they say by the one
anchored on the audited labels, and a ridge logistic regression on the votes. The powers are never
negative, so no opinion is turned around; they are fitted by log-loss on folds that the opinions
were not fitted on (stacking, Wolpert 1992), and drawn towards half the prior and half the anchored
model.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deskquorum.reconciliation.counts import pair_index, places
from deskquorum.reconciliation.fitting import Fitted, fit_label_model
from deskquorum.reconciliation.label_model import (
    Floats,
    Ints,
    LabelModel,
    model_posterior,
    vote_scores,
)
from deskquorum.reconciliation.posterior import held_to_votes, log_softmax, softmax
from deskquorum.reconciliation.vote_table import VoteTable, named_in, part_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["OPINIONS", "Pool", "Pooled", "Regression", "fit_pool", "pool_posterior", "posterior_of"]

OPINIONS = ("prior", "shares", "agreement", "anchored", "regression")
"""What is pooled, in the order of the exponents."""

_DRAWN_TO = np.array([0.5, 0.0, 0.0, 0.5, 0.0])
_STRENGTH = 2.0
"""Of the draw, in audited items."""

_FOLDS = 5
_PRIOR_ITEMS = 5.0
"""Items, spread evenly over the labels, that the class prior starts from."""

_RIDGE = 0.1
"""Inverse strength of the regression's penalty."""

_LARGEST_REGRESSION = 30_000
"""Coefficients; with more labelers and labels the regression is left out."""

_BETTER_THAN_CHANCE = 4.0
"""Likelihood-ratio statistic below which the votes tell no more than the prior (chi squared with
one degree of freedom, one-sided: 2.3%)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regression:
    """Ridge logistic regression on one-hot votes."""

    intercept: Floats
    """Labels."""
    pairs: Ints
    """Codes `labeler * labels + label`, ascending, of the pairs that have coefficients."""
    coefficient: Floats
    """Pairs x labels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Fitted on audited labels."""

    exponents: Floats
    """One per opinion of `OPINIONS`."""
    prior: Floats
    """Labels: by the audited items; sums to 1."""
    agreement: LabelModel
    anchored: LabelModel
    regression: Regression | None
    audited: int
    """Audited items that it was fitted on."""
    informative: bool
    """False where the votes tell no more than the prior does; the prior is then the answer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pooled:
    """A fitted pool and what it would have said of its audited items without having seen them."""

    pool: Pool
    out_of_fold: Floats
    """Audited items x labels."""


def fit_pool(table: VoteTable, agreement: Fitted, gold: Ints, truth: Ints) -> Pooled:
    """Fit on audited items; deterministic, whatever the order of votes and items.

    Args:
        table: All votes, audited items included.
        agreement: The label model fitted without audited labels.
        gold: Indices of audited items, `_FOLDS` of them at least.
        truth: Index of the audited label of each.
    """
    fold = _folds([table.items[n] for n in gold])
    audited = part_of(table, gold)
    opinions = np.zeros((len(OPINIONS), len(gold), len(table.labels)))
    for held in range(_FOLDS):
        rest = fold != held
        part = _fit_parts(table, agreement, gold[rest], truth[rest])
        opinions[:, ~rest] = _opinions(part, audited)[:, ~rest]
    parts = _fit_parts(table, agreement, gold, truth)
    pool = Pool(
        exponents=_exponents(opinions, truth),
        prior=parts.prior,
        agreement=parts.agreement,
        anchored=parts.anchored,
        regression=parts.regression,
        audited=len(gold),
        informative=_informative(opinions, truth),
    )
    if not pool.informative:
        return Pooled(pool=pool, out_of_fold=np.tile(pool.prior, (len(gold), 1)))
    scores = np.zeros(opinions.shape[1:])
    for held in range(_FOLDS):
        rest = fold != held
        scores[~rest] = np.tensordot(
            _exponents(opinions[:, rest], truth[rest]), opinions[:, ~rest], 1
        )
    return Pooled(pool=pool, out_of_fold=softmax(held_to_votes(scores, named_in(audited))))


def pool_posterior(pool: Pool, table: VoteTable) -> Floats:
    """Items x labels: calibrated posterior of a table coded like the pool's own."""
    if not pool.informative:
        return np.tile(pool.prior, (len(table.items), 1))
    scores = np.tensordot(pool.exponents, _opinions(pool, table), 1)
    return softmax(held_to_votes(scores, named_in(table)))


def posterior_of(model: LabelModel | Pool, table: VoteTable) -> Floats:
    """Items x labels: what either kind of model makes of a table; not capped."""
    return (
        pool_posterior(model, table) if isinstance(model, Pool) else model_posterior(model, table)
    )


def _fit_parts(table: VoteTable, agreement: Fitted, gold: Ints, truth: Ints) -> Pool:
    size = len(table.labels)
    found = np.bincount(truth, minlength=size) + _PRIOR_ITEMS / size
    anchored = fit_label_model(table, gold=gold, truth=truth, start=agreement.belief)
    return Pool(
        exponents=_DRAWN_TO,
        prior=found / found.sum(),
        agreement=agreement.model,
        anchored=anchored.model,
        regression=_fit_regression(table, gold, truth),
        audited=len(gold),
        informative=True,
    )


def _opinions(pool: Pool, table: VoteTable) -> Floats:
    """Opinions x items x labels, as log-probabilities."""
    size = len(table.labels)
    shape = (len(table.items), size)
    votes = np.bincount(table.item * size + table.label, minlength=shape[0] * size).reshape(shape)
    prior = np.broadcast_to(np.log(pool.prior), shape)
    regression = prior if pool.regression is None else _regression_scores(pool.regression, table)
    return np.stack(
        [
            prior,
            log_softmax(np.log(votes + 1 / size)),
            log_softmax(vote_scores(pool.agreement, table)),
            log_softmax(vote_scores(pool.anchored, table)),
            log_softmax(regression),
        ]
    )


def _folds(items: Sequence[str]) -> Ints:
    """A fold per item, by its name: the same whatever the order."""
    digests = [hashlib.sha256(item.encode()).hexdigest() for item in items]
    fold = np.empty(len(items), dtype=np.int64)
    fold[np.argsort(digests)] = np.arange(len(items)) % _FOLDS
    return fold


def _exponents(opinions: Floats, truth: Ints) -> Floats:
    """Non-negative exponents of least log-loss, drawn towards `_DRAWN_TO`."""
    from scipy.optimize import minimize

    items = np.arange(len(truth))
    right = opinions[:, items, truth]

    def loss(exponents: Floats) -> tuple[float, Floats]:
        scores = log_softmax(np.tensordot(exponents, opinions, 1))
        drawn = exponents - _DRAWN_TO
        expected = np.einsum("nk,cnk->c", np.exp(scores), opinions)
        value = -scores[items, truth].sum() + _STRENGTH * (drawn @ drawn)
        return float(value), expected - right.sum(axis=1) + 2 * _STRENGTH * drawn

    bounds = [(0.0, None)] * len(OPINIONS)
    found = minimize(loss, _DRAWN_TO, jac=True, bounds=bounds, method="L-BFGS-B")
    exponents: Floats = found.x
    return exponents


def _informative(opinions: Floats, truth: Ints) -> bool:
    """Whether a label model tells more of the audited items than the prior does.

    A likelihood-ratio test of the power to which the model is raised beside the prior.
    """
    from scipy.optimize import minimize_scalar

    items = np.arange(len(truth))

    def loss(model: Floats, power: float) -> float:
        return float(-log_softmax(opinions[0] + power * model)[items, truth].sum())

    for name in ("agreement", "anchored"):
        model = opinions[OPINIONS.index(name)]
        best = minimize_scalar(lambda power, m=model: loss(m, power), bounds=(0.0, 3.0))
        if 2 * (loss(model, 0.0) - best.fun) >= _BETTER_THAN_CHANCE:
            return True
    return False


def _fit_regression(table: VoteTable, gold: Ints, truth: Ints) -> Regression | None:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    size = len(table.labels)
    pairs, _ = pair_index(table)
    seen = np.unique(truth)
    if len(seen) == 1 or not len(pairs) or len(pairs) * size > _LARGEST_REGRESSION:
        return None
    learner = LogisticRegression(C=_RIDGE, max_iter=200)
    with warnings.catch_warnings():
        # Strongly penalised, so that a last digit is not worth more rounds.
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(_one_hot(table, pairs)[gold], truth)
    two = len(seen) == 2  # noqa: PLR2004 - scikit-learn keeps one row for two classes
    rows = np.vstack([-learner.coef_, learner.coef_]) / 2 if two else learner.coef_
    base = np.r_[-learner.intercept_, learner.intercept_] / 2 if two else learner.intercept_
    intercept = np.full(size, np.log(1e-3))
    intercept[seen] = log_softmax(base[None, :])[0]
    coefficient = np.zeros((len(pairs), size))
    coefficient[:, seen] = rows.T
    own = coefficient[np.arange(len(pairs)), pairs % size][:, None]
    # INVARIANT: no vote counts against the label it names.
    return Regression(intercept=intercept, pairs=pairs, coefficient=np.minimum(coefficient, own))


def _regression_scores(regression: Regression, table: VoteTable) -> Floats:
    column, known = _columns(table, regression.pairs)
    scores = np.tile(regression.intercept, (len(table.items), 1))
    np.add.at(scores, table.item[known], regression.coefficient[column[known]])
    return scores


def _one_hot(table: VoteTable, pairs: Ints) -> csr_matrix:
    """Items x pairs; votes of other pairs are left out."""
    from scipy.sparse import csr_matrix

    column, known = _columns(table, pairs)
    ones = np.ones(int(known.sum()))
    return csr_matrix(
        (ones, (table.item[known], column[known])), shape=(len(table.items), len(pairs))
    )


def _columns(table: VoteTable, pairs: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Each vote's place among the pairs, and whether it has one."""
    return places(pairs, table.labeler * len(table.labels) + table.label)
