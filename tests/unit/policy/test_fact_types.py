from datetime import UTC, datetime

import pytest

from deskquorum.policy.fact_types import DeclarationError, read_type
from deskquorum.policy.fitting import UnfitError, fitted


@pytest.mark.parametrize(
    ("declared", "value", "bound"),
    [
        pytest.param("string", "a", "a", id="text"),
        pytest.param({"type": "string", "values": ["a"]}, "a", "a", id="listed-value"),
        pytest.param("int", 2**63 - 1, 2**63 - 1, id="largest-number"),
        pytest.param("money", 2400, 2400, id="money-is-minor-units"),
        pytest.param("bool", False, False, id="false"),
        pytest.param("date", "2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), id="date"),
        pytest.param(
            "time", "2026-11-01T01:00:00+02:00", datetime(2026, 10, 31, 23, tzinfo=UTC), id="time"
        ),
        pytest.param(["int"], [1, 2], [1, 2], id="list"),
        pytest.param({"map": "int"}, {"a": 1}, {"a": 1}, id="map"),
        pytest.param({"map": {"a": "int"}}, {"x": {"a": 1}}, {"x": {"a": 1}}, id="map-of-records"),
        pytest.param({"record": {"a": ["int"]}}, {"a": [1]}, {"a": [1]}, id="record"),
        pytest.param(
            {"list": {"type": "string", "currency": "string"}},
            [{"type": "a", "currency": "b"}],
            [{"type": "a", "currency": "b"}],
            id="record-with-a-field-called-type",
        ),
        pytest.param({"type": "money", "currency": "USD"}, "24.5", 2450, id="decimal-text"),
        pytest.param({"type": "money", "currency": "USD"}, 24, 2400, id="whole-amount"),
        pytest.param({"type": "money", "currency": "JPY"}, "24", 24, id="no-minor-units"),
        pytest.param(
            {"type": "time", "zone": "America/New_York"},
            "2026-01-31T09:00:00",
            datetime(2026, 1, 31, 14, tzinfo=UTC),
            id="time-in-a-zone",
        ),
        pytest.param(
            {"type": "time", "zone": "America/New_York"},
            "2026-01-31T09:00:00Z",
            datetime(2026, 1, 31, 9, tzinfo=UTC),
            id="its-own-zone-wins",
        ),
        pytest.param([{"a": "int", "b": "int?"}], [{"a": 1, "z": 9}], [{"a": 1}], id="records"),
    ],
)
def test_a_fitting_value_is_bound(declared, value, bound):
    assert fitted(read_type(declared).type, value) == bound


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        pytest.param("string", 1, id="number-for-text"),
        pytest.param("string", "\ud800", id="half-a-character"),
        pytest.param({"type": "string", "values": ["a"]}, "b", id="value-not-listed"),
        pytest.param("int", True, id="true-for-a-number"),
        pytest.param("int", "1", id="text-for-a-number"),
        pytest.param("int", 2**63, id="number-too-large"),
        pytest.param("int", 1.0, id="float-for-a-number"),
        pytest.param("bool", 1, id="number-for-true"),
        pytest.param("date", "2026-02-30", id="no-such-day"),
        pytest.param("date", "20261101", id="date-without-dashes"),
        pytest.param("date", "2026-11-01T00:00:00Z", id="time-for-a-date"),
        pytest.param("time", "2026-11-01T00:00:00", id="time-without-zone"),
        pytest.param(
            {"type": "time", "zone": "America/New_York"},
            "2026-11-01T01:30:00",
            id="an-hour-that-happens-twice",
        ),
        pytest.param(
            {"type": "time", "zone": "America/New_York"},
            "2026-03-08T02:30:00",
            id="an-hour-that-is-skipped",
        ),
        pytest.param({"type": "money", "currency": "USD"}, "24.005", id="half-a-cent"),
        pytest.param({"type": "money", "currency": "USD"}, 24.5, id="float-for-an-amount"),
        pytest.param({"type": "money", "currency": "USD"}, True, id="true-for-an-amount"),
        pytest.param({"map": "int"}, [1], id="list-for-a-map"),
        pytest.param({"map": "int"}, {"a": "1"}, id="one-wrong-value"),
        pytest.param("time", "0001-01-01T00:00:00+14:00", id="before-all-time"),
        pytest.param(["int"], [1, "2"], id="one-wrong-element"),
        pytest.param(["int"], "12", id="text-for-a-list"),
        pytest.param([{"a": "int", "b": "int"}], [{"a": 1}], id="record-without-a-field"),
        pytest.param([{"a": "int", "b": "int"}], ["x"], id="text-for-a-record"),
    ],
)
def test_a_value_of_another_type_does_not_fit(declared, value):
    with pytest.raises(UnfitError):
        fitted(read_type(declared).type, value)


@pytest.mark.parametrize(
    ("declared", "keys", "message"),
    [
        pytest.param("strin", (), "unknown type 'strin'", id="misspelt"),
        pytest.param(3, (), "no type", id="number"),
        pytest.param({"type": "strin"}, ("type",), "unknown type 'strin'", id="long-form"),
        pytest.param({"type": "int", "values": ["a"]}, ("values",), "only a string has values",
                     id="values-of-a-number"),
        pytest.param({"list": {"a": "strin"}}, ("list", "a"), "unknown type 'strin'", id="field"),
        pytest.param({"list": {"A": "int"}}, ("list", "A"), "'A' is no field name", id="name"),
        pytest.param({"list": "int?"}, ("list",), "an element can't be absent",
                     id="absent-element"),
        pytest.param([["int"]], (0,), "lists and maps hold values or records", id="nested-list"),
        pytest.param({"map": ["int"]}, ("map",), "lists and maps hold values or records",
                     id="map-of-lists"),
        pytest.param({"record": {"a": {"map": {"b": "strin"}}}}, ("record", "a", "map", "b"),
                     "unknown type 'strin'", id="deep-inside"),
        pytest.param({"type": "money", "currency": "dollars"}, ("currency",),
                     "'dollars' is no currency", id="currency"),
        pytest.param({"type": "int", "currency": "USD"}, ("currency",),
                     "only money has a currency", id="currency-of-a-number"),
        pytest.param({"type": "time", "zone": "EDT/5"}, ("zone",), "'EDT/5' is no time zone",
                     id="zone"),
        pytest.param({"type": "date", "zone": "UTC"}, ("zone",), "only a time has a zone",
                     id="zone-of-a-date"),
        pytest.param({"list": {"a": {"record": {"b": "int"}, "optional": True}}}, ("list", "a"),
                     "a date, time or record in a record can't be absent", id="absent-record"),
        pytest.param({"list": {"a": "date?", "b": "int"}}, ("list", "a"),
                     "a date, time or record in a record can't be absent",
                     id="absent-date"),
    ],
)  # fmt: skip
def test_a_faulty_declaration_names_its_faulty_part(declared, keys, message):
    with pytest.raises(DeclarationError) as caught:
        read_type(declared)
    assert (caught.value.keys, caught.value.message) == (keys, message)


def test_a_record_may_have_a_field_called_type():
    spec = read_type({"list": {"type": "string", "id": "string"}})
    assert list(spec.type.element.fields) == ["type", "id"]


@pytest.mark.parametrize("declared", ["int?", {"type": "int?"}, {"type": "int", "optional": True}])
def test_a_question_mark_makes_a_fact_optional(declared):
    assert read_type(declared).optional
