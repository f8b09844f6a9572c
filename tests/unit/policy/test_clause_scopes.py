"""To whom or what a clause applies, as policy files say it."""

import pytest

from deskquorum.policy import load_policies
from deskquorum.policy.compare import compare

TOPIC = """\
policy: tiers
version: "1"
facts:
  customer.tier: {type: string, values: [basic, gold, platinum]}
  customer.orders: int
  order.channel: string?
  order.gift: bool
  order.tags: [string]
  order.price: {type: money, currency: USD}
"""


def scoped(scope):
    return TOPIC + f'clauses:\n  - {{id: T1, text: "Sixty days.", scope: {scope}}}\n'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("{customer.tier: gold}", {"customer.tier": ("gold",)}, id="one-value"),
        pytest.param(
            "{customer.tier: [gold, platinum], order.channel: marketplace}",
            {"customer.tier": ("gold", "platinum"), "order.channel": ("marketplace",)},
            id="several-values-and-facts",
        ),
        pytest.param("{order.gift: true}", {"order.gift": (True,)}, id="true-or-false"),
        pytest.param("{customer.orders: [0, 1]}", {"customer.orders": (0, 1)}, id="numbers"),
        pytest.param(
            "{ticket.served_language: false}",
            {"ticket.served_language": (False,)},
            id="a-fact-that-every-ticket-brings",
        ),
        pytest.param("{}", {}, id="everything"),
    ],
)
def test_a_scope_names_facts_and_their_values(bench, written, read):
    assert bench.load(tiers=scoped(written)).clauses["T1"].scope == read


def test_a_clause_without_a_scope_applies_to_everything(bench):
    assert bench.load().clauses["R1"].scope == {}


def test_a_scope_may_name_a_fact_of_another_file(bench):
    more = (
        'policy: more\nversion: "1"\nclauses: [{id: A1, text: x, scope: {customer.tier: gold}}]\n'
    )
    book = bench.load(a_first=more, tiers=TOPIC)
    assert book.clauses["A1"].scope == {"customer.tier": ("gold",)}


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        pytest.param(
            "{customer.teir: gold}",
            "11:43: unknown fact 'customer.teir'; did you mean 'customer.tier'?",
            id="misspelt-fact",
        ),
        pytest.param(
            "{customer.tier: [gold, platnum]}",
            "11:65: 'platnum' is no value of customer.tier; did you mean 'platinum'?",
            id="misspelt-value",
        ),
        pytest.param(
            "{customer.tier: 3}",
            "11:58: 3 is no value of customer.tier; its values: basic, gold, platinum",
            id="number-for-a-text",
        ),
        pytest.param(
            "{customer.orders: true}",
            "11:60: true is no value of customer.orders; it is a whole number",
            id="true-is-no-number",
        ),
        pytest.param(
            "{customer.orders: 1.5}",
            "11:60: 1.5 is no value of customer.orders; it is a whole number",
            id="number-with-a-point",
        ),
        pytest.param(
            "{customer.orders: {more: 2}}",
            "11:60: a mapping is no value of customer.orders; it is a whole number",
            id="mapping-for-a-number",
        ),
        pytest.param(
            "{order.gift: 'yes'}",
            "11:56: 'yes' is no value of order.gift; it is true or false",
            id="text-for-a-flag",
        ),
        pytest.param(
            "{order.tags: red}",
            "11:55: fact 'order.tags' is a list of texts, which no scope takes; "
            "a scope takes texts, whole numbers, and true or false",
            id="list",
        ),
        pytest.param(
            "{order.price: 2400}",
            "11:56: fact 'order.price' is an amount in USD such as 24.00, which no scope takes; "
            "a scope takes texts, whole numbers, and true or false",
            id="money",
        ),
        pytest.param(
            "{customer.tier: []}", "11:58: expected at least 1 entries, got a list", id="no-value"
        ),
        pytest.param("gold", "11:42: expected a mapping, got 'gold'", id="no-mapping"),
    ],
)
def test_a_scope_that_no_case_can_meet_is_an_error_at_its_place(bench, written, problem):
    bench.load()
    assert bench.problems(tiers=scoped(written)) == [f"tiers.yaml:{problem}"]


def test_a_misdeclared_fact_is_reported_once(bench):
    bench.load()
    broken = scoped("{order.gift: true}").replace("order.gift: bool", "order.gift: boole")
    (problem,) = bench.problems(tiers=broken)
    assert "unknown type 'boole'" in problem


def test_a_changed_scope_changes_the_hash_and_shows_in_the_comparison(bench):
    before = bench.load(tiers=scoped("{customer.tier: gold}"))
    bench.write(tiers=scoped("{customer.tier: [gold, platinum]}"))
    after = load_policies(bench.folder)
    assert before.hash != after.hash
    (change,) = compare(before, after).changes
    (part,) = change.parts
    assert (change.kind, change.name) == ("clause", "T1")
    assert (part.part, part.before, part.after) == (
        "scope",
        "customer.tier: gold",
        "customer.tier: gold, platinum",
    )
