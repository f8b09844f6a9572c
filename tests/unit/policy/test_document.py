from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from deskquorum.policy import read_yaml


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Card(Shape):
    kind: Literal["card"]
    number: str


class Cash(Shape):
    kind: Literal["cash"]
    coins: int = 0
    card: str = ""


class Order(Shape):
    name: str
    amount_minor: int = 0
    paid: bool = True
    by: Annotated[Card | Cash, Field(discriminator="kind")] | None = None
    lines: list[Card] = []
    extra: dict[str, Cash] = {}


def read(tmp_path, text):
    path = tmp_path / "order.yaml"
    path.write_text(text, encoding="utf-8")
    problems = []
    document = read_yaml(path, Order, problems)
    return document, [str(problem).removeprefix(f"{tmp_path}/") for problem in problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "name: a\namont_minor: 1",
            "order.yaml:2:1: unknown key 'amont_minor'; did you mean 'amount_minor'?",
            id="misspelt-key",
        ),
        pytest.param(
            "name: a\nzzz: 1",
            "order.yaml:2:1: unknown key 'zzz'; "
            "known keys: amount_minor, by, extra, lines, name, paid",
            id="unlike-any-key",
        ),
        pytest.param(
            "name: a\namount_minor: 24.00",
            "order.yaml:2:15: expected a whole number, got 24.00; "
            "write money in minor units, 2400 for 24.00",
            id="float-for-money",
        ),
        pytest.param(
            "name: 12",
            "order.yaml:1:7: expected text, got 12; put it in quotes",
            id="number-for-text",
        ),
        pytest.param(
            "name: a\npaid: yes",
            "order.yaml:2:7: expected true or false, got 'yes'",
            id="yes-is-not-true",
        ),
        pytest.param(
            "name: 1.10",
            "order.yaml:1:7: expected text, got 1.10; put it in quotes",
            id="a-version-is-shown-as-written",
        ),
        pytest.param(
            "name: 0o17",
            "order.yaml:1:7: expected text, got 0o17; put it in quotes",
            id="an-octal-is-shown-as-written",
        ),
        pytest.param("- name: a", "order.yaml:1:1: expected a mapping, got a list", id="a-list"),
        pytest.param("hello", "order.yaml:1:1: expected a mapping, got 'hello'", id="a-text"),
        pytest.param(
            "name: a\nlines: {kind: card}",
            "order.yaml:2:8: expected a list, got a mapping",
            id="a-mapping-for-a-list",
        ),
        pytest.param("paid: true", "order.yaml:1:1: missing key 'name'", id="missing-key"),
        pytest.param(
            "name: a\nlines:\n- {kind: card, number: x, size: 1}",
            "order.yaml:3:27: unknown key 'size'; known keys: kind, number",
            id="key-in-a-list",
        ),
        pytest.param(
            "name: a\nby: {kind: cards}",
            "order.yaml:2:5: unknown kind 'cards'; one of card, cash",
            id="unknown-kind",
        ),
        pytest.param(
            "name: a\nby: {kind: cash, card: x, coins: y}",
            "order.yaml:2:34: expected a whole number, got 'y'",
            id="key-called-like-a-kind",
        ),
        pytest.param(
            "name: a\nextra:\n  x: 3",
            "order.yaml:3:6: expected a mapping, got 3",
            id="scalar-for-a-mapping",
        ),
        pytest.param(
            "name: a\nlines: [{kind: card, number: f(a, b)}]",
            "order.yaml:2:35: unknown key 'b)'; put a text that holds a comma or a brace in quotes",
            id="comma-in-a-plain-text",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_its_mend(tmp_path, text, problem):
    document, problems = read(tmp_path, text)
    assert problems == [problem]
    assert document is None


def test_all_mistakes_are_reported_at_once(tmp_path):
    _, problems = read(tmp_path, "nam: a\namount_minor: 1.5\npaid: 1\n")
    assert len(problems) == 4


def test_a_duplicate_key_leaves_no_document(tmp_path):
    assert read(tmp_path, "name: a\nname: b")[0] is None


def test_a_document_knows_the_place_of_each_value(tmp_path):
    document, _ = read(tmp_path, "name: a\nlines:\n- {kind: card, number: x}\n")
    assert document.place("lines", 0, "number") == (3, 24)
    assert document.key_place("lines", 0, "number") == (3, 16)
    assert document.place("lines", 7) == document.place("lines")


def test_the_value_is_validated(tmp_path):
    document, _ = read(tmp_path, "name: a\nby: {kind: cash, coins: 3}")
    assert document.value.by.coins == 3
