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
        pytest.param({"list": "int?"}, ("list",), "an element of a list can't be absent",
                     id="absent-element"),
        pytest.param([["int"]], (0,), "a list of lists can't be declared", id="nested-list"),
        pytest.param({"list": {"a": [{"b": "int", "c": "int"}]}}, ("list", "a"),
                     "a record can't hold a list of records", id="nested-records"),
        pytest.param({"list": {"a": "date?", "b": "int"}}, ("list", "a"),
                     "only a string, int, bool or money field of a record can be absent",
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
