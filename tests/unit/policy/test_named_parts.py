"""Named conditions, values and tables: written once, used in any file."""

import pytest

from deskquorum.policy.expansion import expand
from deskquorum.policy.named_parts import Part

PARTS = """\
policy: parts
version: "1"
facts:
  customer.tier: {type: string, values: [gold, silver, none]}
  trip.cabin: string
  trip.bags: [string]
conditions:
  too_many: size(trip.bags) > value.allowed
values:
  allowed: table.bags[customer.tier][trip.cabin]
  heavy: trip.bags.filter(b, b in table.heavy_kinds)
tables:
  bags: {gold: {economy: 3, business: 4}, silver: {economy: 2, business: 3}}
  heavy_kinds: [ski, "quote \\" and \\\\ back"]
"""

RULES = """\
rules:
  - {id: few, on: note, effect: allow, when: "!cond.too_many", reason: r}
  - {id: heavy, on: note, effect: deny, when: value.heavy.size() > 1, reason: r}
"""


def effect(bench, ask, tier="gold", cabin="economy", bags=()):
    facts = {"customer.tier": tier, "trip.cabin": cabin, "trip.bags": list(bags)}
    book = bench.load(parts=PARTS + RULES)
    return ask(book, "note", {}, facts=facts).effect


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        pytest.param({"bags": ["a"] * 3}, "allow", id="as-many-as-the-table-says"),
        pytest.param({"bags": ["a"] * 4}, "human", id="one-more"),
        pytest.param({"bags": ["a"] * 4, "cabin": "business"}, "allow", id="another-column"),
        pytest.param({"bags": ["a"] * 3, "tier": "silver"}, "human", id="another-row"),
        pytest.param({"tier": "none"}, "human", id="not-in-the-table"),
        pytest.param({"bags": ["ski", 'quote " and \\ back']}, "deny", id="list-as-a-table"),
    ],
)
def test_a_table_is_looked_up(bench, ask, situation, expected):
    assert effect(bench, ask, **situation) == expected


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(("value.allowed\n", "value.alowed\n"),
                     "parts.yaml:8:31: unknown value 'alowed'; did you mean 'allowed'?",
                     id="misspelt-value"),
        pytest.param(("table.bags[", "table.bag["),
                     "parts.yaml:10:12: unknown table 'bag'; did you mean 'bags'?",
                     id="misspelt-table"),
        pytest.param(("economy: 3,", "economy: 3.5,"),
                     "parts.yaml:13:26: no number of a table has a point; "
                     "write money in minor units, 2400 for 24.00", id="float"),
        pytest.param(("economy: 3,", "economy: ,"),
                     "parts.yaml:13:25: nothing is written here", id="nothing"),
        pytest.param(("tables:\n", "tables:\n  Heavy: [a]\n"),
                     "parts.yaml:13:3: 'Heavy' is no name for a table; "
                     "use lower-case letters, digits and _", id="name"),
        pytest.param(("table.bags[customer.tier][trip.cabin]", "value.allowed + 1"),
                     "parts.yaml:10:12: value 'allowed' needs itself: allowed -> allowed",
                     id="circle"),
        pytest.param(("[trip.cabin]", "[trip.cabn]"),
                     "parts.yaml:10:38: unknown fact 'trip.cabn'; did you mean 'trip.cabin'?",
                     id="mistake-inside"),
        pytest.param(("size(trip.bags) > value.allowed", "value.allowed"),
                     "parts.yaml:8:13: expected true or false, this is a whole number",
                     id="no-condition"),
        pytest.param(("facts:\n", "facts:\n  table.x: int\n"),
                     "parts.yaml:4:3: 'table' is built in, so no fact can be called 'table.x'; "
                     "remove it, or rename it", id="fact-of-that-name"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_named_part_is_shown_once_at_its_place(bench, change, problem):
    bench.load()
    assert bench.problems(parts=PARTS.replace(*change) + RULES.replace(*change)) == [problem]


def test_what_a_macro_calls_its_elements_is_no_named_part():
    written = "trips.exists(value, value.price > 3) && value.limit > 2"
    assert expand(written, {"value.limit": Part(text="9")}).text == written


def test_a_field_of_a_value_is_read_from_the_value():
    parts = {"value.trip": Part(text="a[0]")}
    assert expand("value.trip.price > 3", parts).text == "(a[0]).price > 3"


def test_a_table_changes_the_hash(bench):
    first = bench.load(parts=PARTS).hash
    assert bench.load(parts=PARTS.replace("economy: 3", "economy: 9")).hash != first
