"""Two runs, ticket by ticket: noise is told from what became worse; some things are no noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Route
from deskquorum.stress import Check, Outcome, compare
from deskquorum.stress.comparing import mcnemar

COUNT = st.integers(min_value=0, max_value=40)


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [
        pytest.param(0, 0, 1.0, id="nothing-differs"),
        pytest.param(1, 0, 1 / 2, id="one-lost"),
        pytest.param(5, 0, 1 / 32, id="five-lost"),
        pytest.param(0, 5, 1.0, id="five-gained"),
        # C(10,5) .. C(10,10): 252 + 210 + 120 + 45 + 10 + 1 of 1024
        pytest.param(5, 5, 638 / 1024, id="as-many-lost-as-gained"),
        # C(8,7) + C(8,8) of 256
        pytest.param(7, 1, 9 / 256, id="seven-to-one"),
    ],
)
def test_the_exact_p_value_is_the_one_worked_by_hand(lost, gained, p):
    assert mcnemar(lost, gained) == pytest.approx(p)


@given(lost=COUNT, gained=COUNT)
def test_one_more_loss_is_never_less_suspicious_and_one_more_gain_never_more(lost, gained):
    assert mcnemar(lost + 1, gained) <= mcnemar(lost, gained)
    assert mcnemar(lost, gained + 1) >= mcnemar(lost, gained)


@given(
    failed=st.lists(
        st.sets(st.sampled_from([c for c in Check if c not in {Check.AUTO, Check.LEAK}])),
        max_size=20,
    )
)
def test_a_run_is_never_worse_than_itself(failed):
    run = [
        Outcome(
            suite="s",
            id=str(place),
            digest="a",
            route=Route.HUMAN,
            checks={check: check not in wrong for check in Check},
        )
        for place, wrong in enumerate(failed)
    ]
    assert compare(run, run).worse == ()


def runs(outcome, check, *, lost, gained, same=30):
    names = [f"t{place}" for place in range(lost + gained + same)]
    before = [
        outcome(n, failed=[check] if lost <= i < lost + gained else []) for i, n in enumerate(names)
    ]
    after = [outcome(n, failed=[check] if i < lost else []) for i, n in enumerate(names)]
    return before, after


@pytest.mark.parametrize(
    ("lost", "gained", "worse"),
    [
        pytest.param(6, 0, False, id="six-could-be-chance-among-six-checks"),
        pytest.param(7, 0, True, id="seven-could-not"),
        pytest.param(7, 3, False, id="three-gained-beside-them"),
    ],
)
def test_lost_tickets_are_worse_once_chance_hardly_loses_so_many(outcome, lost, gained, worse):
    before, after = runs(outcome, Check.TEAM, lost=lost, gained=gained)
    found = compare(before, after)
    assert [change.check for change in found.worse] == ([Check.TEAM] if worse else [])


@pytest.mark.parametrize("check", [Check.AUTO, Check.LEAK])
def test_one_wrong_automatic_action_or_leak_is_worse_however_many_were_mended(outcome, check):
    before, after = runs(outcome, check, lost=1, gained=12)
    assert [change.check for change in compare(before, after).worse] == [check]


def test_what_never_may_happen_is_worse_in_a_first_run_too(outcome):
    found = compare(None, [outcome("a", failed=[Check.AUTO, Check.TEAM])])
    assert [change.check for change in found.worse] == [Check.AUTO]


def test_a_ticket_whose_text_changed_is_not_compared_yet_may_never_leak(outcome):
    before = [outcome("a"), outcome("b")]
    after = [
        outcome("a", digest="other", failed=[Check.TEAM]),
        outcome("b", digest="other", failed=[Check.LEAK]),
    ]
    found = compare(before, after)
    assert found.unpaired == (("s", "a"), ("s", "b"))
    assert [(c.check, c.lost) for c in found.changes if c.lost] == [(Check.LEAK, (("s", "b"),))]


def test_a_check_that_applies_to_one_of_the_runs_only_is_not_compared(outcome):
    before = [outcome("a", checks=[Check.AUTO])]
    after = [outcome("a", failed=[Check.LABELS])]
    assert {c.check: c.pairs for c in compare(before, after).changes}[Check.LABELS] == 0


def test_tickets_that_are_gone_are_told(outcome):
    assert compare([outcome("a"), outcome("b")], [outcome("a")]).gone == (("s", "b"),)
