"""Every decision has a known chance to be drawn, and the draw keeps to it."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.auditing import inclusions, systematic

STRATA = st.lists(
    st.tuples(st.integers(1, 400), st.floats(0.05, 0.5)), min_size=1, max_size=40
).map(lambda pairs: tuple(zip(*pairs, strict=True)))


@given(strata=STRATA, wanted=st.integers(1, 300))
def test_every_chance_lies_between_0_and_1_and_they_sum_to_the_size(strata, wanted):
    sizes, spreads = strata
    chances = inclusions(sizes, spreads, wanted)
    assert all(0 < chance <= 1 for chance in chances)
    expected = sum(size * chance for size, chance in zip(sizes, chances, strict=True))
    assert expected == pytest.approx(min(wanted, sum(sizes)))


@given(strata=STRATA, wanted=st.integers(1, 300))
def test_every_stratum_may_expect_its_floor(strata, wanted):
    sizes, spreads = strata
    floor = min(1.0, wanted / (2 * len(sizes)))
    for size, chance in zip(sizes, inclusions(sizes, spreads, wanted), strict=True):
        assert size * chance >= floor - 1e-9


def test_beyond_the_floor_audits_go_by_size_and_spread():
    few, many, unsure = inclusions([100, 300, 300], [0.2, 0.2, 0.4], 103)
    assert [100 * few - 1, 300 * many - 1, 300 * unsure - 1] == pytest.approx([10, 30, 60])


def test_a_stratum_that_is_used_up_hands_the_rest_to_the_others():
    small, large = inclusions([3, 100], [0.5, 0.05], 53)
    assert small == 1.0
    assert 100 * large == pytest.approx(50)


@given(strata=STRATA, wanted=st.integers(1, 300), start=st.floats(0, 1, exclude_max=True))
def test_the_draw_has_exactly_the_size_and_no_item_twice(strata, wanted, start):
    sizes, spreads = strata
    chances = inclusions(sizes, spreads, wanted)
    each = [p for size, p in zip(sizes, chances, strict=True) for _ in range(size)]
    drawn = systematic(each, start)
    assert len(drawn) == len(set(drawn)) == min(wanted, len(each))
    assert drawn == sorted(drawn)
    assert drawn[-1] < len(each)


def test_an_item_is_drawn_as_often_as_its_chance_says():
    chances, rounds = [0.9, 0.1, 0.25, 0.75, 0.5, 0.5], 4000
    random = Random(7)  # noqa: S311 - no secret
    seen = Counter(place for _ in range(rounds) for place in systematic(chances, random.random()))
    assert [seen[n] / rounds for n in range(6)] == pytest.approx(chances, abs=0.03)


def test_nothing_is_drawn_of_nothing():
    assert systematic([], 0.5) == []
