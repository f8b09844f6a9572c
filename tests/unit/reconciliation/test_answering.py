import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Question, VoteStatus, Weight
from deskquorum.reconciliation import (
    UNCALIBRATED_CAP,
    QuestionModel,
    contradicted,
    fit_from_votes,
    reconcile,
    vote_table,
)
from deskquorum.reconciliation.fitting import fit_label_model
from deskquorum.reconciliation.learned import item_posteriors
from deskquorum.testing import make_vote

LABELS = ("shipping", "billing", "returns")
"""Not sorted, as ops write them; models sort theirs."""

QUESTION = Question(
    id="route",
    ask="Which team?",
    labels=dict.fromkeys(LABELS, "a team"),
    labelers=("ann", "bob", "cyd", "dan"),
    settle_at=0.6,
    quorum=2,
)
ACCURACIES = {"ann": 0.8, "bob": 0.7, "cyd": 0.6, "dan": 0.5}


def measured(skills, *, share=(0.4, 0.3, 0.3), agreement=False, seed=5, audits=80):
    """A model of labelers of these skills, on 160 items."""
    dice = np.random.default_rng(seed)
    truth = {f"t{n}": str(dice.choice(LABELS, p=share)) for n in range(160)}
    votes = [
        (item, who, right if dice.random() < skill else str(dice.choice(LABELS)))
        for item, right in truth.items()
        for who, skill in skills.items()
    ]
    table = vote_table(votes, items=tuple(truth), labels=LABELS)
    gold = dict(list(truth.items())[:audits])
    cast = {(item, who): label for item, who, label in votes}
    return QuestionModel(
        question="route",
        model=fit_label_model(table).model if agreement else fit_from_votes(table, gold),
        fitted_at=datetime(2026, 1, 1, tzinfo=UTC),
        items=len(truth),
        data_hash="",
        disagreement=0.1,
        rights={
            who: (sum(cast[item, who] == label for item, label in gold.items()), len(gold))
            for who in skills
        },
    )


GOOD = measured({"ann": 0.9, "bob": 0.8, "cyd": 0.7, "dan": 0.3})
AGREED = measured({"ann": 0.9, "bob": 0.8, "cyd": 0.7, "dan": 0.3}, agreement=True)
CHANCE = measured(dict.fromkeys(ACCURACIES, 0.0), share=(0.0, 0.9, 0.1))
MODELS = st.sampled_from([None, GOOD, AGREED, CHANCE])


def ballot(votes, families=None):
    return [
        make_vote(label, labeler=name, family=(families or {}).get(name, ""))
        for name, label in votes.items()
    ]


def answer(votes, learned=None, *, families=None, accuracies=ACCURACIES, question=QUESTION):
    return reconcile(question, ballot(votes, families), accuracies, learned)


# Nothing to go by.


@pytest.mark.parametrize("learned", [None, GOOD, CHANCE], ids=["assumed", "measured", "chance"])
def test_nobody_voting_is_no_answer(learned):
    found = answer({"ann": None}, learned)
    assert (found.label, found.settled, found.probability, found.quorum_met) == (
        None,
        False,
        0.0,
        False,
    )
    assert found.weights == ()


def test_votes_on_other_questions_are_ignored():
    other = make_vote("billing", question="priority")
    assert reconcile(QUESTION, [other], ACCURACIES).label is None


@pytest.mark.parametrize("learned", [None, GOOD], ids=["assumed", "measured"])
def test_a_failed_vote_does_not_count(learned):
    cast = make_vote("billing", labeler="ann")
    failed = make_vote(labeler="bob", failed="timeout")
    assert reconcile(QUESTION, [cast, failed], ACCURACIES, learned) == reconcile(
        QUESTION, [cast], ACCURACIES, learned
    )


# Assumed accuracies.


def test_without_a_model_answers_are_uncalibrated_and_capped():
    found = answer(dict.fromkeys(ACCURACIES, "billing"))
    assert not found.calibrated
    assert found.probability == UNCALIBRATED_CAP
    assert math.fsum(found.distribution.values()) == pytest.approx(1.0, abs=1e-5)


def test_an_assumed_weight_tells_its_odds_and_the_accuracy_behind_them():
    # ann: 0.8 against 0.1 for each other label; dan: 0.5 against 0.25.
    assert answer({"dan": "billing", "ann": "returns"}).weights == (
        Weight(labeler="ann", odds=8.0, assumed=0.8),
        Weight(labeler="dan", odds=2.0, assumed=0.5),
    )


