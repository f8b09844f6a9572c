from decimal import Decimal

import pytest

from deskquorum.policy import TokenPrice, load_policies

DESK = """\
desk: shop
version: "1"
languages: [en]
currency: EUR
budget: {per_ticket: "0.02", per_day: "50"}
models:
  big:
    {model: b, base_url: "https://a.example/v1", fallback: [mid],
    prompt_per_million: "2.50", completion_per_million: "10"}
  mid:
    {model: m, base_url: "https://b.example/v1", fallback: [tiny],
    prompt_per_million: "0.1", completion_per_million: "0"}
  tiny:
    {model: t, base_url: local}
"""
FREE = 'prompt_per_million: "0.1", completion_per_million: "0"'


def test_prices_and_budget_are_read(bench):
    bench.write(desk=DESK)
    desk = load_policies(bench.folder).desk
    assert (desk.budget.per_ticket, desk.budget.per_day) == (Decimal("0.02"), Decimal(50))
    assert desk.models["big"].price == TokenPrice(
        prompt_per_million=Decimal("2.50"), completion_per_million=Decimal(10)
    )
    assert desk.models["tiny"].price is None


def test_a_fallback_brings_its_own_fallbacks_along(bench):
    bench.write(desk=DESK)
    models = load_policies(bench.folder).desk.models
    assert models["big"].fallback == ("mid", "tiny")
    assert models["tiny"].fallback == ()


def test_without_a_budget_nothing_is_limited_and_nothing_needs_a_price(bench):
    text = "".join(line for line in DESK.splitlines(keepends=True) if "budget" not in line)
    bench.write(desk=text.replace(FREE, ""))
    desk = load_policies(bench.folder).desk
    assert (desk.budget.per_ticket, desk.budget.per_day) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param("[mid]", "[midd]",
                     "desk.yaml:8:61: unknown model 'midd'; did you mean 'mid'?",
                     id="unknown"),
        pytest.param("[mid]", "[big]",
                     "desk.yaml:8:61: 'big' falls back on itself; remove it",
                     id="itself"),
        pytest.param("[mid]", "[mid, mid]",
                     "desk.yaml:8:66: 'mid' is listed twice; remove one",
                     id="twice"),
        pytest.param('prompt_per_million: "0.1", ', "",
                     "desk.yaml:12:30: completion_per_million without prompt_per_million; "
                     'add prompt_per_million: "0" if it is free',
                     id="half-a-price"),
        pytest.param(FREE, "",
                     "desk.yaml:10:3: model 'mid' has no price, so the budget can't hold it back; "
                     'add prompt_per_million and completion_per_million, "0" if it is free',
                     id="no-price-under-a-budget"),
        pytest.param("currency: EUR\n", "",
                     "desk.yaml:4:1: a budget without the desk's currency; "
                     "add currency: EUR, say",
                     id="no-currency"),
        pytest.param('{per_ticket: "0.02", per_day: "50"}', "{}",
                     "desk.yaml:5:1: a budget without a limit; "
                     'add per_ticket: "0.02" or per_day: "50"',
                     id="no-limit"),
    ],
)  # fmt: skip
def test_a_mistake_about_models_is_reported_where_it_stands(bench, old, new, problem):
    assert old in DESK
    assert bench.problems(desk=DESK.replace(old, new, 1)) == [problem]


def test_a_circle_is_reported_at_every_link_of_it(bench):
    found = bench.problems(desk=DESK.replace("local}", "local, fallback: [big]}"))
    mend = "remove one; to have each stand in for the other declare '{}' a second time"
    assert found == [
        f"desk.yaml:{place}: '{name}' falls back on '{other}', which falls back on '{name}'; "
        + mend.format(name)
        for place, name, other in [
            ("8:61", "big", "mid"),
            ("11:61", "mid", "tiny"),
            ("14:44", "tiny", "big"),
        ]
    ]


@pytest.mark.parametrize("amount", ["0.02", '"-1"', '"1e9"', '"NaN"', '"a lot"'])
def test_money_is_written_in_quotes_and_is_no_less_than_nothing(bench, amount):
    [problem] = bench.problems(desk=DESK.replace('"0.02"', amount, 1))
    assert problem.startswith("desk.yaml:5:22: ")


def test_every_mistake_is_told_at_once(bench):
    text = DESK.replace("[mid]", "[midd]").replace("[tiny]", "[mid]").replace("currency: EUR\n", "")
    assert len(bench.problems(desk=text)) == 3
