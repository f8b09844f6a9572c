"""A condition is taken apart at its own joints, and only what decides is told."""

from datetime import UTC, datetime

import pytest

from deskquorum.cli.policy_parts import Taker, telling
from deskquorum.domain import Fact, Facts
from deskquorum.pack import starter_pack
from deskquorum.policy import bind, load_policies

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FACTS = {
    "order.status": "delivered",
    "order.delivered_at": "2026-11-12",
    "order.total_minor": 9000,
    "order.user_id": "C-1",
    "requester.customer_id": "C-2",
}


@pytest.fixture(scope="module")
def take():
    book = load_policies(starter_pack("policies"))
    values = {name: Fact(value=value, source="t", read_at=NOW) for name, value in FACTS.items()}
    bindings = bind(book, facts=Facts(values=values), answers={}, claimed={}, args={}, now=NOW)
    return Taker(environment=book.environment, bindings=bindings, action=None).take


def told(part):
    return [(inner.text, inner.state) for inner in telling(part)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(
            "order.total_minor > 1 && order.total_minor < 5",
            [("order.total_minor < 5", "fails")],
            id="of-and-that-fails-what-fails",
        ),
        pytest.param(
            "order.total_minor > 1 && known.order",
            [("order.total_minor > 1", "holds"), ("known.order", "holds")],
            id="of-and-that-holds-everything",
        ),
        pytest.param(
            "order.total_minor > 1 || order.total_minor < 5",
            [("order.total_minor > 1", "holds")],
            id="of-or-that-holds-what-holds",
        ),
        pytest.param(
            "order.total_minor < 1 || order.total_minor < 5",
            [("order.total_minor < 1", "fails"), ("order.total_minor < 5", "fails")],
            id="of-or-that-fails-everything",
        ),
        pytest.param(
            'known.order && (order.currency == "USD" || order.total_minor < 5)',
            [('order.currency == "USD"', "unknown")],
            id="of-what-is-open-what-is-unknown",
        ),
        pytest.param(
            "order.total_minor < 1 || order.total_minor > 5 && order.total_minor < 7",
            [("order.total_minor < 1", "fails"), ("order.total_minor < 7", "fails")],
            id="or-binds-less-tightly-than-and",
        ),
        pytest.param(
            "(order.total_minor > 1) && ((order.total_minor > 2 && known.order))",
            [
                ("order.total_minor > 1", "holds"),
                ("order.total_minor > 2", "holds"),
                ("known.order", "holds"),
            ],
            id="brackets-around-a-part-are-opened",
        ),
        pytest.param(
            "known.order ? order.total_minor > 1 : order.total_minor < 1 && known.order",
            [
                (
                    "known.order ? order.total_minor > 1 : order.total_minor < 1 && known.order",
                    "holds",
                )
            ],
            id="a-choice-stays-whole",
        ),
        pytest.param(
            'order.user_id in ["a && b", "C-1"]',
            [('order.user_id in ["a && b", "C-1"]', "holds")],
            id="marks-inside-a-text-are-no-joints",
        ),
        pytest.param(
            "known.order && cond.own_order",
            [("cond.own_order (order.user_id == requester.customer_id)", "fails")],
            id="a-named-condition-shows-what-it-stands-for",
        ),
    ],
)
def test_the_parts_that_decide_are_told(take, condition, expected):
    assert told(take(condition)) == expected


TRIP = """\
policy: trip
version: "1"
facts:
  flights: [string]
  trip.note: string?
  rows: {map: {seats: int}}
conditions:
  free(f, persons): f in rows && rows[f].seats >= persons
"""


@pytest.fixture
def take_trip(tmp_path):
    (tmp_path / "trip.yaml").write_text(TRIP, encoding="utf-8")
    book = load_policies(tmp_path)
    told = {"flights": ["A", "B"], "rows": {"A": {"seats": 2}, "B": {"seats": 1}}}
    values = {
        name: Fact(value=value, source="t", read_at=NOW)
        for name, value in (told | {"trip.note": None}).items()
    }
    bindings = bind(book, facts=Facts(values=values), answers={}, claimed={}, args={}, now=NOW)
    return Taker(environment=book.environment, bindings=bindings, action=None).take


def test_a_named_condition_is_told_with_its_arguments(take_trip):
    part = take_trip('cond.free("A", 1 + 2)')
    assert (part.text, part.state) == ('cond.free("A", 1 + 2)', "fails")
    assert told(part) == [('rows["A"].seats >= (1 + 2)', "fails")]


def test_the_element_on_which_a_loop_over_a_named_condition_failed_is_told(take_trip):
    part = take_trip("flights.all(f, cond.free(f, 2))")
    assert (part.text, part.state) == ("flights.all(f, cond.free(f, 2))", "fails")
    assert part.values[-1] == 'failed on element 2: "B"'


def test_of_what_is_absent_the_fact_is_told(take_trip):
    assert take_trip("absent.trip.note").values == ("trip.note is absent (null)",)


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        pytest.param(
            "order.delivered_at < now",
            (
                "order.delivered_at is 2026-11-12T00:00:00+00:00",
                "now is 2026-11-20T12:00:00+00:00",
            ),
            id="times",
        ),
        pytest.param('order.user_id == "x"', ('order.user_id is "C-1"',), id="a-text"),
        pytest.param('order.currency == "x"', ("order.currency was not read",), id="not-read"),
        pytest.param("known.order.currency", (), id="asking-whether-it-was-read"),
    ],
)
def test_a_part_names_the_values_that_it_read(take, condition, values):
    assert take(condition).values == values
