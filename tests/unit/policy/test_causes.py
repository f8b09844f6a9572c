"""A rule that could not be evaluated says why, and quotes nothing of what it worked on."""

import pytest

from deskquorum.decision import sentence

SHOP = """\
policy: shop
version: "1"
facts:
  who.mail: string
  who.number: int
  who.visits: [int]
  catalog: {map: {price: int, left: {map: int}}}
tables:
  fees: {gold: {economy: 3}, silver: {economy: 2}}
values:
  fee: table.fees[who.mail]["economy"]
actions: {go: {risk: none}}
rules:
"""

FACTS = {
    "who.mail": "ada@example.org",
    "who.number": 2**62,
    "who.visits": [1] * 300,
    "catalog": {"A1": {"price": 5, "left": {"red": 1}}},
}


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        pytest.param("who.visits.all(a, who.visits.all(b, a == b))",
                     "it takes more than 10,000 loop steps", id="loop-limit"),
        pytest.param("catalog[who.mail].price > 3",
                     "the key that is looked up in catalog is not there", id="key-of-a-map"),
        pytest.param('catalog["A1"].left[who.mail] > 3',
                     "the key that is looked up in catalog or catalog.left is not there",
                     id="key-of-either-map"),
        pytest.param("table.fees[who.mail].economy > 3",
                     "the key that is looked up in table.fees is not there", id="key-of-a-table"),
        pytest.param("value.fee > 3", "the key that is looked up in value.fee is not there",
                     id="key-in-a-named-value"),
        pytest.param("who.visits[999] == 1", "a list has no element at the index that is asked for",
                     id="index"),
        pytest.param("1 / (who.visits[0] - 1) == 1", "a division by zero", id="division"),
        pytest.param("1 % (who.visits[0] - 1) == 1", "a division by zero", id="remainder"),
        pytest.param("who.number * 4 > 0", "a whole number that is too large", id="overflow"),
        pytest.param("sum_of(who.visits) > 0",
                     "sum_of or positions of a list of more than 256 elements", id="long-sum"),
        pytest.param("size(positions(who.visits)) > 0",
                     "sum_of or positions of a list of more than 256 elements",
                     id="many-positions"),
        pytest.param("max_of(who.visits.filter(v, v > 1)) > 0",
                     "min_of or max_of of an empty list", id="greatest-of-nothing"),
        pytest.param("timestamp(who.mail) > now", "a text that is no time", id="time"),
        pytest.param('duration(who.mail) > duration("1h")',
                     "a text that is no duration, or one that is too long", id="duration"),
        pytest.param("int(who.mail) > 3", "a text that is no number", id="number"),
    ],
)  # fmt: skip
def test_a_rule_that_could_not_be_evaluated_says_why(bench, ask, condition, why):
    rule = f"  - {{id: r, on: go, effect: deny, reason: x, when: '{condition}'}}\n"
    ruling = ask(bench.load(shop=SHOP + rule), "go", {}, facts=FACTS)
    said = [(r.code, sentence(r)) for r in ruling.reasons]
    assert said == [("rule-error", f"Rule r could not be evaluated: {why}")]
    assert "ada@" not in str(ruling)
