import warnings

import numpy as np
import pytest

from deskquorum.reconciliation import vote_table
from deskquorum.reconciliation.fitting import fit_label_model
from deskquorum.reconciliation.pool import (
    OPINIONS,
    _fit_regression,
    _folds,
    _regression_scores,
    fit_pool,
    pool_posterior,
)


def simulated(accuracies, *, items=100, labels="ab", seed=1):
    dice = np.random.default_rng(seed)
    truth = {f"t{n:03}": str(dice.choice(list(labels))) for n in range(items)}
    rows = []
    for item, right in truth.items():
        for name, accuracy in accuracies.items():
            others = [label for label in labels if label != right]
            told = right if dice.random() < accuracy else str(dice.choice(others))
            rows.append((item, name, told))
    return rows, truth


def fitted(rows, gold, *, items=()):
    table = vote_table(rows, items=items, labels=gold.values())
    where = np.array([table.items.index(item) for item in gold])
    truth = np.array([table.labels.index(label) for label in gold.values()])
    return table, where, truth, fit_pool(table, fit_label_model(table), where, truth)


def first(truth, count):
    return dict(list(truth.items())[:count])


@pytest.fixture(scope="module")
def good():
    rows, truth = simulated({"ann": 0.9, "bob": 0.8, "cyd": 0.8, "dan": 0.6})
    return fitted(rows, first(truth, 40))


def test_no_opinion_is_ever_turned_around(good):
    pool = good[3].pool
    assert len(pool.exponents) == len(OPINIONS)
    assert (pool.exponents >= 0).all()
    # Three labelers are always wrong, so that agreement alone misleads.
    rows, truth = simulated({"ann": 0.9, "x": 0.1, "y": 0.1, "z": 0.1})
    table, where, right, pooled = fitted(rows, first(truth, 40))
    assert (pooled.pool.exponents >= 0).all()
    assert pooled.pool.informative
    assert pooled.pool.exponents[OPINIONS.index("agreement")] < 0.05
    told = pooled.out_of_fold.argmax(axis=1)
    assert (told == right).mean() > 0.8
    assert len(where) < len(table.items)


def test_the_prior_is_the_audited_shares_worked_by_hand():
    rows, truth = simulated({"ann": 0.9, "bob": 0.8, "cyd": 0.7}, items=60)
    gold = {item: "a" if n < 15 else "b" for n, item in enumerate(list(truth)[:20])}
    # 15 and 5 of 20, and five more spread evenly: 17.5 / 25.
    pool = fitted(rows, gold)[3].pool
    assert pool.prior == pytest.approx([0.7, 0.3])
    assert pool.audited == 20


def test_rows_are_probabilities_for_audited_items_and_others(good):
    table, where, _, pooled = good
    assert pooled.out_of_fold.shape == (len(where), 2)
    for rows in (pooled.out_of_fold, pool_posterior(pooled.pool, table)):
        assert rows.sum(axis=1) == pytest.approx(np.ones(len(rows)))
        assert (rows > 0).all()


def test_votes_at_chance_leave_the_prior():
    rows, truth = simulated(dict.fromkeys("vwxyz", 0.5))
    table, _, _, pooled = fitted(rows, first(truth, 50))
    assert not pooled.pool.informative
    assert (pool_posterior(pooled.pool, table) == pooled.pool.prior).all()
    assert (pooled.out_of_fold == pooled.pool.prior).all()


def test_an_item_without_votes_is_close_to_the_prior(good):
    pool = good[3].pool
    table = vote_table(
        [("t", name, label) for name in pool.agreement.counts.labelers for label in "a"],
        items=["empty", "t"],
        labels="ab",
    )
    assert pool_posterior(pool, table)[0] == pytest.approx(pool.prior, abs=0.1)


def test_a_stranger_is_weighed_without_knowing_it(good):
    pool = good[3].pool
    known = pool.agreement.counts.labelers
    # Coded like the pool's own table: the stranger comes after those who are known.
    votes = [("t", name, "a") for name in known] + [("u", name, "a") for name in (*known, "zoe")]
    both = pool_posterior(pool, vote_table(votes, labels="ab"))
    assert both[1, 0] > both[0, 0] > 0.9


def test_folds_go_by_the_item_name_and_are_of_one_size():
    items = [f"t{n}" for n in range(23)]
    fold = dict(zip(items, _folds(items), strict=True))
    backwards = dict(zip(items[::-1], _folds(items[::-1]), strict=True))
    assert fold == backwards
    assert sorted(np.bincount(list(fold.values())).tolist()) == [4, 4, 5, 5, 5]


def test_audits_of_one_label_only_teach_no_regression():
    rows, truth = simulated({"ann": 0.9, "bob": 0.8}, items=30)
    table = vote_table(rows)
    assert _fit_regression(table, np.arange(20), np.zeros(20, dtype=np.int64)) is None
    assert fitted(rows, dict.fromkeys(first(truth, 20), "a"))[3].pool.regression is None


def test_too_many_labelers_and_labels_leave_the_regression_out():
    # 60 labelers x 10 labels voted x 10 labels true; then six times as many labelers.
    labels = "abcdefghij"
    rows, truth = simulated({f"w{n}": 0.8 for n in range(60)}, items=60, labels=labels)
    table = vote_table(rows)
    codes = np.array([table.labels.index(truth[item]) for item in table.items])
    assert _fit_regression(table, np.arange(60), codes) is not None
    crowd = vote_table((item, f"{who}/{n}", told) for item, who, told in rows for n in range(6))
    assert _fit_regression(crowd, np.arange(60), codes) is None


def test_the_regression_never_counts_a_vote_against_the_label_it_names():
    # `x` is always wrong, so a free regression would turn it around.
    rows, truth = simulated({"ann": 0.9, "x": 0.0})
    table = vote_table(rows)
    codes = np.array([table.labels.index(truth[item]) for item in table.items])
    found = _fit_regression(table, np.arange(60), codes[:60])
    own = found.coefficient[np.arange(len(found.pairs)), found.pairs % 2]
    assert (found.coefficient <= own[:, None]).all()


@pytest.mark.parametrize("seen", ["ab", "abc"])
def test_the_regression_says_what_scikit_learn_says(seen):
    from sklearn.linear_model import LogisticRegression

    rows, truth = simulated({"ann": 0.9, "bob": 0.8, "cyd": 0.9}, labels=seen)
    table = vote_table(rows, labels="abcd")
    codes = np.array([table.labels.index(truth[item]) for item in table.items])
    found = _fit_regression(table, np.arange(60), codes[:60])
    dense = np.zeros((len(table.items), 3 * 4))
    dense[table.item, table.labeler * 4 + table.label] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = LogisticRegression(C=0.1, max_iter=200).fit(dense[:60], codes[:60])
    scores = _regression_scores(found, table)[60:, : len(seen)]
    told = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert told == pytest.approx(oracle.predict_proba(dense[60:]), abs=0.02)
