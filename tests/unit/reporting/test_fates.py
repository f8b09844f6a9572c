"""When a conversation counts as resolved, and when it is too early to say."""

from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.domain import Route
from deskquorum.reporting import Rows
from deskquorum.reporting.fates import conversations

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WINDOW = timedelta(days=3)


@pytest.fixture
def fate(week, decided, told):
    """What became of one conversation that was decided on Monday at midnight."""

    def of(*outcomes, day=30.0, more=()):
        rows = Rows(
            decisions=[decided("c"), *more], outcomes=[told("c", *outcome) for outcome in outcomes]
        )
        (found,) = conversations(rows, week, window=WINDOW, now=MONDAY + timedelta(days=day))
        return found

    return of


@pytest.mark.parametrize(
    ("outcomes", "confirmed"),
    [
        pytest.param([("1", "resolved")], True, id="closed and left closed"),
        pytest.param([], False, id="never closed"),
        pytest.param([("4", "resolved")], False, id="closed too late"),
        pytest.param([("1", "resolved"), ("3.9", "reopened")], False, id="opened again"),
        pytest.param([("1", "resolved"), ("4.1", "reopened")], True, id="opened again later"),
        pytest.param(
            [("1", "resolved"), ("2", "reopened"), ("2.5", "resolved")],
            False,
            id="closed a second time",
        ),
        pytest.param([("-1", "resolved")], False, id="closed before the desk decided"),
    ],
)
def test_a_resolution_is_confirmed_once_it_stayed_closed(fate, outcomes, confirmed):
    found = fate(*((float(day), kind) for day, kind in outcomes))
    assert found.settled
    assert found.confirmed is confirmed


@pytest.mark.parametrize(
    ("outcomes", "day", "settled"),
    [
        pytest.param([], 2.9, False, id="may still be closed"),
        pytest.param([], 3.0, True, id="was not closed"),
        pytest.param([(1.0, "resolved")], 3.9, False, id="may still be opened again"),
        pytest.param([(1.0, "resolved")], 4.0, True, id="stayed closed"),
        pytest.param([(1.0, "resolved"), (2.0, "reopened")], 3.9, False, id="failed early"),
    ],
)
def test_a_conversation_pends_until_its_time_is_over(fate, outcomes, day, settled):
    assert fate(*outcomes, day=day).settled is settled


def test_what_is_told_after_now_is_not_known_yet(fate):
    assert not fate((5.0, "incident", "privacy"), day=4.0).incidents


def test_a_later_decision_that_gives_it_to_a_person_is_an_escalation(fate, decided):
    handed = decided("c", 8.0, route=Route.HUMAN, id="d2")
    assert not fate(more=[handed]).escalated  # after the window
    earlier = decided("c", 6.9, id="d3")
    found = fate(more=[earlier, handed])
    assert found.alone
    assert found.escalated


def test_a_decision_for_a_person_in_the_week_means_that_it_was_not_alone(fate, decided):
    assert not fate(more=[decided("c", 1.0, route=Route.HUMAN, id="d2")]).alone


def test_conversations_of_other_weeks_are_left_out(week, decided):
    rows = Rows(decisions=[decided("a", -0.01), decided("b", 7.0)])
    assert not list(conversations(rows, week, window=WINDOW, now=MONDAY + WINDOW))


def test_the_newest_score_counts(fate):
    assert fate((1.0, "csat", "2"), (2.0, "csat", "5")).csat == 5
