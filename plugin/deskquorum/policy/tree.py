"""A YAML file as a tree: values with their places, and where in the file each character stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["MOST_NODES", "Entry", "Node", "Place", "Scalar", "scalar_of"]

Scalar = str | int | float | bool | None
Place = tuple[int, int]

MOST_NODES = 100_000
"""Values of a file with its aliases written out; a few lines of aliases can make billions."""


class Node(NamedTuple):
    """A value in a file: a scalar, a list (`items`) or a mapping (`entries`)."""

    place: Place
    """Line and column, both 1-based."""
    scalar: Scalar = None
    items: tuple[Node, ...] | None = None
    entries: Mapping[str, Entry] | None = None
    raw: str = ""
    """A scalar as it stands in the file, quotes and indentation included."""

    @property
    def is_scalar(self) -> bool:
        """Whether it is neither a list nor a mapping."""
        return self.items is None and self.entries is None

    @property
    def data(self) -> object:
        """The plain value, as JSON knows it."""
        if self.entries is not None:
            return {key: entry.value.data for key, entry in self.entries.items()}
        if self.items is not None:
            return [item.data for item in self.items]
        return self.scalar

    def child(self, key: str | int) -> Node | None:
        """The value under a key or an index, None when there is none."""
        if self.entries is not None and isinstance(key, str):
            entry = self.entries.get(key)
            return None if entry is None else entry.value
        if self.items is not None and isinstance(key, int) and key < len(self.items):
            return self.items[key]
        return None

    def place_of(self, offset: int) -> Place:
        """Where the character at an offset of this text scalar stands in the file."""
        at = _raw_offset(self.raw, str(self.scalar), offset)
        before = self.raw[:at]
        line = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        return self.place[0] + line, column + (1 if line else self.place[1])


class Entry(NamedTuple):
    """One key of a mapping with its value."""

    place: Place
    """Of the key."""
    value: Node


def scalar_of(tag: str, text: str) -> Scalar:
    """What a scalar stands for, by its tag (`null`, `bool`, `int`, `float`; the rest is text).

    Raises:
        ValueError: It looks like a number and is none.
    """
    match tag:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _number(text.replace("_", ""), whole=True)
        case "float":
            return _number(text.replace("_", ""), whole=False)
        case _:
            # Dates stay text too: what they mean is declared by whoever reads them.
            return text


def _number(digits: str, *, whole: bool) -> int | float:
    try:
        number: int | float = int(digits, 0) if whole else float(digits)
    except ValueError:
        number = int(digits)
    if not math.isfinite(number):
        raise ValueError("larger than any number")
    return number


def _raw_offset(raw: str, text: str, offset: int) -> int:
    """Walk both texts; quotes, escapes, indentation and folding exist in `raw` only."""
    at = _first_character(raw)
    for character in text[:offset]:
        at = _past(raw, at, character)
    if offset >= len(text):
        return at
    if text[offset].isspace():
        return at
    found = raw.find(text[offset], at)
    return at if found < 0 else found


def _first_character(raw: str) -> int:
    if raw[:1] in {"|", ">"}:
        return raw.find("\n") + 1
    return 1 if raw[:1] in {'"', "'"} else 0


def _past(raw: str, at: int, character: str) -> int:
    if character.isspace():
        while at < len(raw) and raw[at].isspace():
            at += 1
        return at
    found = raw.find(character, at)
    return at if found < 0 else found + 1
