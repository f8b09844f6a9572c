import math

import numpy as np
import pytest

from deskquorum.reconciliation import vote_table
from deskquorum.reconciliation.counts import VoteCounts, pair_index
from deskquorum.reconciliation.label_model import assumed_model, label_model, model_scores
from deskquorum.reconciliation.posterior import softmax

LABELS = ("bug", "praise", "refund")


def counts_of(rows, truth, *, families=None, labels=LABELS):
    """Counts by rows `(labeler, label voted, votes while each label was true)`."""
    labelers = tuple(sorted({labeler for labeler, _, _ in rows}))
    rows = sorted(rows, key=lambda row: row[:2])
    return VoteCounts(
        labels=labels,
        labelers=labelers,
        families=tuple((families or {}).get(name, name) for name in labelers),
        pair_labeler=np.array([labelers.index(row[0]) for row in rows], dtype=np.int64),
        pair_label=np.array([labels.index(row[1]) for row in rows], dtype=np.int64),
        mass=np.array([row[2] for row in rows], dtype=float),
        votes=np.array([sum(row[2]) for row in rows], dtype=float),
        truth=np.array(truth, dtype=float),
    )


def answers(model, *votes):
    """Posterior of one item by votes `(labeler, label)`."""
    rows = [("t", labeler, label) for labeler, label in votes]
    table = vote_table(rows, items=["t"], labels=model.counts.labels)
    found = softmax(model_scores(model, table))[0]
    return dict(zip(model.counts.labels, found, strict=True))


# Right 8 times of 10 on either label.
EVEN = counts_of(
    [("ann", "bug", (8, 2)), ("ann", "refund", (2, 8))], (10, 10), labels=("bug", "refund")
)

# `ann` names everything, mostly rightly; `rule` only ever says refund, and 18 times of 20 rightly.
RULE = counts_of(
    [
        ("ann", "bug", (30, 5, 5)),
        ("ann", "praise", (5, 30, 5)),
        ("ann", "refund", (5, 5, 30)),
        ("rule", "refund", (1, 1, 18)),
    ],
    (40, 40, 40),
)


def test_a_labeler_weighs_what_is_worked_out_by_hand():
    # One-coin: (16 right + 10 x 0.7) / (20 + 10) = 0.76667.
    # Pooled: (8 + 20 x 0.76667) / (10 + 20) = 0.77778 right, 0.22222 wrong.
    # Own accuracy against expected: logit((16 + 4 x 0.76667) / 24) = 1.35203,
    #   logit((20 x 0.77778 + 4 x 0.76667) / 24) = 1.24206; shift 0.10997.
    # Accuracy: expit(logit(0.77778) + 0.10997) = expit(1.36273) = 0.79622.
    # Confusion: (8 + 10 x 0.79622) / 20 = 0.79811 and (2 + 10 x 0.20378) / 20 = 0.20189.
    model = label_model(EVEN, audited=True)
    assert model.accuracy == pytest.approx(np.full((1, 2), 0.79622), abs=1e-4)
    weight = math.log(0.79811 / 0.20189)
    assert model.against == pytest.approx(np.array([[0, weight], [weight, 0]]), abs=1e-3)
    assert answers(model, ("ann", "bug"))["bug"] == pytest.approx(0.79811, abs=1e-4)


def test_the_prior_is_the_share_of_what_was_true():
    model = label_model(RULE, audited=True)
    assert model.prior == pytest.approx([1 / 3] * 3)
    assert answers(model) == pytest.approx(dict.fromkeys(LABELS, 1 / 3))


def test_a_vote_never_counts_against_the_label_it_names():
    # Worse than chance: it says refund where bug is true.
    wrong = counts_of(
        [("ann", "bug", (1, 9)), ("ann", "refund", (9, 1))], (10, 10), labels=("bug", "refund")
    )
    model = label_model(wrong, audited=True)
    assert (model.against >= 0).all()
    assert answers(model, ("ann", "bug"))["bug"] >= 0.5


def test_only_a_labeler_that_names_one_label_by_more_than_chance_is_one_sided():
    model = label_model(RULE, audited=True)
    assert dict(zip(RULE.labelers, model.one_sided, strict=True)) == {"ann": False, "rule": True}
    seldom = counts_of(
        [
            ("ann", "bug", (5, 0, 0)),
            ("ann", "refund", (0, 0, 5)),
            ("new", "refund", (0, 0, 1)),
        ],
        (5, 1, 5),
    )
    assert not label_model(seldom, audited=True).one_sided.any()


