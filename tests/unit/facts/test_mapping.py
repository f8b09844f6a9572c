from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.facts import FactField
from deskquorum.facts.json_body import read_json
from deskquorum.facts.mapping import UnreadableError, moment_of, snapshot
from deskquorum.policy import decimal_text

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def told(record, **fields):
    """Values of the facts `f.NAME`, and no entry for what was not read."""
    placed = {f"f.{name}": field for name, field in fields.items()}
    facts = snapshot(record, placed, source="shop", read_at=NOON).values
    return {name.removeprefix("f."): fact.value for name, fact in facts.items()}


@pytest.mark.parametrize(
    ("record", "field", "expected"),
    [
        pytest.param({"a": {"b": "x"}}, FactField(at="a.b"), {"f": "x"}, id="a-path"),
        pytest.param({"a": [{"b": 1}, {"b": 2}]}, FactField(at="a.1.b"), {"f": 2}, id="a-position"),
        pytest.param({"a": None}, FactField(at="a"), {"f": None}, id="null-is-read-and-absent"),
        pytest.param({"b": 1}, FactField(at="a"), {}, id="a-missing-key-is-not-read"),
        pytest.param(
            {"b": 1}, FactField(at="a", optional=True), {"f": None}, id="optional-is-absent"
        ),
        pytest.param(
            {"a": None}, FactField(at="a.b", optional=True), {}, id="no-record-no-absence-either"
        ),
        pytest.param({"a": [1]}, FactField(at="a.7"), {}, id="beyond-the-end"),
        pytest.param({"a": [1]}, FactField(at="a.-1"), {}, id="not-from-the-end"),
        pytest.param("text", FactField(at="a"), {}, id="not-a-record"),
    ],
)
def test_a_fact_is_what_stands_at_its_path(record, field, expected):
    assert told(record, f=field) == expected


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        pytest.param(Decimal("24.10"), 2410, id="number"),
        pytest.param(Decimal("24.1"), 2410, id="number-without-last-zero"),
        pytest.param(Decimal("24.100"), 2410, id="number-with-a-zero-more"),
        pytest.param(24, 2400, id="whole-number"),
        pytest.param(100, 10000, id="zeros-before-the-point-stay"),
        pytest.param(Decimal("1E2"), 10000, id="exponent"),
        pytest.param("24.10", 2410, id="text"),
        pytest.param(Decimal("-5.5"), -550, id="negative"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_an_amount_becomes_whole_minor_units(value, minor):
    assert told({"a": value}, f=FactField(at="a", currency="USD")) == {"f": minor}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(24.1, id="float"),
        pytest.param(True, id="bool"),
        pytest.param(Decimal("24.105"), id="half-a-cent"),
        pytest.param(Decimal("24." + "0" * 29 + "1"), id="far-behind-the-point"),
        pytest.param(Decimal("NaN"), id="nan"),
        pytest.param(Decimal("1E999999"), id="huge"),
        pytest.param("24.100", id="text-with-thousands-or-zeros"),
        pytest.param("24,10", id="comma"),
        pytest.param("", id="empty"),
        pytest.param([], id="list"),
    ],
)
def test_an_amount_that_is_not_exact_is_not_read(value):
    assert told({"a": value}, f=FactField(at="a", currency="USD")) == {}


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "BHD"]))
def test_every_amount_a_body_writes_comes_back_exact(minor, currency):
    body = read_json(f'{{"a": {decimal_text(minor, currency)}}}'.encode())
    assert told(body, f=FactField(at="a", currency=currency)) == {"f": minor}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param({"a": "5", "cur": "JPY"}, {"f": 5}, id="from-the-record"),
        pytest.param({"a": "5"}, {}, id="not-there"),
        pytest.param({"a": "5", "cur": 7}, {}, id="no-code"),
        pytest.param({"a": "5", "cur": "euro"}, {}, id="a-word"),
    ],
)
def test_a_currency_may_stand_in_the_record(record, expected):
    assert told(record, f=FactField(at="a", currency="cur")) == expected


ITEMS = FactField(
    at="lines",
    items={"sku": FactField(at="product.sku"), "price_minor": FactField(at="p", currency="cur")},
)


