"""What a condition says: comparisons and other yes-or-no parts, put together by and, or and not.

Everything that is not understood stays one part, which can be true, false or without a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deskquorum.policy.syntax import Tree, names_of

__all__ = [
    "All",
    "AtMost",
    "Atom",
    "Choice",
    "Formula",
    "Holds",
    "Not",
    "Same",
    "Some",
    "Truth",
    "formula_of",
    "names_in",
    "operands_of",
]


@dataclass(frozen=True, slots=True)
class Truth:
    """Always true, or always false."""

    value: bool


@dataclass(frozen=True, slots=True)
class AtMost:
    """A sum of numbers is at most a limit; times and durations count in nanoseconds."""

    terms: frozenset[tuple[Tree, int]]
    """What is added, and how often."""
    limit: int
    operands: frozenset[Tree]
    """What was compared; the comparison has a value if they have."""

    @property
    def variables(self) -> frozenset[Tree]:
        """What it says something about."""
        return frozenset(term for term, _ in self.terms)


@dataclass(frozen=True, slots=True)
class Same:
    """Two texts are equal."""

    operands: frozenset[Tree]

    @property
    def variables(self) -> frozenset[Tree]:
        """What it says something about."""
        return frozenset(tree for tree in self.operands if tree.kind != "constant")


@dataclass(frozen=True, slots=True)
class Holds:
    """Anything else that is true or false."""

    tree: Tree


Atom = AtMost | Same | Holds


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Formula


@dataclass(frozen=True, slots=True)
class All:
    """Every part."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`test ? then : otherwise`; without a value where the test has none."""

    test: Formula
    then: Formula
    otherwise: Formula


Formula = Truth | AtMost | Same | Holds | Not | All | Some | Choice


def formula_of(tree: Tree) -> Formula:
    """The formula of an expression that is true or false."""
    if tree.kind == "constant" and isinstance(tree.value, bool):
        return Truth(value=tree.value)
    if tree.kind != "call":
        return Holds(tree)
    match tree.name, tree.parts:
        case "_&&_", _:
            return All(tuple(formula_of(part) for part in _flat(tree)))
        case "_||_", _:
            return Some(tuple(formula_of(part) for part in _flat(tree)))
        case "!_", (part,):
            return Not(formula_of(part))
        case "_?_:_", (test, then, otherwise):
            return Choice(formula_of(test), formula_of(then), formula_of(otherwise))
        case "_==_", (left, right):
            return _equal(left, right)
        case "_!=_", (left, right):
            return Not(_equal(left, right))
        case (("_<_" | "_<=_" | "_>_" | "_>=_"), (left, right)):
            return _compared(tree.name, left, right)
        case "@in", (item, within):
            return _among(tree, item, within)
        case _:
            return Holds(tree)


def operands_of(atom: Atom) -> frozenset[Tree]:
    """What must have a value for the atom to have one."""
    return frozenset({atom.tree}) if isinstance(atom, Holds) else atom.operands


def names_in(formula: Formula) -> Iterator[str]:
    """The variables that a formula names, in order."""
    match formula:
        case Truth():
            return
        case Not(part=part):
            yield from names_in(part)
        case All(parts=parts) | Some(parts=parts):
            for part in parts:
                yield from names_in(part)
        case Choice(test=test, then=then, otherwise=otherwise):
            for part in (test, then, otherwise):
                yield from names_in(part)
        case _:
            yield from sorted(name for tree in operands_of(formula) for name in names_of(tree))


def _flat(tree: Tree) -> Iterator[Tree]:
    for part in tree.parts:
        if part.kind == "call" and part.name == tree.name:
            yield from _flat(part)
        else:
            yield part


def _equal(left: Tree, right: Tree) -> Formula:
    for one, other in ((left, right), (right, left)):
        if _is_choice(one):
            test, then, otherwise = one.parts
            return Choice(formula_of(test), _equal(then, other), _equal(otherwise, other))
    match left.type, right.type:
        case "bool", "bool":
            same = formula_of(right)
            return Choice(formula_of(left), same, Not(same))
        case "string", "string":
            return _same(left, right)
        case ("int" | "time" | "duration") as kind, other if kind == other:
            return All((_at_most(left, right), _at_most(right, left)))
        case _:
            return Holds(Tree(kind="call", name="_==_", type="bool", parts=(left, right)))


