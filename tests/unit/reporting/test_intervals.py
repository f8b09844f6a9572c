"""Intervals against numbers worked by hand and against what they promise."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.reporting.intervals import bootstrap_mean, difference, too_many, wilson

amounts = st.lists(st.decimals(0, 10_000, places=4), min_size=2, max_size=20)


@given(hits=st.integers(0, 50), misses=st.integers(0, 50))
def test_a_share_lies_in_its_interval(hits, misses):
    low, high = wilson(hits, hits + misses)
    assert 0 <= low <= high <= 1
    if hits + misses:
        assert low <= hits / (hits + misses) + 1e-12
        assert hits / (hits + misses) <= high + 1e-12


@pytest.mark.parametrize("values", [[], [Decimal(5)]], ids=["nothing", "one amount"])
def test_too_few_amounts_have_no_interval(values):
    assert bootstrap_mean(values) is None


@settings(deadline=None, max_examples=20)
@given(amounts)
def test_an_interval_of_amounts_lies_among_them(values):
    low, high = bootstrap_mean(values)
    assert min(values) <= low <= high <= max(values)


def test_amounts_that_are_all_alike_have_a_mean_without_doubt():
    assert bootstrap_mean([Decimal("0.000421")] * 3) == (Decimal("0.000421"), Decimal("0.000421"))


def test_the_bootstrap_comes_close_to_theory_on_many_scores():
    # 400 scores, half 1 and half 5: the mean is 3, its standard error 2 / 20 = 0.1.
    low, high = bootstrap_mean([Decimal(1), Decimal(5)] * 200)
    assert float(low) == pytest.approx(3 - 1.96 * 0.1, abs=0.03)
    assert float(high) == pytest.approx(3 + 1.96 * 0.1, abs=0.03)


def test_many_distinct_amounts_have_the_normal_interval():
    # 1 to 2,001: mean 1,001, standard deviation 577.78, standard error 12.917.
    low, high = bootstrap_mean([Decimal(n) for n in range(1, 2002)])
    assert float(low) == pytest.approx(1001 - 1.96 * 12.917, abs=0.01)
    assert float(high) == pytest.approx(1001 + 1.96 * 12.917, abs=0.01)


def test_a_difference_is_newcombe_s():
    # Newcombe 1998, table II (a): 56/70 against 48/80; his method 10 gives 0.0524 to 0.3339.
    def ends(hits, of):
        return tuple(Decimal(repr(x)) for x in (hits / of, *wilson(hits, of)))

    by, low, high = difference(ends(56, 70), ends(48, 80))
    assert [float(x) for x in (by, low, high)] == pytest.approx([0.2, 0.0524, 0.3339], abs=1e-4)


@pytest.mark.parametrize(
    ("errors", "of", "many"),
    [
        pytest.param(0, 0, False, id="nothing audited"),
        pytest.param(2, 5, True, id="two of five: 0.0226"),
        pytest.param(1, 5, False, id="one of five: 0.2262"),
        pytest.param(9, 100, False, id="nine of a hundred: 0.0631"),
        pytest.param(10, 100, True, id="ten of a hundred: 0.0282"),
    ],
)
def test_errors_are_too_many_where_chance_rarely_gives_as_many(errors, of, many):
    assert too_many(errors, of, allowed=0.05, level=0.05) is many
