"""Amounts are told in one way: as text or number of the main unit, in facts and in arguments."""

import pytest

from deskquorum.policy import run_cases

SHOP = """\
policy: shop
version: "1"
facts:
  card.balance: {type: money, currency: USD}
actions:
  pay:
    risk: none
    args:
      amount: {type: money, currency: USD}
      parts: {list: {of: {type: money, currency: USD}, points: int}}
      by_card: {map: {type: money, currency: USD}}
      change: int?
rules:
  - id: same
    on: pay
    effect: allow
    when: >-
      args.amount_minor == card.balance && args.parts.all(p, p.of == card.balance)
      && args.by_card.all(k, args.by_card[k] == card.balance)
    reason: all of them are the same amount
"""

AMOUNTS = [
    pytest.param(200, id="whole-number"),
    pytest.param("200", id="text"),
    pytest.param("200.00", id="text-with-cents"),
]


def everywhere(amount, **changed):
    args = {"amount": amount, "parts": [{"of": amount, "points": -1}], "by_card": {"v": amount}}
    return args | changed


@pytest.mark.parametrize("argument", AMOUNTS)
@pytest.mark.parametrize("fact", AMOUNTS)
def test_an_amount_is_the_same_however_and_wherever_it_is_told(bench, ask, argument, fact):
    ruling = ask(bench.load(shop=SHOP), "pay", everywhere(argument), facts={"card.balance": fact})
    assert ruling.effect == "allow"


@pytest.mark.parametrize(
    ("changed", "argument", "expected"),
    [
        pytest.param({"amount": -5}, "amount", "an amount that is not negative, such as 24.00",
                     id="amount"),
        pytest.param({"parts": [{"of": 5, "points": 1}, {"of": "-5.00", "points": 1}]}, "parts",
                     "element 2, of: an amount that is not negative, such as 24.00",
                     id="list"),
        pytest.param({"by_card": {"v": -5}}, "by_card",
                     "entry 1: an amount that is not negative, such as 24.00", id="in-a-map"),
        pytest.param({"parts": [{"of": 5}]}, "parts", "element 1, points: is missing",
                     id="missing-field"),
        pytest.param({"parts": [{"of": None, "points": 1}]}, "parts", "element 1, of: is absent",
                     id="null-field"),
        pytest.param({"parts": [{"of": 5.005, "points": 1}]}, "parts",
                     "element 1, of: an amount in USD such as 24.00", id="binary-float"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_down_to_the_field(bench, ask, changed, argument, expected):
    args = everywhere(5) | changed
    ruling = ask(bench.load(shop=SHOP), "pay", args, facts={"card.balance": 5})
    assert [(r.code, r.params["argument"], r.params["expected"]) for r in ruling.reasons] == [
        ("bad-argument", argument, expected)
    ]


def test_a_whole_number_may_be_negative(bench, ask):
    args = everywhere(5, change=-3)
    ruling = ask(bench.load(shop=SHOP), "pay", args, facts={"card.balance": 5})
    assert ruling.effect == "allow"


@pytest.mark.parametrize("amount", ["200", "200.01", '"200.01"'])
def test_a_case_tells_amounts_as_numbers_or_texts(bench, amount):
    case = f"""\
tests:
  - name: a case
    action:
      name: pay
      args: {{amount: {amount}, parts: [{{of: {amount}, points: 1}}], by_card: {{v: {amount}}}}}
    facts: {{card.balance: {amount}}}
    expect: allow
"""
    book = bench.load(shop=SHOP + case)
    assert [result.passed for result in run_cases(book)] == [True]


def test_a_number_with_a_point_is_only_for_amounts(bench):
    bench.load()
    case = "tests: [{name: a case, action: {name: pay, args: {change: 2.5}}, expect: human}]\n"
    assert bench.problems(shop=SHOP + case) == [
        "shop.yaml:21:59: 'change' is no amount, so it is no number with a point"
    ]
