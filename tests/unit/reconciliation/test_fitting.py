import numpy as np
import pytest

from deskquorum.reconciliation import vote_table
from deskquorum.reconciliation.fitting import _anchored_truth, _kinship, fit_label_model


def simulated(accuracies, *, items=200, labels="abc", seed=1):
    """Votes of independent labelers with these accuracies, and the truth."""
    dice = np.random.default_rng(seed)
    truth = {f"t{n:03}": str(dice.choice(list(labels))) for n in range(items)}
    rows = []
    for item, right in truth.items():
        for name, accuracy in accuracies.items():
            others = [label for label in labels if label != right]
            told = right if dice.random() < accuracy else str(dice.choice(others))
            rows.append((item, name, told))
    return rows, truth


def audited(table, truth, count):
    gold = np.arange(count)
    return gold, np.array([table.labels.index(truth[table.items[n]]) for n in gold])


def test_labelers_are_ranked_by_how_right_they_are():
    accuracies = {"ann": 0.55, "bob": 0.9, "cyd": 0.7, "dan": 0.8}
    rows, _ = simulated(accuracies)
    model = fit_label_model(vote_table(rows)).model
    found = dict(zip(model.counts.labelers, model.accuracy.mean(axis=1), strict=True))
    assert sorted(found, key=found.get) == ["ann", "cyd", "dan", "bob"]
    assert found == pytest.approx(accuracies, abs=0.08)


def test_a_fit_repeats_to_the_last_bit():
    rows, _ = simulated({"ann": 0.6, "bob": 0.8, "cyd": 0.7}, items=40)
    first, second = (fit_label_model(vote_table(rows)) for _ in range(2))
    assert (first.belief == second.belief).all()
    assert (first.model.against == second.model.against).all()


def test_audited_items_are_certain_and_the_rest_is_not():
    rows, truth = simulated({"ann": 0.6, "bob": 0.8, "cyd": 0.7}, items=60)
    table = vote_table(rows)
    gold, labels = audited(table, truth, 20)
    belief = fit_label_model(table, gold=gold, truth=labels).belief
    assert (belief[gold] == np.eye(3)[labels]).all()
    assert (belief[20:].max(axis=1) < 1).all()
    assert belief.sum(axis=1) == pytest.approx(np.ones(60))


def test_audits_reveal_a_majority_that_is_wrong_together():
    # Three of five always say what is not true; agreement alone believes them.
    rows, truth = simulated({"ann": 0.9, "bob": 0.9}, labels="ab")
    wrong = {"a": "b", "b": "a"}
    rows += [(item, name, wrong[right]) for item, right in truth.items() for name in "xyz"]
    table = vote_table(rows)
    gold, labels = audited(table, truth, 60)
    model = fit_label_model(table, gold=gold, truth=labels).model
    found = dict(zip(model.counts.labelers, model.accuracy.mean(axis=1), strict=True))
    assert min(found["ann"], found["bob"]) > 0.8
    assert max(found[name] for name in "xyz") < 0.4


def test_a_vote_is_confirmed_by_other_families_only():
    # Two of a family share the item: each weighs 1 / 1.3 = 0.76923, 1.53846 together of 2.53846.
    table = vote_table([("t", "f/1", "a"), ("t", "f/2", "a"), ("t", "g/1", "a"), ("u", "f/1", "a")])
    weight, confirmed = _kinship(table)
    assert weight == pytest.approx([1 / 1.3, 1 / 1.3, 1.0, 1.0])
    assert confirmed == pytest.approx([1 / 2.53846, 1 / 2.53846, 1.53846 / 2.53846, 0.0], abs=1e-5)


def test_the_class_prior_is_half_anchored_on_the_vote_shares():
    # Belief has swallowed the rare class; the votes have not: (2 + 1.5) / 2 and (0 + 0.5) / 2,
    # and one item more, spread evenly. The item without votes counts for nothing.
    belief = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    voted = np.array([True, True, False])
    nobody = np.empty(0, dtype=np.int64)
    assert _anchored_truth(belief, shares, voted, nobody) == pytest.approx([2.25, 0.75])


def test_audits_move_the_class_prior_beside_twenty_items():
    # Half and half by the votes counts for 10 : 10 items; five audits say the first: 15 : 10.
    belief = np.vstack([np.tile([1.0, 0.0], (5, 1)), np.tile([0.0, 1.0], (5, 1))])
    found = _anchored_truth(belief, np.full((10, 2), 0.5), np.ones(10, dtype=bool), np.arange(5))
    assert found / found.sum() == pytest.approx([0.6, 0.4])
    assert found.sum() == pytest.approx(10)


def test_a_family_of_one_mind_learns_nothing_about_itself():
    # Nobody else ever speaks, so the labelers' accuracy stays what was assumed.
    rows = [(f"t{n}", f"qwen/{m}", "ab"[n % 2]) for n in range(30) for m in range(4)]
    model = fit_label_model(vote_table(rows)).model
    assert model.accuracy == pytest.approx(np.full((4, 2), 0.7), abs=1e-6)
