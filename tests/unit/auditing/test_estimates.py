"""Shares by weight, with intervals that hold."""

from random import Random

import pytest

from deskquorum.auditing import inclusions, systematic
from deskquorum.auditing.estimates import share, wilson


def test_the_interval_is_wilsons():
    # Newcombe 1998, table I: 81 of 263, and 0 of 20.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


def test_nothing_looked_at_tells_nothing():
    found = share([], [])
    assert (found.value, found.low, found.high, found.n) == (None, 0.0, 1.0, 0)


def test_weights_count_what_each_item_stands_for():
    found = share([True, False, False], [1.0, 1.0, 8.0])
    assert found.value == pytest.approx(0.1)
    assert found.effective == pytest.approx(100 / 66)


def test_equal_weights_are_worth_what_they_are():
    assert share([True, False], [5.0, 5.0]).effective == pytest.approx(2)


SIZES, RATES, WANTED, ROUNDS = [4000, 800, 200], [0.02, 0.2, 0.6], 150, 2000


@pytest.fixture(scope="module")
def drawn_often():
    """Many draws of the same decisions, a tenth of which is wrong, more where doubt is."""
    random = Random(11)  # noqa: S311 - made-up tickets
    wrong = [
        [random.random() < rate for _ in range(n)] for n, rate in zip(SIZES, RATES, strict=True)
    ]
    chances = inclusions(SIZES, [0.15, 0.4, 0.5], WANTED)
    each = [p for size, p in zip(SIZES, chances, strict=True) for _ in range(size)]
    items = [hit for those in wrong for hit in those]
    found = []
    for _ in range(ROUNDS):
        places = systematic(each, random.random())
        found.append(share([items[n] for n in places], [1 / each[n] for n in places]))
    plain = [sum(items[n] for n in systematic(each, random.random())) / WANTED for _ in range(200)]
    return sum(items) / len(items), found, sum(plain) / len(plain)


def test_the_weighted_share_is_right_on_average(drawn_often):
    truth, found, _ = drawn_often
    assert sum(one.value for one in found) / ROUNDS == pytest.approx(truth, abs=0.002)


def test_without_weights_it_would_be_wrong(drawn_often):
    truth, _, plain = drawn_often
    assert plain > truth + 0.05


def test_the_interval_holds_the_truth_as_often_as_it_says(drawn_often):
    truth, found, _ = drawn_often
    assert sum(one.low <= truth <= one.high for one in found) / ROUNDS >= 0.95
