import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.reconciliation.posterior import UNCALIBRATED_CAP
from deskquorum.reconciliation.weighted import assumed_odds, assumed_posterior
from deskquorum.testing import make_vote

LABELS = ("billing", "returns", "shipping")
ACCURACIES = {"ann": 0.8, "bob": 0.7, "cyd": 0.6}


def posterior(*votes, accuracies=ACCURACIES, labels=LABELS):
    found = assumed_posterior(labels, votes, accuracies)
    assert math.fsum(found) == pytest.approx(1.0)
    return dict(zip(labels, found.tolist(), strict=True))


def shares(odds):
    return {label: value / sum(odds.values()) for label, value in odds.items()}


@pytest.mark.parametrize(
    ("classes", "accuracy", "odds"),
    [
        pytest.param(2, 0.8, 4.0, id="two-labels"),
        # 0.8 against 0.1 for each other label.
        pytest.param(3, 0.8, 8.0, id="three-labels"),
        pytest.param(2, 0.5, 1.0, id="at-chance"),
        pytest.param(4, 0.25, 1.0, id="at-chance-of-four"),
    ],
)
def test_a_vote_multiplies_the_odds_by_what_is_worked_out_by_hand(classes, accuracy, odds):
    labels = ["billing", *(f"other-{n}" for n in range(classes - 1))]
    assert assumed_odds(labels, make_vote("billing"), accuracy) == pytest.approx(odds)


def test_a_vote_that_is_half_for_another_label_multiplies_its_odds_less():
    torn = make_vote("billing", distribution={"billing": 0.5, "returns": 0.5})
    # Half of 0.8 and half of 0.1, against as much for returns and 0.1 for shipping.
    assert assumed_odds(LABELS, torn, 0.8) == pytest.approx(0.45 * 2 / (0.45 + 0.1))


def test_a_labeler_that_never_errs_still_has_finite_odds():
    assert 1e6 < assumed_odds(LABELS, make_vote("billing"), 1.0) < math.inf


def test_one_vote_has_the_assumed_accuracy_as_its_posterior():
    found = posterior(make_vote("billing", labeler="ann"))
    assert found == pytest.approx({"billing": 0.8, "returns": 0.1, "shipping": 0.1})


def test_two_who_differ_are_weighed_by_odds_worked_by_hand():
    # ann: 0.8 against 0.1; bob: 0.7 against 0.15.
    found = posterior(make_vote("billing", labeler="ann"), make_vote("returns", labeler="bob"))
    odds = {"billing": 0.8 * 0.15, "returns": 0.1 * 0.7, "shipping": 0.1 * 0.15}
    assert found == pytest.approx(shares(odds))


def test_strangers_who_agree_multiply_their_odds():
    # bob: 0.7 against 0.15; cyd: 0.6 against 0.2.
    found = posterior(make_vote("billing", labeler="bob"), make_vote("billing", labeler="cyd"))
    assert found["billing"] == pytest.approx(shares({"us": 0.42, "them": 2 * 0.03})["us"])


def test_the_weaker_of_a_family_adds_what_a_second_vote_adds():
    votes = [make_vote("billing", labeler=name, family="qwen") for name in ("bob", "cyd")]
    # 2 / (1 + 0.7) - 1 = 0.17647 of the weaker vote's log-odds.
    odds = (0.7 / 0.15) * (0.6 / 0.2) ** (2 / 1.7 - 1)
    assert posterior(*votes)["billing"] == pytest.approx(odds / (odds + 2))


def test_a_vote_of_a_mixed_mind_counts_by_its_mass():
    # Mass 0.6 and 0.4: 0.6 x 0.8 + 0.4 x 0.1 = 0.52, 0.4 x 0.8 + 0.6 x 0.1 = 0.38, and 0.1.
    mixed = make_vote("billing", labeler="ann", distribution={"billing": 0.6, "returns": 0.4})
    assert posterior(mixed) == pytest.approx({"billing": 0.52, "returns": 0.38, "shipping": 0.1})


def test_nothing_is_claimed_above_the_cap():
    votes = [make_vote("billing", labeler=name) for name in ACCURACIES]
    assert max(posterior(*votes).values()) == pytest.approx(UNCALIBRATED_CAP)


names = st.sampled_from("uvwxyz")
families = st.sampled_from(["", "qwen", "list"])
labelers = st.dictionaries(
    names, st.tuples(st.sampled_from(LABELS), families, st.floats(0.01, 0.99)), min_size=1
)


def told(chosen):
    votes = [make_vote(label, labeler=n, family=fam) for n, (label, fam, _) in chosen.items()]
    return votes, {name: accuracy for name, (_, _, accuracy) in chosen.items()}


@given(labelers, st.sampled_from(LABELS), families, st.floats(0.01, 0.99))
def test_one_more_agreeing_vote_never_lowers_its_label(chosen, label, family, accuracy):
    votes, accuracies = told(chosen)
    more = make_vote(label, labeler="one-more", family=family)
    before = posterior(*votes, accuracies=accuracies)[label]
    after = posterior(*votes, more, accuracies=accuracies | {"one-more": accuracy})[label]
    assert after >= before - 1e-9


@given(labelers, st.sampled_from(LABELS))
def test_what_all_name_is_not_beaten_by_a_label_that_nobody_names(chosen, label):
    votes, accuracies = told({n: (label, fam, a) for n, (_, fam, a) in chosen.items()})
    found = posterior(*votes, accuracies=accuracies)
    assert found[label] >= max(found.values()) - 1e-9
