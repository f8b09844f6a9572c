"""The tree of an ordinary YAML file, read by libyaml.

Ordinary is what nearly every file is: one document in which nothing is wrong, without tabs, tags
and directives. It means the same in YAML 1.1, which libyaml reads, as in 1.2; scalars are told
apart by the table for 1.2. Every other file is left to the reader that can tell what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from yaml import CBaseLoader, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from deskquorum.policy.tree import MOST_NODES, Entry, Node, Scalar, scalar_of

__all__ = ["ordinary_tree"]

_RARE = re.compile(r"[\t\x85\u2028\u2029\ufeff]|^%|^\.\.\.", re.MULTILINE)
"""White space and line ends on which the versions of YAML differ, directives, ends of documents."""

_BLOCKS = frozenset("|>")
_DEEPEST = 50
_VERSION = (1, 2)

# The classes of events have no types of their own.
_Event = Any
_Tag = tuple[str, Callable[[str], object]]
"""A tag's name, and whether a text has it."""


def ordinary_tree(text: str) -> Node | None:
    """Read the text of a file; None where it is not ordinary."""
    if _RARE.search(text):
        return None
    try:
        # PyYAML has no types.
        advance = CBaseLoader(text).get_event  # type: ignore[no-untyped-call]
        return _Reader(text=text, advance=advance, tags=_tags()).document()
    except (YAMLError, ValueError, _UnusualError):
        return None


class _UnusualError(Exception):
    """Raised where a file is not ordinary."""


@dataclass(slots=True, kw_only=True)
class _Reader:
    text: str
    advance: Callable[[], _Event]
    tags: Mapping[str, Sequence[_Tag]]
    nodes: int = 0
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)
    """Values that aliases can stand for, with their numbers of nodes."""

    def document(self) -> Node:
        self.advance()
        self._expect(DocumentStartEvent)
        first = self.advance()
        if isinstance(first, ScalarEvent):
            raise _UnusualError
        root = self._node(first, 0)
        self.advance()
        self._expect(StreamEndEvent)
        self._count(0)
        return root

    def _expect(self, kind: type[object]) -> None:
        if not isinstance(self.advance(), kind):
            raise _UnusualError

    def _node(self, event: _Event, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self._aliased(event.anchor)
        if event.tag is not None or depth > _DEEPEST:
            raise _UnusualError
        scalar = isinstance(event, ScalarEvent)
        # Where a named text begins behind its name is found by the careful reader only.
        if event.anchor is not None and (scalar or event.anchor in self.anchors):
            raise _UnusualError
        before = self.nodes
        self.nodes += 1
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1)
        if scalar:
            raw = self.text[mark.index : event.end_mark.index]
            node = Node(place, self._scalar(event), None, None, raw)
        elif isinstance(event, MappingStartEvent):
            node = Node(place=place, entries=self._entries(depth + 1))
        else:
            node = Node(place=place, items=tuple(self._items(depth + 1)))
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, self.nodes - before)
        return node

    def _aliased(self, anchor: str) -> Node:
        # Unknown, too, while the value that it stands for is being read.
        if anchor not in self.anchors:
            raise _UnusualError
        node, size = self.anchors[anchor]
        self._count(size)
        return node

    def _count(self, more: int) -> None:
        self.nodes += more
        if self.nodes > MOST_NODES:
            raise _UnusualError

    def _scalar(self, event: _Event) -> Scalar:
        text: str = event.value
        if not event.implicit[0]:
            # Readers differ on a text after blank lines.
            if event.style in _BLOCKS and text.startswith("\n"):
                raise _UnusualError
            return text
        if not text:
            # And on where a value stands that is not there.
            raise _UnusualError
        for tag, fits in self.tags.get(text[0], ()):
            if fits(text):
                return scalar_of(tag, text)
        return text

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := self.advance(), SequenceEndEvent):
            yield self._node(event, depth)

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := self.advance(), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or event.anchor or event.tag:
                raise _UnusualError
            key, mark = event.value, event.start_mark
            if not key or key == "<<" or key in entries:
                raise _UnusualError
            value = self._node(self.advance(), depth)
            entries[key] = Entry((mark.line + 1, mark.column + 1), value)
        return entries


@cache
def _tags() -> Mapping[str, Sequence[_Tag]]:
    """First character to the tags, in order, that a scalar may have, each with its test."""
    from ruamel.yaml.resolver import implicit_resolvers

    found: dict[str, list[_Tag]] = {}
    for versions, tag, pattern, firsts in implicit_resolvers:
        for first in firsts if _VERSION in versions else ():
            found.setdefault(first, []).append((tag.rpartition(":")[2], pattern.match))
    return found