def test_labels_equally_likely_go_to_the_one_with_more_votes():
    # One of 0.75 against two of 0.6, 0.75 / 0.125 = 6 and (0.6 / 0.2) x 2: bob is 0.5 / 0.25 = 2.
    votes = {"ann": "shipping", "cyd": "returns", "bob": "returns"}
    even = answer(votes, accuracies={"ann": 0.75, "cyd": 0.6, "bob": 0.5})
    assert even.distribution["shipping"] == even.distribution["returns"]
    assert even.label == "returns"


# Quorum.


@pytest.mark.parametrize(
    ("votes", "met"),
    [
        pytest.param({"ann": "billing", "bob": "billing"}, True, id="two-families"),
        pytest.param({"ann": "billing", "bob": "returns"}, False, id="two-who-differ"),
        pytest.param({"bob": "billing", "cyd": "billing"}, False, id="one-family-twice"),
        pytest.param({"ann": "billing", "bob": None}, False, id="an-abstention"),
    ],
)
@pytest.mark.parametrize("learned", [None, GOOD], ids=["assumed", "measured"])
def test_a_quorum_is_of_families_that_name_the_answer(votes, met, learned):
    families = {"bob": "qwen", "cyd": "qwen"}
    assert answer(votes, learned, families=families).quorum_met is met


# Measured labelers.


def test_audited_labelers_give_calibrated_answers_above_the_cap():
    found = answer(dict.fromkeys(ACCURACIES, "billing"), GOOD)
    assert found.calibrated
    assert found.settled
    assert found.label == "billing"
    assert found.probability > 0.95


def test_agreement_alone_gives_answers_that_are_capped():
    found = answer(dict.fromkeys(ACCURACIES, "billing"), AGREED)
    assert not found.calibrated
    assert 0.6 < found.probability <= UNCALIBRATED_CAP


@pytest.mark.parametrize("label", LABELS)
def test_probabilities_stand_by_their_own_labels_whatever_the_models_order(label):
    found = answer({"ann": label, "bob": label}, GOOD)
    assert tuple(found.distribution) == LABELS
    assert found.label == label
    alone = item_posteriors(GOOD.model, [{"ann": label, "bob": label}])[0]
    assert found.probability == pytest.approx(alone[GOOD.counts.labels.index(label)], abs=1e-6)


def test_a_measured_weight_tells_what_the_vote_does_alone_and_its_audits():
    found = answer({"dan": "billing", "ann": "billing"}, GOOD)
    assert [weight.labeler for weight in found.weights] == ["ann", "dan"]
    ann, dan = found.weights
    before, after = item_posteriors(GOOD.model, [{}, {"ann": "billing"}])[:, 0]
    assert GOOD.counts.labels[0] == "billing"
    odds = (after / (1 - after)) / (before / (1 - before))
    assert ann.odds == pytest.approx(odds, abs=0.005)
    assert ann.odds > dan.odds >= 1.0
    assert (ann.right, ann.of) == GOOD.rights["ann"]
    assert ann.right > dan.right
    assert ann.assumed is None


def test_a_labeler_that_was_never_measured_counts_for_nothing():
    votes = {"ann": "billing", "bob": "returns"}
    without, beside = answer(votes, GOOD), answer(votes | {"zoe": "returns"}, GOOD)
    assert beside.distribution == without.distribution
    assert beside.weights == (*without.weights, Weight(labeler="zoe", odds=1.0, right=0, of=0))


def test_a_labeler_that_was_never_measured_settles_nothing_alone():
    found = answer({"zoe": "returns"}, GOOD)
    nothing = item_posteriors(GOOD.model, [{}])[0]
    assert sorted(found.distribution.values()) == pytest.approx(sorted(nothing), abs=1e-6)
    assert not found.quorum_met


def test_labelers_at_chance_never_settle_an_answer_however_likely_its_label():
    assert not CHANCE.tells_apart
    found = answer(dict.fromkeys(ACCURACIES, "billing"), CHANCE)
    assert found.label == "billing"
    assert found.probability > QUESTION.settle_at
    assert not found.settled
    assert {weight.odds for weight in found.weights} == {1.0}


# Laws, before and after labelers are measured.

ballots = st.dictionaries(
    st.sampled_from(sorted(ACCURACIES)), st.sampled_from([*LABELS, None]), min_size=1
)
families = st.dictionaries(st.sampled_from(sorted(ACCURACIES)), st.sampled_from(["qwen", "list"]))