def test_a_list_of_records_gets_the_declared_field_names():
    lines = [
        {"product": {"sku": "A"}, "p": Decimal("1.5")},
        {"product": {"sku": "B"}, "p": 7, "cur": "JPY"},
    ]
    found = told({"cur": "EUR", "lines": lines}, f=ITEMS)
    assert found == {"f": [{"sku": "A", "price_minor": 150}, {"sku": "B", "price_minor": 7}]}


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([{"product": {"sku": "A"}, "p": 1}, {"p": 1}], id="one-without-a-field"),
        pytest.param([{"product": {"sku": "A"}, "p": 0.1}], id="one-with-a-float"),
        pytest.param({"product": {"sku": "A"}, "p": 1}, id="no-list"),
    ],
)
def test_a_list_with_a_record_that_cannot_be_read_is_missing_as_a_whole(lines):
    assert told({"cur": "EUR", "lines": lines}, f=ITEMS) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(1, {"f": True}, id="one"),
        pytest.param(0, {"f": False}, id="zero"),
        pytest.param(True, {"f": True}, id="true"),
        pytest.param(2, {}, id="two"),
        pytest.param("1", {}, id="text"),
        pytest.param(None, {"f": None}, id="absent"),
    ],
)
def test_a_flag_is_0_or_1(value, expected):
    found = told({"a": value}, f=FactField(at="a", flag=True))
    assert found == expected
    assert all(isinstance(value, bool | None) for value in found.values())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(Decimal("0.30"), "0.30", id="fraction"),
        pytest.param(date(2026, 1, 31), "2026-01-31", id="date"),
        pytest.param(
            datetime(2026, 1, 31, 9, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-31T07:00:00+00:00",
            id="time",
        ),
        pytest.param(UUID(int=7), "00000000-0000-0000-0000-000000000007", id="uuid"),
        pytest.param([{"x": Decimal("1.5")}], [{"x": "1.5"}], id="nested"),
    ],
)
def test_a_value_of_another_kind_becomes_text(value, expected):
    assert told({"a": value}, f=FactField(at="a")) == {"f": expected}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(0.5, id="float"),
        pytest.param([1, [0.5]], id="float-inside"),
        pytest.param(datetime(2026, 1, 31), id="naive-time"),  # noqa: DTZ001 - that is the point
        pytest.param(b"x", id="bytes"),
        pytest.param(Decimal("Infinity"), id="infinity"),
        pytest.param(Decimal("1E999999"), id="a-megabyte-of-zeros"),
    ],
)
def test_a_value_that_says_nothing_exact_is_not_read(value):
    assert told({"a": value}, f=FactField(at="a")) == {}


@pytest.mark.parametrize(
    "field",
    [
        pytest.param({"at": ""}, id="no-path"),
        pytest.param({"at": "a..b"}, id="empty-key"),
        pytest.param({"at": "a", "currency": " "}, id="empty-currency"),
        pytest.param({"at": "a", "currency": "EUR", "flag": True}, id="amount-and-flag"),
        pytest.param({"at": "a", "items": {}, "flag": True}, id="list-and-flag"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(field):
    with pytest.raises(ValueError, match=r"is no path|not several"):
        FactField(**field)


@pytest.mark.parametrize(
    "value",
    ["2026-11-20T12:00:00", "yesterday", 1700000000, None, "0001-01-01T00:00:00+14:00"],
)
def test_a_time_without_zone_or_meaning_is_no_moment(value):
    with pytest.raises(UnreadableError):
        moment_of(value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a": 1, "a": 2}', id="key-twice"),
        pytest.param(b'{"a": NaN}', id="nan"),
        pytest.param(b'{"a": "\xff"}', id="not-utf-8"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"[" * 200_000, id="very-deep"),
        pytest.param(b"", id="empty"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="number-without-end"),
    ],
)
def test_a_body_that_is_not_plain_json_is_refused(body):
    with pytest.raises(ValueError):  # noqa: PT011 - the parser has words of its own
        read_json(body)


def test_a_mapping_to_records_keeps_its_keys():
    record = {"stock": {"A1": {"cost": Decimal("3.05")}, "A2": {"cost": 4}}}
    field = FactField(at="stock", items={"price_minor": FactField(at="cost", currency="EUR")})
    assert told(record, f=field) == {"f": {"A1": {"price_minor": 305}, "A2": {"price_minor": 400}}}


def test_one_faulty_record_leaves_a_whole_mapping_missing():
    record = {"stock": {"A1": {"cost": 3}, "A2": {"price": 4}}}
    field = FactField(at="stock", items={"price_minor": FactField(at="cost", currency="EUR")})
    assert told(record, f=field) == {}
