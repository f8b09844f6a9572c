from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from deskquorum.domain import Fact, Facts
from deskquorum.proposal.slots import SlotSpec, fill_slots

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def facts(**values):
    return Facts(
        values={
            name.replace("__", "."): Fact(value=value, source="test", read_at=NOW)
            for name, value in values.items()
        }
    )


def item(item_id, name, price_minor, variants=()):
    return {
        "item_id": item_id,
        "name": name,
        "price_minor": price_minor,
        "variants": list(variants),
    }


VEST = item("VS-M", "Fleece vest M", 4400, ["VS-L", "VS-XL"])
BOOTS = item("BT-9", "Trek boot 9", 9900, ["BT-10"])
ORDER = facts(order__items=[VEST, BOOTS], order__total_minor=14300, order__currency="EUR")

ITEM = {
    "kind": "record",
    "type": "string",
    "list": "order.items",
    "match": "name",
    "take": "item_id",
}
VARIANT = {
    "kind": "variant",
    "type": "string",
    "list": "order.items",
    "match": "name",
    "variants": "variants",
}
MONEY = {
    "kind": "money",
    "type": "int",
    "currency": "order.currency",
    "known": ["order.total_minor", "order.items.price_minor"],
}


def read(spec, text, snapshot=ORDER):
    slot = TypeAdapter(SlotSpec).validate_python(spec)
    return fill_slots({"slot": slot}, text=text, facts=snapshot)["slot"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("the vest has a hole", "VS-M", id="named"),
        pytest.param("both boots leak", "BT-9", id="plural"),
        pytest.param("it has a hole", "", id="not-named"),
        pytest.param("the vest and the boots", "", id="both-named"),
    ],
)
def test_the_item_meant_is_the_one_named(text, meant):
    assert read(ITEM, text) == meant


def test_the_only_item_is_meant_even_when_it_is_not_named():
    assert read(ITEM, "it has a hole", facts(order__items=[VEST])) == "VS-M"


def test_without_the_list_nothing_is_meant():
    assert read(ITEM, "the vest", facts()) == ""


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        pytest.param("the vest in a large please", "VS-L", id="size-in-words"),
        pytest.param("la veste... the vest, XL", "VS-XL", id="size-as-letters"),
        pytest.param("the boots in 10", "BT-10", id="number"),
        pytest.param("the boots in 11", "", id="not-listed"),
        pytest.param("the vest, another size", "", id="no-size"),
    ],
)
def test_the_variant_is_the_listed_size_that_is_named(text, variant):
    assert read(VARIANT, text) == variant


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        pytest.param("refund the 99 please", 9900, id="bare-number-that-equals-a-price"),
        pytest.param("refund the 98 please", 0, id="bare-number-of-nothing"),
        pytest.param("they are 24 each", 2400, id="each"),
        pytest.param("it was $25", 2500, id="symbol-before"),
        pytest.param("47,50 € bitte", 4750, id="comma-and-symbol-after"),
        pytest.param("1.299,00 EUR", 129900, id="thousands"),
        pytest.param("order NW-143 from 2026", 0, id="ids-and-years-are-no-money"),
        pytest.param("$25 or $30", 0, id="two-amounts-are-unclear"),
        pytest.param("$25, yes $25", 2500, id="one-amount-twice"),
    ],
)
def test_the_amount_claimed(text, minor):
    assert read(MONEY, text) == minor


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("to ⟦ADDRESS_1·k7⟧ please", "⟦ADDRESS_1·k7⟧", id="one"),
        pytest.param("⟦ADDRESS_1·k7⟧, yes ⟦ADDRESS_1·k7⟧", "⟦ADDRESS_1·k7⟧", id="one-twice"),
        pytest.param("from ⟦ADDRESS_1·k7⟧ to ⟦ADDRESS_2·k7⟧", "", id="two-are-unclear"),
        pytest.param("to ⟦PERSON_1·k7⟧", "", id="another-type"),
    ],
)
def test_the_placeholder_meant(text, value):
    spec = {"kind": "placeholder", "type": "string", "entity": "ADDRESS"}
    assert read(spec, text) == value


def test_a_mention_is_found_whatever_its_case_and_accents():
    spec = {"kind": "mentions", "type": "bool", "patterns": [r"\bpais\b"]}
    assert read(spec, "Otro PAÍS") is True
    assert read(spec, "país, no: paisaje") is True
    assert read(spec, "paisaje") is False
