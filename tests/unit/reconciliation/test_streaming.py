from dataclasses import replace

import numpy as np
import pytest

from deskquorum.reconciliation import counted, fit_from_votes, vote_table
from deskquorum.reconciliation.counts import VoteCounts
from deskquorum.reconciliation.fitting import fit_label_model
from deskquorum.reconciliation.label_model import label_model
from deskquorum.reconciliation.learned import item_posteriors
from deskquorum.reconciliation.streaming import HALF_LIFE

LABELS = ("bug", "refund")
SKILLS = {"ann": 0.9, "bob": 0.75, "cyd": 0.6, "dan": 0.8}


def counts():
    """`ann` said bug 4 times and was right in 3; `bob` said refund twice, rightly."""
    return VoteCounts(
        labels=LABELS,
        labelers=("ann", "bob"),
        families=("ann", "bob"),
        pair_labeler=np.array([0, 1]),
        pair_label=np.array([0, 1]),
        mass=np.array([[3.0, 1.0], [0.0, 2.0]]),
        votes=np.array([4.0, 2.0]),
        truth=np.array([6.0, 4.0]),
    )


def nothing():
    empty = np.empty(0, dtype=np.int64)
    return replace(
        counts(),
        labelers=(),
        families=(),
        pair_labeler=empty,
        pair_label=empty,
        mass=np.empty((0, 2)),
        votes=np.empty(0),
        truth=np.zeros(2),
    )


def rows(found):
    return {
        (found.labelers[j], found.labels[k]): (*mass.tolist(), votes)
        for j, k, mass, votes in zip(
            found.pair_labeler, found.pair_label, found.mass, found.votes.tolist(), strict=True
        )
    }


BELIEF = np.array([0.2, 0.8])


def test_a_ticket_is_added_and_the_rest_fades_worked_by_hand():
    # A half-life of one ticket: what was there counts half.
    found = counted(counts(), {"ann": "bug", "bob": "bug"}, BELIEF, half_life=1)
    assert list(rows(found)) == [("ann", "bug"), ("bob", "bug"), ("bob", "refund")]
    assert rows(found)["ann", "bug"] == pytest.approx((1.5 + 0.2, 0.5 + 0.8, 3.0))
    assert rows(found)["bob", "bug"] == pytest.approx((0.2, 0.8, 1.0))
    assert rows(found)["bob", "refund"] == pytest.approx((0.0, 1.0, 1.0))
    assert found.truth == pytest.approx([3.2, 2.8])


def test_after_the_half_life_a_ticket_counts_half():
    # So many tickets without a vote: only time passes.
    found = counts()
    for _ in range(int(HALF_LIFE)):
        found = counted(found, {}, np.zeros(2))
    assert rows(found)["ann", "bug"] == pytest.approx((1.5, 0.5, 2.0))
    assert found.truth == pytest.approx([3.0, 2.0])


def test_statistics_that_were_handed_in_stay_as_they_are():
    before = counts()
    counted(before, {"ann": "bug", "zoe": "refund"}, BELIEF, half_life=1)
    assert rows(before) == rows(counts())
    assert before.truth.tolist() == [6.0, 4.0]


@pytest.mark.parametrize(
    ("families", "family"),
    [
        pytest.param(None, "abe", id="by-itself"),
        pytest.param({"abe": "qwen"}, "qwen", id="as-declared"),
    ],
)
def test_a_new_labeler_is_taken_in_with_its_family(families, family):
    found = counted(counts(), {"abe": "refund", "ann": "bug"}, BELIEF, families=families)
    assert dict(zip(found.labelers, found.families, strict=True)) == {
        "ann": "ann",
        "bob": "bob",
        "abe": family,
    }
    assert rows(found)["abe", "refund"] == pytest.approx((0.2, 0.8, 1.0))
    # `label_model` and its readers look pairs up in this order.
    code = found.pair_labeler * 2 + found.pair_label
    assert (np.diff(code) > 0).all()
    assert np.isfinite(label_model(found, audited=False).against).all()


def test_a_label_that_is_not_known_is_refused_by_name():
    with pytest.raises(ValueError, match=r"unknown labels \['praise'\]; known are \['bug'"):
        counted(counts(), {"ann": "praise"}, BELIEF)


def test_votes_in_another_order_make_the_same_statistics():
    votes = {"zoe": "bug", "ann": "refund", "abe": "bug"}
    backwards = dict(reversed(votes.items()))
    assert rows(counted(counts(), votes, BELIEF)) == rows(counted(counts(), backwards, BELIEF))


def simulated(tickets, *, seed=2, skills=SKILLS):
    dice = np.random.default_rng(seed)
    truth = [str(dice.choice(LABELS)) for _ in range(tickets)]
    wrong = {"bug": "refund", "refund": "bug"}
    ballots = [
        {who: right if dice.random() < skill else wrong[right] for who, skill in skills.items()}
        for right in truth
    ]
    return ballots, truth


def test_audited_tickets_without_fading_add_up_to_their_table():
    ballots, truth = simulated(60)
    found = nothing()
    for votes, right in zip(ballots, truth, strict=True):
        belief = np.eye(2)[LABELS.index(right)]
        found = counted(found, votes, belief, half_life=float("inf"))
    expected = {
        (who, said): (
            *(
                sum(v[who] == said and t == right for v, t in zip(ballots, truth, strict=True))
                for right in LABELS
            ),
            sum(v[who] == said for v in ballots),
        )
        for who in SKILLS
        for said in LABELS
    }
    assert rows(found) == expected
    assert found.truth.tolist() == [truth.count(label) for label in LABELS]


def streamed(found, ballots, beliefs, *, half_life=HALF_LIFE):
    for votes, belief in zip(ballots, beliefs, strict=True):
        found = counted(found, votes, belief, half_life=half_life)
    return label_model(found, audited=True)


def accuracies(model):
    return dict(zip(model.counts.labelers, model.accuracy.mean(axis=1).tolist(), strict=True))


def table_of(ballots):
    votes = [(f"t{n}", who, told) for n, v in enumerate(ballots) for who, told in v.items()]
    return vote_table(votes, labels=LABELS)


def test_believing_calibrated_answers_comes_to_what_the_batch_learns():
    # Only the first 200 of 3,000 tickets are audited. Answers that are capped, or doubted for want
    # of audits, would not do: what is learned from them fades towards chance.
    ballots, truth = simulated(3000)
    pool = fit_from_votes(table_of(ballots[:200]), {f"t{n}": truth[n] for n in range(200)})
    start = fit_label_model(table_of(ballots[:200])).model.counts
    found = streamed(start, ballots[200:], item_posteriors(pool, ballots[200:]))
    batch = fit_label_model(table_of(ballots)).model
    assert accuracies(found) == pytest.approx(accuracies(batch), abs=0.03)
    assert accuracies(found) == pytest.approx(SKILLS, abs=0.03)


def test_a_labeler_that_turns_bad_loses_its_weight_by_audits():
    good, _ = simulated(400)
    bad, truth = simulated(400, seed=3, skills=SKILLS | {"ann": 0.5})
    before = fit_label_model(table_of(good)).model
    beliefs = np.eye(2)[[LABELS.index(label) for label in truth]]
    after = streamed(before.counts, bad, beliefs, half_life=100)
    assert accuracies(before)["ann"] > 0.8
    assert accuracies(after)["ann"] < 0.6
    assert accuracies(after)["dan"] > 0.7
