from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.domain import Fact, Facts
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
    facts, reasons = fresh(of_age(age, "order.status"), max_age, NOON)
    assert (len(facts.values), len(reasons)) == ((1, 0) if kept else (0, 1))


def test_a_stale_fact_says_where_it_came_from_and_how_old_it_may_be():
    _, reasons = fresh(of_age(HOUR * 2, "order.status"), {"order": HOUR}, NOON)
    assert reasons[0].code == "stale-fact"
    assert reasons[0].params == {
        "fact": "order.status",
        "source": "shop",
        "read_at": "2026-11-20T10:00:00+00:00",
        "max_age": "1:00:00",
    }


def test_ages_compare_across_zones():
    fact = Fact(value="x", source="s", read_at=datetime.fromisoformat("2026-11-20T13:30:00+02:00"))
    facts, _ = fresh(Facts(values={"order.status": fact}), {"order": HOUR}, NOON)
    assert "order.status" in facts.values