@given(ballots, families, MODELS, st.randoms())
def test_the_order_of_votes_never_matters(votes, kin, learned, random):
    cast = ballot(votes, kin)
    shuffled = random.sample(cast, len(cast))
    assert reconcile(QUESTION, cast, ACCURACIES, learned) == reconcile(
        QUESTION, shuffled, ACCURACIES, learned
    )


@given(ballots, families, MODELS)
def test_an_abstention_changes_nothing(votes, kin, learned):
    cast = ballot(votes, kin)
    without = [vote for vote in cast if vote.status is VoteStatus.CAST]
    assert reconcile(QUESTION, cast, ACCURACIES, learned) == reconcile(
        QUESTION, without, ACCURACIES, learned
    )


@given(
    st.sets(st.sampled_from(sorted(ACCURACIES)), min_size=1),
    st.sampled_from(LABELS),
    families,
    st.sampled_from([None, GOOD, AGREED]),
)
def test_a_unanimous_vote_is_never_overturned(names, label, kin, learned):
    found = answer(dict.fromkeys(names, label), learned, families=kin)
    assert found.label == label


@given(ballots, families, st.sampled_from(LABELS), st.floats(0.05, 0.95), MODELS)
def test_one_more_agreeing_vote_never_lowers_that_label(votes, kin, label, accuracy, learned):
    who = "dan"
    accuracies = ACCURACIES | {who: accuracy}
    votes = {name: told for name, told in votes.items() if name != who}
    if not any(votes.values()):
        votes["ann"] = label
    before = answer(votes, learned, families=kin, accuracies=accuracies).distribution[label]
    more = votes | {who: label}
    after = answer(more, learned, families=kin, accuracies=accuracies).distribution[label]
    # Six digits are kept.
    assert after >= before - 2e-6


@given(ballots, families, MODELS)
def test_an_answers_probabilities_sum_to_one(votes, kin, learned):
    found = answer(votes, learned, families=kin)
    assert not found.distribution or math.isclose(
        math.fsum(found.distribution.values()), 1.0, abs_tol=1e-5
    )
    assert found.calibrated or all(p <= UNCALIBRATED_CAP for p in found.distribution.values())
    assert found.probability == found.distribution.get(found.label, 0.0)


# A fallback model's votes.


def stood_in(votes, who):
    return [replace(vote, stand_in="backup") if vote.labeler in who else vote for vote in votes]


@given(ballots, families, st.sampled_from([GOOD, AGREED, CHANCE]))
def test_what_was_measured_gives_a_fallback_model_no_weight(votes, kin, learned):
    cast = ballot(votes, kin)
    mixed = stood_in(cast, {"ann", "cyd"})
    own = [vote for vote in cast if vote.labeler not in {"ann", "cyd"}]
    assert reconcile(QUESTION, mixed, ACCURACIES, learned) == reconcile(
        QUESTION, own, ACCURACIES, learned
    )


def test_before_anything_is_measured_a_fallback_model_votes_with_the_assumed_accuracy():
    votes = ballot({"ann": "billing", "bob": "billing"})
    found = reconcile(QUESTION, stood_in(votes, {"ann"}), ACCURACIES)
    assert (found.label, found.quorum_met) == ("billing", True)
    assert found == reconcile(QUESTION, votes, ACCURACIES)


# Who contradicts whom.


@pytest.mark.parametrize(
    ("votes", "found"),
    [
        pytest.param({}, None, id="nobody"),
        pytest.param({"ann": "billing"}, None, id="one-voice"),
        pytest.param({"ann": "billing", "bob": None}, None, id="an-abstention-contradicts-nobody"),
        pytest.param({"bob": "billing", "cyd": "returns"}, None, id="within-a-family"),
        pytest.param({"ann": "billing", "bob": "billing"}, False, id="two-who-agree"),
        pytest.param({"ann": "billing", "bob": "returns"}, True, id="two-who-differ"),
    ],
)
def test_contradiction_needs_two_families(votes, found):
    assert contradicted(ballot(votes, {"bob": "qwen", "cyd": "qwen"})) is found


def test_a_fallback_model_contradicts_nobody_who_is_watched():
    votes = ballot({"ann": "billing", "bob": "returns"})
    assert contradicted(stood_in(votes, {"bob"})) is None
