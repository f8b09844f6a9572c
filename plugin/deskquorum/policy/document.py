"""Reading a YAML file into a pydantic shape, with the place of everything in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from deskquorum.errors import Problem
from deskquorum.policy.source import read_tree
from deskquorum.policy.tree import Node
from deskquorum.policy.validation import faults_of

__all__ = ["Document", "read_yaml", "salvage_yaml"]

ShapeT = TypeVar("ShapeT", bound=BaseModel)
Key = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Generic[ShapeT]):
    """A validated file."""

    path: Path
    value: ShapeT
    root: Node = field(repr=False)
    dropped: frozenset[str] = frozenset()
    """Keys and ids of faulty parts that were left out of `value` (`salvage_yaml` only)."""

    def node(self, *keys: Key) -> Node:
        """The value under the keys, or the nearest one above that exists."""
        node = self.root
        for key in keys:
            child = node.child(key)
            if child is None:
                break
            node = child
        return node

    def place(self, *keys: Key) -> tuple[int, int]:
        """Line and column, both 1-based, of the value under the keys."""
        return self.node(*keys).place

    def key_place(self, *keys: Key) -> tuple[int, int]:
        """Line and column of the last key itself; of the value where that is in a list."""
        parent = self.node(*keys[:-1])
        last = keys[-1] if keys else None
        if parent.entries is not None and isinstance(last, str) and last in parent.entries:
            return parent.entries[last].place
        return self.place(*keys)

    def problem(self, message: str, *keys: Key, hint: str = "", offset: int = 0) -> Problem:
        """A problem at the value under the keys, or at a character of that text."""
        node = self.node(*keys)
        line, column = node.place_of(offset) if isinstance(node.scalar, str) else node.place
        return Problem(path=str(self.path), line=line, column=column, message=message, hint=hint)

    def key_problem(self, message: str, *keys: Key, hint: str = "") -> Problem:
        """A problem at the last key itself."""
        line, column = self.key_place(*keys)
        return Problem(path=str(self.path), line=line, column=column, message=message, hint=hint)


def read_yaml(path: Path, shape: type[ShapeT], problems: list[Problem]) -> Document[ShapeT] | None:
    """Read and validate a file; everything that is wrong goes to `problems`.

    The shape is validated as strict JSON: no number becomes text and no float a whole number.
    Returns None when the file does not have the shape.
    """
    before = len(problems)
    document = salvage_yaml(path, shape, problems)
    return document if len(problems) == before else None


def salvage_yaml(
    path: Path, shape: type[ShapeT], problems: list[Problem]
) -> Document[ShapeT] | None:
    """Like `read_yaml`, but faulty parts are left out, so that the rest can be checked too."""
    root = read_tree(path, problems)
    if root is None:
        return None
    try:
        return Document(path=path, value=_validated(shape, root), root=root)
    except ValidationError as exc:
        faults = faults_of(exc, shape, root, path)
    problems.extend(fault.problem for fault in faults)
    dropped: set[str] = set()
    for keys in sorted({fault.keys[:2] for fault in faults}, key=_last_first, reverse=True):
        root = _without(root, keys, dropped)
    try:
        value = _validated(shape, root)
    except ValidationError:
        return None
    return Document(path=path, value=value, root=root, dropped=frozenset(dropped))


def _validated(shape: type[ShapeT], root: Node) -> ShapeT:
    return shape.model_validate_json(json.dumps(root.data), strict=True)


def _last_first(keys: tuple[Key, ...]) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(k, int), k if isinstance(k, int) else 0, str(k)) for k in keys)


def _without(root: Node, keys: tuple[Key, ...], dropped: set[str]) -> Node:
    """The tree without what stands under the keys; its key and its ids are kept in `dropped`."""
    if not keys:
        return root
    key, *deeper = keys
    child = root.child(key)
    if child is None:
        return root
    if not deeper:
        dropped |= {*_ids(child), *([key] if isinstance(key, str) else [])}
    kept = None if not deeper else _without(child, tuple(deeper), dropped)
    return _replaced(root, key, kept)


def _replaced(node: Node, key: Key, kept: Node | None) -> Node:
    if node.entries is not None:
        entries = dict(node.entries)
        if kept is None:
            entries.pop(str(key))
        else:
            entries[str(key)] = entries[str(key)]._replace(value=kept)
        return node._replace(entries=entries)
    items = [kept if at == key else item for at, item in enumerate(node.items or ())]
    return node._replace(items=tuple(item for item in items if item is not None))


def _ids(node: Node) -> Iterator[str]:
    """Ids of a part and of the parts in it, such as an action's limits."""
    named = node.child("id")
    if named is not None:
        yield str(named.scalar)
    for inner in (*(e.value for e in (node.entries or {}).values()), *(node.items or ())):
        yield from _ids(inner)
