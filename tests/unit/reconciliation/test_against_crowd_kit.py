"""Beside crowd-kit, on simulated labelers whose truth is known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from crowdkit import aggregation

from deskquorum.reconciliation import reconcile_table, vote_table

SEEDS = range(4)
LEAST = 1e-3
"""Probabilities are clipped here before their logarithm, so that no peer loses to one item."""


@dataclass(frozen=True)
class Shape:
    items: int
    labelers: int
    labels: int
    votes_per_item: int
    accuracy: tuple[float, float]


def independent(shape, rng):
    """Labelers whose confusions are drawn one by one."""
    truth = rng.integers(shape.labels, size=shape.items)
    accuracy = rng.uniform(*shape.accuracy, size=shape.labelers)
    bias = rng.dirichlet(np.ones(shape.labels), size=shape.labelers)
    rows = []
    for n, right in enumerate(truth):
        for who in rng.choice(shape.labelers, shape.votes_per_item, replace=False):
            wrong = rng.choice(shape.labels, p=bias[who])
            told = right if rng.random() < accuracy[who] else wrong
            rows.append((f"t{n}", f"w{who}", f"c{told}"))
    return rows, truth


def keyword_rules(shape, rng):
    """Rules of their own precision that know one label each and speak on a tenth of the items."""
    truth = rng.integers(shape.labels, size=shape.items)
    rows = []
    for who in range(shape.labelers):
        label, precision = who % shape.labels, rng.uniform(*shape.accuracy)
        share = 1 / shape.labels
        speaks = np.where(truth == label, precision / share, (1 - precision) / (1 - share)) / 10
        hits = np.flatnonzero(rng.random(shape.items) < speaks)
        rows += [(f"t{n}", f"rule{who}", f"c{label}") for n in hits]
    return rows, truth


def measured(probability, truth, items):
    """Accuracy and log-loss on the items that have votes."""
    frame = probability.reindex(items).reindex(columns=[f"c{k}" for k in range(truth.max() + 1)])
    rows = frame.fillna(0.0).to_numpy()
    right = truth[[int(item[1:]) for item in items]]
    found = np.clip(rows[np.arange(len(rows)), right], LEAST, 1)
    return (rows.argmax(axis=1) == right).mean(), -np.log(found).mean()


def compared(rows, truth):
    """Accuracy and log-loss of ours, Dawid-Skene and majority."""
    result = reconcile_table(vote_table(rows))
    ours = pd.DataFrame(result.posterior, index=result.items, columns=result.labels)
    votes = pd.DataFrame(rows, columns=["task", "worker", "label"])
    peers = (aggregation.DawidSkene(n_iter=100), aggregation.MajorityVote())
    found = [ours, *(peer.fit_predict_proba(votes) for peer in peers)]
    return [measured(probability, truth, list(result.items)) for probability in found]


@pytest.mark.parametrize(
    ("simulate", "shape"),
    [
        pytest.param(
            independent, Shape(100, 40, 2, 40, (0.0, 0.3)), id="forty-biased-labelers-on-everything"
        ),
        pytest.param(
            independent, Shape(300, 60, 10, 5, (0.4, 0.9)), id="ten-labels-five-votes-an-item"
        ),
        pytest.param(
            independent, Shape(300, 500, 5, 4, (0.4, 0.9)), id="hundreds-of-labelers-few-votes-each"
        ),
        pytest.param(
            keyword_rules, Shape(600, 15, 3, 0, (0.6, 0.95)), id="rules-that-know-one-label-each"
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_independent_labelers_are_read_no_worse_than_by_crowd_kit(simulate, shape):
    found = [compared(*simulate(shape, np.random.default_rng(seed))) for seed in SEEDS]
    ours, dawid_skene, majority = np.mean(found, axis=0)
    assert ours[0] >= max(dawid_skene[0], majority[0]) - 0.01
    assert ours[1] < dawid_skene[1]
