"""What a condition says: comparisons and other yes-or-no parts, put together by and, or and not.

Everything that is not understood stays one part, which can be true, false or without a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from deskquorum.policy.amounts import added, number_of
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
    read = _CALLS.get(tree.name) if tree.kind == "call" else None
    return Holds(tree) if read is None else read(tree)


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
    if left.type != right.type:
        return _equality(left, right)
    match left.type:
        case "bool":
            same = formula_of(right)
            return Choice(formula_of(left), same, Not(same))
        case "string":
            return _same(left, right)
        case "int" | "time" | "duration":
            return All((_at_most(left, right), _at_most(right, left)))
        case _:
            return _equality(left, right)


def _equality(left: Tree, right: Tree) -> Formula:
    return Holds(Tree(kind="call", name="_==_", type="bool", parts=(left, right)))


def _same(left: Tree, right: Tree) -> Formula:
    if left.kind == right.kind == "constant":
        return Truth(value=left.value == right.value)
    return Same(frozenset({left, right}))


def _comparison(tree: Tree) -> Formula:
    left, right = tree.parts
    return _compared(tree.name, left, right)


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
    constant = added(left, 1, terms) + added(right, -1, terms)
    kept = frozenset((term, times) for term, times in terms.items() if times)
    operands = frozenset(side for side in (left, right) if number_of(side) is None)
    if not operands:
        return Truth(value=constant <= -less)
    return AtMost(kept, -less - constant, operands)


def _among(tree: Tree) -> Formula:
    """A value is one of several constants: the keys, where they are those of a mapping."""
    item, within = tree.parts
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


def _choice(tree: Tree) -> Formula:
    test, then, otherwise = map(formula_of, tree.parts)
    return Choice(test, then, otherwise)


_CALLS: Mapping[str, Callable[[Tree], Formula]] = {
    "_&&_": lambda tree: All(tuple(map(formula_of, _flat(tree)))),
    "_||_": lambda tree: Some(tuple(map(formula_of, _flat(tree)))),
    "!_": lambda tree: Not(formula_of(tree.parts[0])),
    "_?_:_": _choice,
    "_==_": lambda tree: _equal(*tree.parts),
    "_!=_": lambda tree: Not(_equal(*tree.parts)),
    "_<_": _comparison,
    "_<=_": _comparison,
    "_>_": _comparison,
    "_>=_": _comparison,
    "@in": _among,
}
