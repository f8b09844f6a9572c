import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Question, Vote, VoteStatus
from deskquorum.reconciliation import UNCALIBRATED_CAP, reconcile

QUESTION = Question(
    id="route",
    ask="Which team?",
    labels={"billing": "charges", "returns": "returns", "shipping": "delivery"},
    labelers=("a", "b", "c", "d"),
    settle_at=0.6,
)
ACCURACIES = {"a": 0.8, "b": 0.7, "c": 0.6, "d": 0.5}
LABELS = tuple(QUESTION.labels)


def vote(labeler, label, *, family="", distribution=None):
    return Vote(
        question="route",
        labeler=labeler,
        status=VoteStatus.CAST if label else VoteStatus.ABSTAINED,
        label=label,
        family=family,
        distribution=distribution or {},
    )


def posterior(*votes):
    return reconcile(QUESTION, votes, ACCURACIES).distribution


def test_one_vote_has_the_assumed_accuracy_as_its_posterior():
    assert posterior(vote("a", "billing"))["billing"] == pytest.approx(0.8)


def test_two_disagreeing_votes_are_weighed_by_odds_worked_by_hand():
    # a says billing: 0.8 against 0.1; b says returns: 0.7 against 0.15.
    weights = {"billing": 0.8 * 0.15, "returns": 0.1 * 0.7, "shipping": 0.1 * 0.15}
    found = posterior(vote("a", "billing"), vote("b", "returns"))
    total = sum(weights.values())
    assert found == pytest.approx({k: w / total for k, w in weights.items()}, abs=1e-6)


def test_a_distribution_counts_by_its_mass():
    spread = vote("a", "billing", distribution={"billing": 0.6, "returns": 0.4})
    sure = vote("a", "billing")
    assert posterior(spread)["billing"] < posterior(sure)["billing"]


def test_nobody_voting_is_no_answer():
    answer = reconcile(QUESTION, [vote("a", None)], ACCURACIES)
    assert (answer.label, answer.settled, answer.probability) == (None, False, 0.0)


def test_votes_on_other_questions_are_ignored():
    other = Vote(question="priority", labeler="a", status=VoteStatus.CAST, label="high")
    assert reconcile(QUESTION, [other], ACCURACIES).label is None


def test_a_failed_vote_does_not_count():
    failed = Vote(question="route", labeler="b", status=VoteStatus.FAILED, why="timeout")
    assert posterior(vote("a", "billing"), failed) == posterior(vote("a", "billing"))


def test_two_labelers_of_one_family_count_for_less_than_two_strangers():
    strangers = posterior(vote("b", "billing"), vote("c", "billing"))
    family = posterior(
        vote("b", "billing", family="smollm2"), vote("c", "billing", family="smollm2")
    )
    assert family["billing"] < strangers["billing"]


def test_every_answer_is_marked_uncalibrated_and_capped():
    answer = reconcile(QUESTION, [vote(name, "billing") for name in ACCURACIES], ACCURACIES)
    assert not answer.calibrated
    assert answer.probability == UNCALIBRATED_CAP
    assert math.fsum(answer.distribution.values()) == pytest.approx(1.0, abs=1e-5)


votes = st.dictionaries(
    st.sampled_from(sorted(ACCURACIES)), st.sampled_from([*LABELS, None]), min_size=1
).map(lambda chosen: [vote(name, label) for name, label in chosen.items()])


@given(votes, st.randoms())
def test_the_order_of_votes_never_matters(cast, random):
    shuffled = list(cast)
    random.shuffle(shuffled)
    assert reconcile(QUESTION, cast, ACCURACIES) == reconcile(QUESTION, shuffled, ACCURACIES)


@given(votes)
def test_an_abstention_changes_nothing(cast):
    without = [v for v in cast if v.status is VoteStatus.CAST]
    assert reconcile(QUESTION, cast, ACCURACIES) == reconcile(QUESTION, without, ACCURACIES)


@given(st.sampled_from(LABELS), st.sets(st.sampled_from(sorted(ACCURACIES)), min_size=1))
def test_a_unanimous_vote_is_never_overturned(label, labelers):
    assert reconcile(QUESTION, [vote(n, label) for n in labelers], ACCURACIES).label == label


@given(votes, st.sampled_from(LABELS))
def test_one_more_agreeing_vote_never_lowers_that_label(cast, label):
    accuracies = ACCURACIES | {"e": 0.55}
    before = reconcile(QUESTION, cast, accuracies).distribution.get(label, 0.0)
    after = reconcile(QUESTION, [*cast, vote("e", label)], accuracies).distribution[label]
    # The cap may hold both at the same value.
    assert after >= before - 1e-6


@given(votes)
def test_a_posterior_is_a_distribution(cast):
    found = reconcile(QUESTION, cast, ACCURACIES).distribution
    assert not found or math.isclose(math.fsum(found.values()), 1.0, abs_tol=1e-5)
    assert all(0.0 <= p <= UNCALIBRATED_CAP for p in found.values())
