import numpy as np
import pytest

from deskquorum.reconciliation import UNCALIBRATED_CAP
from deskquorum.reconciliation.posterior import capped, held_to_votes, log_softmax, softmax


def test_scores_become_shares_of_their_odds():
    # Odds 1 : 3, and 2 : 2.
    scores = np.log([[1.0, 3.0], [2.0, 2.0]])
    assert softmax(scores) == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert np.exp(log_softmax(scores)) == pytest.approx(softmax(scores))


def test_scores_too_large_for_a_float_still_make_probabilities():
    scores = np.array([[2000.0, -2000.0], [-5000.0, -5000.0]])
    assert softmax(scores) == pytest.approx(np.array([[1.0, 0.0], [0.5, 0.5]]))
    assert np.isfinite(log_softmax(scores)).all()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([0.95, 0.04, 0.01], [0.9, 0.08, 0.02], id="what-is-cut-off-is-shared"),
        pytest.param([0.0, 1.0, 0.0], [0.05, 0.9, 0.05], id="certainty-is-spread-evenly"),
        pytest.param([0.9, 0.06, 0.04], [0.9, 0.06, 0.04], id="at-the-cap"),
        pytest.param([0.5, 0.5], [0.5, 0.5], id="below-the-cap"),
        pytest.param([1.0], [1.0], id="a-single-label"),
    ],
)
def test_no_probability_is_above_the_cap_where_there_is_a_choice(before, after):
    assert UNCALIBRATED_CAP == 0.9
    assert capped(np.array([before]))[0] == pytest.approx(after)


def test_capping_leaves_its_argument_and_an_empty_table_alone():
    before = np.array([[0.99, 0.01]])
    capped(before)
    assert before[0, 0] == 0.99
    assert capped(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("scores", "voted", "held"),
    [
        pytest.param([3, 1, 2], [0, 1, 0], [0.99, 1, 0.99], id="no-label-beats-the-only-one-named"),
        pytest.param([3, 1, 2], [0, 1, 1], [1.99, 1, 2], id="the-best-named-is-the-ceiling"),
        pytest.param([3, 1, 2], [1, 1, 0], [3, 1, 2], id="a-named-best-holds-nobody-down"),
        pytest.param([3, 1, 2], [0, 0, 0], [3, 1, 2], id="without-votes-nothing-is-held"),
        pytest.param([3, 1, 2], [1, 1, 1], [3, 1, 2], id="all-named"),
    ],
)
def test_a_prior_alone_overturns_no_votes(scores, voted, held):
    found = held_to_votes(np.array([scores], dtype=float), np.array([voted], dtype=bool))
    # A label without a vote stays 0.01 in log-odds below, which is seen in six digits.
    assert found[0] == pytest.approx(held)