def _same(left: Tree, right: Tree) -> Formula:
    if left.kind == right.kind == "constant":
        return Truth(value=left.value == right.value)
    return Same(frozenset({left, right}))


def _compared(operator: str, left: Tree, right: Tree) -> Formula:
    for one, side in ((left, 0), (right, 1)):
        if _is_choice(one):
            test, then, otherwise = one.parts
            pairs = [(part, right) if side == 0 else (left, part) for part in (then, otherwise)]
            return Choice(formula_of(test), *(_compared(operator, *pair) for pair in pairs))
    if left.type not in {"int", "time", "duration"} or left.type != right.type:
        return Holds(Tree(kind="call", name=operator, type="bool", parts=(left, right)))
    match operator:
        case "_<=_":
            return _at_most(left, right)
        case "_>=_":
            return _at_most(right, left)
        case "_<_":
            return _at_most(left, right, less=1)
        case _:
            return _at_most(right, left, less=1)


def _at_most(left: Tree, right: Tree, *, less: int = 0) -> Formula:
    """All these numbers are whole, so less than 5 is at most 4."""
    terms: dict[Tree, int] = {}
    constant = _added(left, 1, terms) + _added(right, -1, terms)
    kept = frozenset((term, times) for term, times in terms.items() if times)
    operands = frozenset(side for side in (left, right) if _number(side) is None)
    if not operands:
        return Truth(value=constant <= -less)
    return AtMost(kept, -less - constant, operands)


def _added(tree: Tree, times: int, terms: dict[Tree, int]) -> int:
    """Add a number so many times; returns what it adds in constants."""
    number = _number(tree)
    if number is not None:
        return times * number
    match tree.name, tree.parts:
        case ("_+_" | "_-_") as sign, (left, right) if tree.kind == "call":
            second = times if sign == "_+_" else -times
            return _added(left, times, terms) + _added(right, second, terms)
        case "-_", (part,) if tree.kind == "call":
            return _added(part, -times, terms)
        case _:
            terms[tree] = terms.get(tree, 0) + times
            return 0


def _number(tree: Tree) -> int | None:
    match tree:
        case Tree(kind="constant", value=int() as value, type="int"):
            return value
        case Tree(kind="call", name="timestamp", parts=(Tree(value=str() as text),)):
            return _moment(text)
        case Tree(kind="call", name="duration", parts=(Tree(value=str() as text),)):
            return _length(text)
        case _:
            return None


_MICRO = timedelta(microseconds=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_LENGTH = re.compile(r"(-?)((?:\d+(?:ns|us|ms|h|m|s))+)")
_UNITS = {
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}


def _moment(text: str) -> int | None:
    if _TIME.fullmatch(text) is None:
        return None
    try:
        since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    except ValueError:
        return None
    return since // _MICRO * 1_000


def _length(text: str) -> int | None:
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    parts = re.findall(r"(\d+)(ns|us|ms|h|m|s)", match[2])
    return (-1 if match[1] else 1) * sum(int(n) * _UNITS[unit] for n, unit in parts)


def _among(tree: Tree, item: Tree, within: Tree) -> Formula:
    """A value is one of several constants: the keys, where they are those of a mapping."""
    listed = within.parts if within.kind == "list" else within.parts[::2]
    if item.type not in {"string", "int", "bool"} or not _is_constant(within):
        return Holds(tree)
    if any(part.type != item.type for part in listed):
        return Holds(tree)
    if not listed:
        # Never true, and yet without a value where the item has none.
        return Choice(Holds(tree), Truth(value=False), Truth(value=False))
    return Some(tuple(_equal(item, part) for part in listed))


def _is_constant(tree: Tree) -> bool:
    inside = tree.kind in {"list", "map"} and all(map(_is_constant, tree.parts))
    return inside or tree.kind == "constant"


def _is_choice(tree: Tree) -> bool:
    return tree.kind == "call" and tree.name == "_?_:_"
