"""A text that a value can never have is a mistake wherever it is compared."""

import pytest

from deskquorum.policy import CelProblem

SHOP = """\
policy: shop
version: "1"
facts:
  flags: {list: {type: string, values: [new, old]}}
  legs:
    list:
      cabin: {type: string, values: [economy, business]}
      to: string
      bags: {list: {kind: {type: string, values: [ski, bike]}}}
  catalog: {map: {state: {type: string, values: [available, sold]}, since: date}}
  kinds: {map: {type: string, values: [a, b]}}
actions:
  fly:
    risk: none
    args:
      trip:
        record:
          cabin: {type: string, values: [economy, business]}
          kind: {type: string?, values: [x]}
values:
  first: legs.filter(f, f.to == "OSL")[0]
"""


@pytest.fixture
def compiled(bench):
    environment = bench.load(shop=SHOP).environment
    return lambda text: environment.compile(text, action="fly")


@pytest.mark.parametrize(
    ("expression", "column", "message"),
    [
        pytest.param('legs.exists(f, f.cabin == "busness")', 27,
                     "'busness' is no value of legs.cabin", id="loop-over-records"),
        pytest.param('legs.all(f, f.cabin in ["economy", "first"])', 36,
                     "'first' is no value of legs.cabin", id="one-of-several"),
        pytest.param('legs.exists(f, f.bags.all(b, b.kind != "skis"))', 40,
                     "'skis' is no value of legs.bags.kind", id="loop-in-a-loop"),
        pytest.param('legs[0].cabin == "x"', 18, "'x' is no value of legs.cabin", id="element"),
        pytest.param('"soldd" == catalog[order.id].state', 1,
                     "'soldd' is no value of catalog.state", id="map-of-records"),
        pytest.param('catalog.exists(k, catalog[k].state == "gone")', 39,
                     "'gone' is no value of catalog.state", id="loop-over-a-map"),
        pytest.param('kinds["v"] == "c"', 15, "'c' is no value of kinds", id="map-of-texts"),
        pytest.param('"odd" in flags', 1, "'odd' is no value of flags", id="list-of-texts"),
        pytest.param('flags.exists(f, f == "odd")', 22, "'odd' is no value of flags",
                     id="loop-over-texts"),
        pytest.param('args.trip.cabin == "first"', 20, "'first' is no value of args.trip.cabin",
                     id="field-of-an-argument"),
        pytest.param('args.trip.kind == "y"', 19, "'y' is no value of args.trip.kind",
                     id="optional-field"),
        pytest.param('legs.filter(f, f.to == "OSL")[0].cabin == "x"', 43,
                     "'x' is no value of legs.cabin", id="found-element"),
        pytest.param('value.first.cabin == "x"', 22, "'x' is no value of legs.cabin",
                     id="field-of-a-named-value"),
        pytest.param('(flags[0] == "new" ? legs[0] : legs[1]).cabin == "x"', 50,
                     "'x' is no value of legs.cabin", id="either"),
        pytest.param('(order.status) == "gone"', 19, "'gone' is no value of order.status",
                     id="in-brackets"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_declared_is_a_mistake(compiled, expression, column, message):
    with pytest.raises(CelProblem) as caught:
        compiled(expression)
    assert (caught.value.column, caught.value.message) == (column, message)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param('legs.exists(f, f.cabin == "business" && f.to == "any")', id="open-field"),
        pytest.param('[order.id].exists(flags, flags == "any")', id="a-loop-hides-a-fact"),
        pytest.param('catalog.exists(k, k == "any")', id="a-key"),
        pytest.param('legs.map(f, f.to).exists(t, t == "any")', id="a-list-that-was-made"),
        pytest.param("args.trip.kind == null", id="absent"),
    ],
)
def test_any_other_comparison_is_none(compiled, expression):
    assert compiled(expression).expression == expression


def test_a_mistake_in_a_named_part_is_named_there(bench):
    bench.load()
    text = SHOP.replace('f.to == "OSL"', 'f.cabin == "busness"')
    assert bench.problems(shop=text) == [
        "shop.yaml:21:36: 'busness' is no value of legs.cabin; did you mean 'business'?"
    ]
