"""Reading YAML files with the places of keys and values, so that mistakes can be shown there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.errors import Problem
from deskquorum.policy.tree import MOST_NODES, Entry, Node, Place, Scalar, scalar_of
from deskquorum.policy.yaml_errors import character_problem, syntax_problem

if TYPE_CHECKING:
    from ruamel.yaml.nodes import MappingNode, ScalarNode
    from ruamel.yaml.nodes import Node as YamlNode

__all__ = ["read_tree"]

_PROPERTIES = re.compile(r"(?:(?:&(?P<anchor>[^\s,\[\]{}]+)|(?P<tag>![^\s,\[\]{}]*))\s+)*")
"""What may stand before a value."""

_LARGEST_FILE = 1_000_000
"""Bytes; no topic that people keep in their heads is as long, and reading it would take long."""

_DEEPEST = 60
"""Lists and mappings within each other."""

_LONGEST_SHOWN = 40


def read_tree(path: Path, problems: list[Problem]) -> Node | None:
    """Read a YAML file; what stops the reading, and duplicate keys, go to `problems`."""
    text = _text(path, problems)
    if text is None:
        return None
    read = _quickly(text)
    return _carefully(path, text, problems) if read is None else read


def _quickly(text: str) -> Node | None:
    try:
        from deskquorum.policy.ordinary import ordinary_tree
    except ImportError:
        # PyYAML can be built without libyaml; then every file is read carefully.
        return None
    return ordinary_tree(text)


def _carefully(path: Path, text: str, problems: list[Problem]) -> Node | None:
    """Many times slower, and able to say what is wrong, and where."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        root = _composed(text)
        reader = _Reader(path=path, text=text, problems=problems)
        read = None if root is None else reader.node(root)
    except _TooManyNodesError as exc:
        message = f"more than {MOST_NODES} values, aliases written out"
        line, column = exc.place
        problems.append(Problem(path=str(path), line=line, column=column, message=message))
        return None
    except MarkedYAMLError as exc:
        problems.append(syntax_problem(path, exc))
        return None
    except ReaderError as exc:
        problems.append(character_problem(path, text, exc))
        return None
    except (YAMLError, ValueError) as exc:
        message = str(exc).strip().splitlines()[0].lower()
        problems.append(Problem(path=str(path), message=f"not YAML: {message}"))
        return None
    if read is None:
        problems.append(Problem(path=str(path), line=1, column=1, message="the file is empty"))
    return read


def _composed(text: str) -> YamlNode | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import Composer

    class Bounded(Composer):
        """Stops at a number of values, before it has built more of them."""

        read = 0

        def compose_node(self, parent: object, index: object) -> object:
            self.read += 1
            if self.read > MOST_NODES:
                mark = self.parser.peek_event().start_mark
                raise _TooManyNodesError((mark.line + 1, mark.column + 1))
            return super().compose_node(parent, index)

    yaml = YAML(typ="safe", pure=True)
    yaml.Composer, yaml.max_depth = Bounded, _DEEPEST
    # Reported as a problem, with its place.
    yaml.composer.warn_double_anchors = False
    root: YamlNode | None = yaml.compose(text)
    return root


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    path: Path
    text: str
    problems: list[Problem]
    within: tuple[int, ...] = ()
    """Nodes that hold the current one; an alias to one of them never ends."""
    places: list[Place] = field(default_factory=list)
    """Of every node read so far, by any reader of this file."""
    anchors: dict[str, YamlNode] = field(default_factory=dict)

    def node(self, found: YamlNode) -> Node:
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        place = (found.start_mark.line + 1, found.start_mark.column + 1)
        self.places.append(place)
        if len(self.places) > MOST_NODES:
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
            anchors=self.anchors,
        )
        before = self._properties(found, place)
        if isinstance(found, MappingNode):
            return Node(place=place, entries=dict(inner.entries(found)))
        if isinstance(found, SequenceNode):
            return Node(place=place, items=tuple(inner.node(item) for item in found.value))
        assert isinstance(found, ScalarNode)  # noqa: S101 - the three kinds that YAML has
        start = found.start_mark.index + len(before)
        lines = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        place = (place[0] + lines, column + (1 if lines else place[1]))
        raw = self.text[start : found.end_mark.index]
        return Node(place=place, scalar=self._scalar(found, place), raw=raw)

    def _properties(self, found: YamlNode, place: Place) -> str:
        """The anchor and the tag before a value, which both can change what is meant."""
        start = found.start_mark.index
        match = (
            _PROPERTIES.match(self.text, start) if self.text[start : start + 1] in "&!" else None
        )
        if match is None:
            return ""
        if match["tag"] is not None:
            # YAML would leave it out: `when: ! order.paid` would become its opposite.
            hint = "put a text that starts with '!' in quotes"
            self._report(place, f"'{match['tag']}' is a tag, which is not read", hint=hint)
        if match["anchor"] is not None:
            first = self.anchors.setdefault(match["anchor"], found)
            if first is not found:
                hint = f"the first one is in line {first.start_mark.line + 1}"
                self._report(place, f"anchor '&{match['anchor']}' twice", hint=hint)
        return match[0]

    def entries(self, found: MappingNode) -> Iterator[tuple[str, Entry]]:
        lines: dict[str, int] = {}
        for key_node, value_node in found.value:
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            key = key_node.value
            value = self.node(value_node)
            if not isinstance(key, str):
                self._report(place, "a key must be a single text")
            elif key == "<<":
                hint = "write the keys out; `&NAME` and `*NAME` repeat a value"
                self._report(place, "'<<' is not read", hint=hint)
            elif key in lines:
                first = f"the first one is in line {lines[key]}"
                self._report(place, f"key '{key}' twice", hint=first)
            else:
                lines[key] = place[0]
                yield key, Entry(place=place, value=value)

    def _scalar(self, found: ScalarNode, place: Place) -> Scalar:
        text = str(found.value)
        try:
            return scalar_of(str(found.tag).rpartition(":")[2], text)
        except ValueError:
            shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
            self._report(place, f"no plain number: {shown}", hint="put a text in quotes")
            return text

    def _report(self, place: Place, message: str, *, hint: str = "") -> None:
        line, column = place
        problem = Problem(path=str(self.path), line=line, column=column, message=message, hint=hint)
        # An alias leads here a second time.
        if problem not in self.problems:
            self.problems.append(problem)
