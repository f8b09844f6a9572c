"""YAML text with the place of every key and value, so that a mistake can be shown where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.errors import Problem

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import MappingNode, ScalarNode
    from ruamel.yaml.nodes import Node as YamlNode

__all__ = ["Entry", "Node", "Scalar", "read_tree"]

Scalar = str | int | float | bool | None
Place = tuple[int, int]

_LARGEST_FILE = 1_000_000
"""Bytes; no topic that people keep in their heads is as long, and reading it would take long."""

_MOST_NODES = 100_000
"""Values of a file with its aliases written out; a few lines of aliases can make billions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value in a file: a scalar, a list (`items`) or a mapping (`entries`)."""

    place: Place
    """Line and column, both 1-based."""
    scalar: Scalar = None
    items: tuple[Node, ...] | None = None
    entries: Mapping[str, Entry] | None = None
    raw: str = field(default="", repr=False)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of a mapping with its value."""

    place: Place
    """Of the key."""
    value: Node


def read_tree(path: Path, problems: list[Problem]) -> Node | None:
    """Read a YAML file; what stops the reading, and duplicate keys, go to `problems`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = _text(path, problems)
    if text is None:
        return None
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        reader = _Reader(path=path, text=text, problems=problems)
        read = None if root is None else reader.node(root)
    except _TooManyNodesError as exc:
        message = f"more than {_MOST_NODES} values, aliases written out"
        line, column = exc.place
        problems.append(Problem(path=str(path), line=line, column=column, message=message))
        return None
    except RecursionError:
        problems.append(Problem(path=str(path), message="nested too deeply"))
        return None
    except MarkedYAMLError as exc:
        problems.append(_syntax(path, exc))
        return None
    except (YAMLError, ValueError) as exc:
        message = str(exc).strip().splitlines()[0].lower()
        problems.append(Problem(path=str(path), message=f"not YAML: {message}"))
        return None
    if read is None:
        problems.append(Problem(path=str(path), line=1, column=1, message="the file is empty"))
    return read


def _text(path: Path, problems: list[Problem]) -> str | None:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            message, hint = f"longer than {_LARGEST_FILE} bytes", "split it into several files"
            problems.append(Problem(path=str(path), message=message, hint=hint))
            return None
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        problems.append(Problem(path=str(path), message=f"can't be read: {exc.strerror}"))
    except UnicodeDecodeError as exc:
        before = exc.object[: exc.start]
        line = before.count(b"\n") + 1
        column = exc.start - (before.rfind(b"\n") + 1) + 1
        problems.append(
            Problem(
                path=str(path),
                line=line,
                column=column,
                message="not UTF-8",
                hint="save it as UTF-8",
            )
        )
    return None


class _TooManyNodesError(Exception):
    """Raised where the tree of a file outgrows every honest one."""

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__("too many nodes")


def _syntax(path: Path, exc: MarkedYAMLError) -> Problem:
    mark = exc.problem_mark or exc.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    message = (exc.problem or exc.context or "not YAML").lower()
    hint = ""
    if "'\\t'" in message:
        message, hint = "a tab where spaces are expected", "indent with spaces"
    elif "mapping values are not allowed" in message:
        message, hint = "a second ':' in this line", "put a text that holds ': ' in quotes"
    elif "undefined alias" in message or "cannot start any token" in message:
        hint = "put a text that starts with a special character in quotes"
    return Problem(path=str(path), line=line, column=column, message=message, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    path: Path
    text: str
    problems: list[Problem]
    within: tuple[int, ...] = ()
    """Nodes that hold the current one; an alias to one of them never ends."""
    places: list[Place] = field(default_factory=list)
    """Of every node read so far, by any reader of this file."""

    def node(self, found: YamlNode) -> Node:
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        place = (found.start_mark.line + 1, found.start_mark.column + 1)
        self.places.append(place)
        if len(self.places) > _MOST_NODES:
            raise _TooManyNodesError(place)
        if id(found) in self.within:
            self._report(place, "an alias to something that holds it", hint="write it out")
            return Node(place=place)
        inner = _Reader(
            path=self.path,
            text=self.text,
            problems=self.problems,
            within=(*self.within, id(found)),
            places=self.places,
        )
        if isinstance(found, MappingNode):
            return Node(place=place, entries=dict(inner.entries(found)))
        if isinstance(found, SequenceNode):
            return Node(place=place, items=tuple(inner.node(item) for item in found.value))
        assert isinstance(found, ScalarNode)  # noqa: S101 - the three kinds that YAML has
        raw = self.text[found.start_mark.index : found.end_mark.index]
        return Node(place=place, scalar=self._scalar(found, place), raw=raw)

    def entries(self, found: MappingNode) -> Iterator[tuple[str, Entry]]:
        lines: dict[str, int] = {}
        for key_node, value_node in found.value:
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            key = key_node.value
            value = self.node(value_node)
            if not isinstance(key, str):
                self._report(place, "a key must be a single text")
            elif key == "<<":
                hint = "write its keys out; an alias alone stands for a whole value"
                self._report(place, "a merge key '<<' is not read", hint=hint)
            elif key in lines:
                first = f"the first one is in line {lines[key]}"
                self._report(place, f"key '{key}' twice", hint=first)
            else:
                lines[key] = place[0]
                yield key, Entry(place=place, value=value)

    def _scalar(self, found: ScalarNode, place: Place) -> Scalar:
        text = str(found.value)
        match str(found.tag).rpartition(":")[2]:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return self._number(text, place, lambda digits: int(digits, 0))
            case "float":
                return self._number(text, place, float)
            case _:
                # Dates stay text too: what they mean is declared by whoever reads them.
                return text

    def _number(self, text: str, place: Place, read: _ReadNumber) -> Scalar:
        digits = text.replace("_", "")
        try:
            return read(digits)
        except ValueError:
            pass
        try:
            return int(digits)
        except ValueError:
            self._report(place, f"no plain number: {text}", hint="put a text in quotes")
            return text

    def _report(self, place: Place, message: str, *, hint: str = "") -> None:
        line, column = place
        self.problems.append(
            Problem(path=str(self.path), line=line, column=column, message=message, hint=hint)
        )


if TYPE_CHECKING:
    from collections.abc import Callable

    _ReadNumber = Callable[[str], int | float]


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
