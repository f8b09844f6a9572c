"""What systems tell and what conditions read, both ways."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Fact, Facts
from deskquorum.policy import UnfitError, bind, load_policies, told
from deskquorum.policy.fact_types import read_type
from deskquorum.policy.fitting import fitted

NOW = datetime(2026, 11, 12, 15, 0, tzinfo=UTC)
SCALARS = {
    "string": st.text(st.characters(exclude_categories=["Cs"])),
    "int": st.integers(-(2**63) + 1, 2**63 - 1),
    "bool": st.booleans(),
    "date": st.dates().map(lambda day: day.isoformat()),
    "time": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()),
    "money": st.integers(-(10**15), 10**15),
}
AMOUNT = {"type": "money", "currency": "KWD"}
AMOUNTS = st.integers(-(10**12), 10**12).map(lambda n: f"{'-' * (n < 0)}{abs(n)}.5")


@st.composite
def told_values(draw):
    """A declared type, and a value that fits it."""
    name = draw(st.sampled_from([*SCALARS, "amount"]))
    written, values = (AMOUNT, AMOUNTS) if name == "amount" else (name, SCALARS[name])
    match draw(st.sampled_from(["plain", "list", "map", "records"])):
        case "plain":
            return written, draw(values)
        case "list":
            return [written], draw(st.lists(values, max_size=3))
        case "map":
            return {"map": written}, draw(st.dictionaries(st.text("abc"), values, max_size=3))
        case _:
            declared = {"list": {"a": written, "b": {"type": "int", "optional": True}}}
            one = st.fixed_dictionaries({"a": values}, optional={"b": SCALARS["int"]})
            return declared, draw(st.lists(one, max_size=3))


@given(told_values())
def test_what_is_told_is_read_the_same_again(case):
    written, value = case
    kind = read_type(written).type
    read = fitted(kind, value)
    assert fitted(kind, told(kind, read)) == read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("string", None, id="nothing"),
        pytest.param("string", 1.5, id="a-binary-float"),
        pytest.param(["string"], "text", id="one-for-a-list"),
        pytest.param({"map": "int"}, [1], id="a-list-for-a-mapping"),
        pytest.param("string", NOW, id="a-moment-for-a-text"),
    ],
)
def test_what_does_not_fit_is_not_told(written, value):
    with pytest.raises(UnfitError):
        told(read_type(written).type, value)


def test_records_that_a_condition_gives_are_what_was_read(bench):
    topic = """\
    policy: p
    version: "1"
    facts:
      trips:
        list: {id: string, at: time, note: string?, tags: [string], seats: {map: int},
               home: {record: {city: string, since: date}}}
    """
    trips = [
        {
            "id": "t1",
            "at": "2026-10-30T10:00:00.250000+00:00",
            "tags": ["a", "b"],
            "seats": {"12A": 1, "12B": 0},
            "home": {"city": "Bend", "since": "2020-01-01"},
        },
        {
            "id": "",
            "at": "2026-10-31T10:00:00+00:00",
            "note": "",
            "tags": [],
            "seats": {},
            "home": {"city": "Lima", "since": "2021-01-01"},
        },
    ]
    bench.write(p=topic)
    book = load_policies(bench.folder)
    facts = Facts(values={"trips": Fact(value=trips, source="s", read_at=NOW)})
    bindings = bind(book, facts=facts, answers={}, claimed={}, args={}, now=NOW)
    kind = book.facts["trips"].type
    for expression, expected in [("trips", trips), ("trips.filter(t, t.id == '')", trips[1:])]:
        value = book.environment.compile(expression).evaluate(bindings)
        assert told(kind, value) == expected
