import numpy as np
import pytest

from deskquorum.reconciliation.discount import RHO_BETWEEN, RHO_WITHIN, discounted_scores


def scores_of(*votes, items=1, labels=3):
    """Scores by votes `(item, label, family, weight)` that count alike against all other labels."""
    item, label, family = (np.array([v[n] for v in votes], dtype=np.int64) for n in range(3))
    against = np.array([[v[3] * (k != v[1]) for k in range(labels)] for v in votes], dtype=float)
    return discounted_scores(item, label, family, against.reshape(-1, labels), items=items)


@pytest.mark.parametrize(
    ("votes", "total"),
    [
        pytest.param([(0, 1.0)], 1.0, id="one-vote-counts-whole"),
        # n / (1 + (n - 1) 0.7): 2 / 1.7, 3 / 2.4.
        pytest.param([(0, 1.0)] * 2, 2 / 1.7, id="two-of-a-family"),
        pytest.param([(0, 1.0)] * 3, 3 / 2.4, id="three-of-a-family"),
        # n / (1 + (n - 1) 0.2): 2 / 1.2, 3 / 1.4.
        pytest.param([(0, 1.0), (1, 1.0)], 2 / 1.2, id="two-families"),
        pytest.param([(0, 1.0), (1, 1.0), (2, 1.0)], 3 / 1.4, id="three-families"),
        # The stronger counts whole, the weaker by what a second adds: 2 / 1.7 - 1 = 0.17647.
        pytest.param([(0, 1.0), (0, 4.0)], 4 + 0.3 / 1.7, id="the-strongest-first"),
        # The family weighs 2 / 1.7 = 1.17647; the lone vote comes second: 2 / 1.2 - 1 = 2 / 3.
        pytest.param([(0, 1.0), (0, 1.0), (1, 1.0)], 2 / 1.7 + 2 / 3, id="a-family-and-another"),
        # The lone vote is the stronger one now, the family second.
        pytest.param([(0, 1.0), (0, 1.0), (1, 3.0)], 3 + 2 / 3 * 2 / 1.7, id="family-comes-second"),
    ],
)
def test_agreeing_votes_weigh_their_effective_number(votes, total):
    assert (RHO_WITHIN, RHO_BETWEEN) == (0.7, 0.2)
    scores = scores_of(*((0, 1, family, weight) for family, weight in votes))
    assert scores[0] == pytest.approx([-total, 0.0, -total])


def test_many_copies_never_weigh_more_than_the_limit_of_their_correlation():
    # n / (1 + (n - 1) 0.7) tends to 1 / 0.7.
    scores = scores_of(*[(0, 0, 0, 1.0)] * 1000)
    assert -1 / 0.7 < scores[0, 1] < -1.427


def test_votes_for_different_labels_are_not_taken_for_copies():
    scores = scores_of((0, 0, 0, 1.0), (0, 1, 0, 2.0))
    assert scores[0] == pytest.approx([-2.0, -1.0, -3.0])


def test_votes_on_other_items_change_nothing():
    scores = scores_of((0, 0, 0, 1.0), (1, 0, 0, 1.0), (1, 0, 0, 1.0), items=3)
    assert scores[0] == pytest.approx([0.0, -1.0, -1.0])
    assert scores[2].tolist() == [0.0, 0.0, 0.0]


def test_without_votes_every_score_is_zero():
    assert scores_of(items=2).tolist() == [[0.0] * 3] * 2


def test_a_weak_agreeing_vote_never_pulls_a_strong_one_down():
    # Scaled sums would: (5 + 0.1) / 1.7 = 3 is less than 5.
    assert scores_of((0, 0, 0, 5.0), (0, 0, 0, 0.1))[0, 1] < scores_of((0, 0, 0, 5.0))[0, 1]