def test_a_rule_weighs_by_its_precision_worked_by_hand():
    # Hits 83 and 25 others wrong: with the rule 108 of 140 votes right; one-coin
    # (108 + 7) / (140 + 10) = 0.76667. 25 assumed votes: 25 x 0.76667 = 19.16667 for refund and
    # 25 x 0.23333 / 2 = 2.91667 for each other label; so 37.16667 / 45 and 3.91667 / 45.
    found = answers(label_model(RULE, audited=True), ("rule", "refund"))
    assert found == pytest.approx(
        {"bug": 3.91667 / 45, "praise": 3.91667 / 45, "refund": 37.16667 / 45}, abs=1e-6
    )


def test_members_of_a_family_share_their_weight_until_audits_tell_them_apart():
    rows = [
        ("qwen/a", "bug", (9, 1)),
        ("qwen/a", "refund", (1, 9)),
        ("qwen/b", "bug", (6, 4)),
        ("qwen/b", "refund", (4, 6)),
    ]
    families = {"qwen/a": "qwen", "qwen/b": "qwen"}
    counts = counts_of(rows, (10, 10), families=families, labels=("bug", "refund"))
    told, shared = label_model(counts, audited=True), label_model(counts, audited=False)
    assert answers(told, ("qwen/a", "bug"))["bug"] > answers(told, ("qwen/b", "bug"))["bug"] + 0.05
    assert answers(shared, ("qwen/a", "bug")) == pytest.approx(answers(shared, ("qwen/b", "bug")))
    assert shared.against[0, 1] == pytest.approx((told.against[0, 1] + told.against[2, 1]) / 2)


def test_a_stranger_weighs_by_the_pooled_accuracy():
    # Pooled of the counts worked out above: 0.77778.
    model = label_model(EVEN, audited=True)
    assert answers(model, ("stranger", "refund"))["refund"] == pytest.approx(7 / 9)


def test_a_label_that_a_known_labeler_never_named_weighs_by_its_accuracy():
    never = counts_of([("ann", "bug", (8, 0))], (8, 4), labels=("bug", "refund"))
    model = label_model(never, audited=True)
    accuracy = model.accuracy[0]
    odds = accuracy[1] / (1 - accuracy[0]) * (4 / 8)
    found = answers(model, ("ann", "refund"))["refund"]
    assert found == pytest.approx(odds / (1 + odds))


def test_agreement_of_few_families_is_believed_less():
    model = label_model(EVEN, audited=False)
    # One family: believed by 1 / (1 + 2) of its log-odds.
    odds = math.exp(math.log(0.79811 / 0.20189) / 3)
    found = answers(model, ("ann", "bug"))["bug"]
    assert found == pytest.approx(odds / (1 + odds), abs=1e-3)


def test_labelers_of_whom_nothing_is_known_are_right_seven_times_of_ten():
    rows = [("t1", "ann", "bug"), ("t2", "bob", "refund"), ("t3", "bob", "praise")]
    model = assumed_model(vote_table(rows))
    assert model.accuracy == pytest.approx(np.full((2, 3), 0.7))
    assert answers(model, ("ann", "bug")) == pytest.approx(
        {"bug": 0.7, "praise": 0.15, "refund": 0.15}
    )


def test_the_model_serves_labelers_in_any_order_and_number():
    model = label_model(RULE, audited=True)
    alone = answers(model, ("rule", "refund"))
    table = vote_table(
        [("t", "rule", "refund"), ("u", "aaron", "bug"), ("u", "zoe", "bug")], labels=LABELS
    )
    assert softmax(model_scores(model, table))[0] == pytest.approx(list(alone.values()))


def test_a_pair_is_listed_once_however_often_it_was_voted():
    table = vote_table([("t1", "a", "x"), ("t2", "a", "x"), ("t1", "b", "y"), ("t2", "b", "x")])
    pairs, of_vote = pair_index(table)
    # labeler * 2 + label, in the order of the votes: a-x, b-y, a-x, b-x.
    assert pairs.tolist() == [0, 2, 3]
    assert pairs[of_vote].tolist() == [0, 3, 0, 2]
