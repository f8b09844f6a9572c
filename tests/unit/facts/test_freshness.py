from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.domain import Fact, Facts, Unread
from deskquorum.facts import fresh

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def of_age(age, *names):
    fact = Fact(value="x", source="shop", read_at=NOON - age)
    return Facts(values=dict.fromkeys(names, fact))


@pytest.mark.parametrize(
    ("age", "max_age", "kept"),
    [
        pytest.param(HOUR, {"order.status": HOUR}, True, id="just-fresh"),
        pytest.param(HOUR * 1.001, {"order.status": HOUR}, False, id="just-stale"),
        pytest.param(HOUR * 2, {"order": HOUR}, False, id="its-record-is-named"),
        pytest.param(HOUR * 2, {"order": HOUR, "order.status": HOUR * 3}, True, id="longest-name"),
        pytest.param(HOUR * 2, {"order": HOUR * 3, "order.status": HOUR}, False, id="stricter"),
        pytest.param(HOUR * 9999, {"ord": HOUR, "customer": HOUR}, True, id="not-named"),
    ],
)
def test_a_fact_is_kept_while_it_is_young_enough(age, max_age, kept):
    facts = fresh(of_age(age, "order.status"), max_age, NOON)
    assert (len(facts.values), len(facts.unread)) == ((1, 0) if kept else (0, 1))


@pytest.mark.parametrize(
    ("limit", "written"),
    [
        pytest.param(timedelta(days=7), "7d", id="days"),
        pytest.param(HOUR, "1h", id="an-hour"),
        pytest.param(timedelta(minutes=90), "90m", id="no-whole-hours"),
        pytest.param(timedelta(seconds=90), "90s", id="no-whole-minutes"),
        pytest.param(timedelta(seconds=0.5), "0.5s", id="half-a-second"),
        pytest.param(timedelta(0), "0s", id="nothing-at-all"),
    ],
)
def test_a_stale_fact_says_where_it_came_from_and_how_old_it_may_be(limit, written):
    facts = fresh(of_age(limit * 2 + HOUR, "order.status"), {"order": limit}, NOON)
    assert facts.unread == {"order.status": Unread(source="shop", why=f"older-than-{written}")}


def test_what_the_ticket_brought_has_no_age():
    told = Fact(value="x", source="ticket", read_at=NOON - HOUR * 99)
    facts = fresh(Facts(values={"order.status": told}), {"order": HOUR}, NOON)
    assert facts.values == {"order.status": told}


def test_what_was_not_read_before_stays_unread():
    before = {"order.total": Unread(source="shop", why="timeout")}
    assert fresh(Facts(unread=before), {"order": HOUR}, NOON).unread == before


def test_ages_compare_across_zones():
    fact = Fact(value="x", source="s", read_at=datetime.fromisoformat("2026-11-20T13:30:00+02:00"))
    facts = fresh(Facts(values={"order.status": fact}), {"order": HOUR}, NOON)
    assert "order.status" in facts.values
