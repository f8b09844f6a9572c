"""Whether the parts of conditions can turn out as they are said to, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from deskquorum.policy.bounds import fits
from deskquorum.policy.fact_types import Scalar, TypeSpec
from deskquorum.policy.formula import AtMost, Atom, Holds, Same, operands_of
from deskquorum.policy.reads import ANSWER, KNOWN
from deskquorum.policy.syntax import Tree
from deskquorum.policy.texts import can_be_so

__all__ = ["Outcome", "World", "consistent", "world_of"]

AtomT = TypeVar("AtomT", AtMost, Same)

Outcome = Literal["true", "false", "none"]

_LAZY = frozenset({"_&&_", "_||_", "_?_:_", "@not_strictly_false"})
"""What may have a value although a part of it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is known of the variables before anything was read."""

    values: Mapping[str, frozenset[str]]
    """The only texts that a variable can have, where they are few."""
    never_negative: frozenset[str] = frozenset()
    """Numbers that are at least 0."""
    always_read: frozenset[str] = frozenset()
    """Variables that always have a value."""


def world_of(variables: Mapping[str, TypeSpec], amounts: Iterable[str]) -> World:
    """What declarations tell about variables.

    Args:
        variables: Names to their types.
        amounts: Variables that hold an argument's amount, which is refused where it is negative.
    """
    return World(
        values={
            name: frozenset(spec.type.values)
            for name, spec in variables.items()
            if isinstance(spec.type, Scalar) and spec.type.values
        },
        never_negative=frozenset(amounts),
        always_read=frozenset(name for name in variables if name.startswith(ANSWER)),
    )


def consistent(outcomes: Mapping[Atom, Outcome], newest: Atom, world: World) -> bool:
    """Whether there may be values with these outcomes; False is a proof that there are none.

    Args:
        outcomes: Atoms, with how they turn out; without the newest one they were consistent.
        newest: The atom that came last.
        world: What is known of the variables.
    """
    match newest:
        case AtMost() if outcomes[newest] != "none" and not _numbers_fit(outcomes, newest, world):
            return False
        case Same() if outcomes[newest] != "none" and not _texts_fit(outcomes, newest, world):
            return False
    failed = [atom for atom, outcome in outcomes.items() if outcome == "none"]
    asked = [atom.tree for atom in outcomes if isinstance(atom, Holds) and _asks(atom.tree)]
    if not failed and not asked:
        return True
    valued = [atom for atom, outcome in outcomes.items() if outcome != "none"]
    read = {tree for atom in valued for operand in operands_of(atom) for tree in _read_for(operand)}
    can_fail = all(_can_fail(operands_of(atom), read, world) for atom in failed)
    return can_fail and _are_there(read, {t.name: outcomes[Holds(t)] for t in asked})


def _read_for(tree: Tree) -> Iterator[Tree]:
    """What has a value wherever the expression has one."""
    yield tree
    if tree.kind == "loop":
        yield from _read_for(tree.parts[0])
    elif tree.kind != "other" and tree.name not in _LAZY:
        for part in tree.parts:
            yield from _read_for(part)


def _can_fail(operands: Iterable[Tree], read: set[Tree], world: World) -> bool:
    return not all(
        tree in read
        or tree.kind == "constant"
        or (tree.kind == "name" and (tree.name in world.always_read or _asks(tree)))
        for tree in operands
    )


def _asks(tree: Tree) -> bool:
    return tree.kind == "name" and tree.name.startswith(KNOWN)


def _are_there(read: set[Tree], asked: Mapping[str, Outcome]) -> bool:
    """Nothing of a record was read that is said not to be known."""
    there = {tree.name for tree in read if tree.kind == "name" and not _asks(tree)}
    there |= {name.removeprefix(KNOWN) for name, outcome in asked.items() if outcome == "true"}
    absent = [name.removeprefix(KNOWN) for name, told in asked.items() if told == "false"]
    return not any(f"{name}.".startswith(f"{missing}.") for name in there for missing in absent)


def _numbers_fit(outcomes: Mapping[Atom, Outcome], newest: AtMost, world: World) -> bool:
    limits = []
    for atom in _connected(newest, [atom for atom in outcomes if isinstance(atom, AtMost)]):
        if outcomes[atom] == "true":
            limits.append((atom.terms, atom.limit))
        elif outcomes[atom] == "false":
            opposite = frozenset((term, -times) for term, times in atom.terms)
            limits.append((opposite, -atom.limit - 1))

    def never_negative(tree: Tree) -> bool:
        size = tree.kind == "call" and tree.name == "size"
        return size or (tree.kind == "name" and tree.name in world.never_negative)

    return fits(limits, never_negative)


def _texts_fit(outcomes: Mapping[Atom, Outcome], newest: Same, world: World) -> bool:
    connected = _connected(newest, [atom for atom in outcomes if isinstance(atom, Same)])
    same = [atom.operands for atom in connected if outcomes[atom] == "true"]
    different = [atom.operands for atom in connected if outcomes[atom] == "false"]
    return can_be_so(same, different, world.values)


def _connected(newest: AtomT, atoms: list[AtomT]) -> list[AtomT]:
    """The atoms that share a variable with the newest one, directly or through others."""
    found, reached = [newest], set(newest.variables)
    left = [atom for atom in atoms if atom != newest]
    while near := [atom for atom in left if not reached.isdisjoint(atom.variables)]:
        found += near
        reached.update(*(atom.variables for atom in near))
        left = [atom for atom in left if atom not in near]
    return found
