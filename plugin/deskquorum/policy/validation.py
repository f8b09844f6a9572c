"""What pydantic finds wrong, said at its place in the file and in the words of its authors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from deskquorum.errors import Problem
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.tree import Node

__all__ = ["EXPECTED", "Fault", "faults_of", "shown"]

EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "date_type": "a date such as 2026-01-31",
    "date_parsing": "a date such as 2026-01-31",
    "date_from_datetime_parsing": "a date such as 2026-01-31",
    "datetime_type": "a time such as 2026-01-31T09:00:00Z",
    "datetime_parsing": "a time such as 2026-01-31T09:00:00Z",
    "datetime_from_date_parsing": "a time such as 2026-01-31T09:00:00Z",
    "timezone_aware": "a time with its zone, such as 2026-01-31T09:00:00Z",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} entries",
    "string_too_short": "a text that is not empty",
}
"""What pydantic's kinds of error say was expected; limits stand in braces."""
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A problem and the keys that lead to its place."""

    problem: Problem
    keys: tuple[str | int, ...]


def faults_of(
    error: ValidationError, shape: type[BaseModel], root: Node, path: Path
) -> list[Fault]:
    """Every error of a failed validation, in words, at its place."""
    return [_fault(detail, shape, root, path) for detail in error.errors(include_url=False)]


def shown(value: object) -> str:
    """A value of a file, short enough for a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            text = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}..."
            return f"'{text}'"
        case Mapping():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(value)


def _fault(detail: ErrorDetails, shape: type[BaseModel], root: Node, path: Path) -> Fault:
    keys = tuple(_keys(root, detail["loc"]))
    place = _place(root, keys, of_key=detail["type"] == "extra_forbidden")
    message, hint = _words(detail, _models(shape, detail["loc"]), _at(root, keys))
    problem = Problem(path=str(path), line=place[0], column=place[1], message=message, hint=hint)
    return Fault(problem=problem, keys=keys)


def _keys(root: Node, location: tuple[str | int, ...]) -> Iterator[str | int]:
    """The parts of a location that exist in the file; pydantic adds names of union members."""
    node = root
    for at, key in enumerate(location):
        child = node.child(key)
        inner = child is not None and not (child.is_scalar and at < len(location) - 1)
        if child is not None and inner:
            yield key
            node = child


def _at(root: Node, keys: tuple[str | int, ...]) -> Node:
    node = root
    for key in keys:
        node = node.child(key) or node
    return node


def _place(root: Node, keys: tuple[str | int, ...], *, of_key: bool) -> tuple[int, int]:
    parent = _at(root, keys[:-1])
    if of_key and keys and parent.entries is not None:
        return parent.entries[str(keys[-1])].place
    return _at(root, keys).place


def _words(detail: ErrorDetails, models: list[type[BaseModel]], node: Node) -> tuple[str, str]:
    """Message and hint."""
    kind, value = detail["type"], node.data
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    match kind:
        case "missing":
            return f"missing key '{last}'", ""
        case "extra_forbidden":
            return f"unknown key '{last}'", _key_hint(last, models)
        case "literal_error" | "enum":
            return _choices(str(detail["ctx"]["expected"]), value)
        case "union_tag_invalid" | "union_tag_not_found":
            return _tags(detail)
        case _ if expected := EXPECTED.get(kind):
            limit = expected.format(**detail.get("ctx", {}))
            return f"expected {limit}, got {_written(node)}", _type_hint(kind, value)
        case _:
            return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}".rstrip("."), ""


def _written(node: Node) -> str:
    """A value as it stands in the file: 1.10 is not 1.1."""
    number = isinstance(node.scalar, int | float) and not isinstance(node.scalar, bool)
    if number and 0 < len(node.raw) <= _LONGEST_SHOWN:
        return node.raw
    return shown(node.data)


def _choices(expected: str, value: object) -> tuple[str, str]:
    plain = expected.replace("'", "")
    near = did_you_mean(str(value), plain.replace(" or ", ", ").split(", "))
    return f"expected {plain}, got {shown(value)}", near


def _tags(detail: ErrorDetails) -> tuple[str, str]:
    context = detail["ctx"]
    name = str(context["discriminator"]).strip("'")
    if "tag" not in context:
        return f"missing key '{name}'", ""
    tags = str(context["expected_tags"]).replace("'", "")
    return f"unknown {name} '{context['tag']}'", f"one of {tags}"


def _key_hint(key: str, models: list[type[BaseModel]]) -> str:
    if not re.fullmatch(r"[\w.-]+", key):
        return "put a text that holds a comma or a brace in quotes"
    known = [name for model in models for name in model.model_fields]
    return did_you_mean(key, known, what="known keys")


def _type_hint(kind: str, value: object) -> str:
    if kind.startswith("int") and isinstance(value, float):
        return "write money in minor units, 2400 for 24.00"
    if kind == "string_type" and isinstance(value, int | float | bool):
        return "put it in quotes"
    if kind == "model_type" and value is None:
        return "write {} for an empty one"
    return ""


def _models(shape: type[BaseModel], location: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """The models that may stand where the location's last key was looked for."""
    models = [shape]
    for key in location[:-1]:
        fields = [m.model_fields[key] for m in models if key in m.model_fields]
        if fields:
            models = [found for f in fields for found in _models_in(f.annotation)]
    return models


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
