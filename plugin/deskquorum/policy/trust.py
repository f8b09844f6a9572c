"""Whether a condition rests on the desk's own facts, or only on what the customer's text says.

The customer writes the text, and so chooses every part of a condition that only text decides. What
a condition rests on is left when those parts are chosen in its favour: if nothing is left, or only
what no fact can make false, text alone makes it true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from deskquorum.policy.consistency import Outcome, World
from deskquorum.policy.formula import (
    All,
    AtMost,
    Atom,
    Choice,
    Formula,
    Not,
    Same,
    Some,
    Truth,
    names_in,
    operands_of,
)
from deskquorum.policy.proof import Claim, TooMuchWorkError, possible, ways
from deskquorum.policy.reads import ANSWER, CLAIMED
from deskquorum.policy.syntax import Tree, names_of

__all__ = ["TrustGap", "trust_gap"]

TrustGap = Literal["no fact", "no say"]
"""Some alternative names no fact; or facts are named, and none can make the condition false."""


def trust_gap(formula: Formula, world: World, is_fact: Callable[[str], bool]) -> TrustGap | None:
    """How text alone makes a condition true; None where facts can say no to every text.

    Args:
        formula: What the condition says.
        world: What is known of its variables.
        is_fact: Whether a name is a fact that the customer can't write.
    """
    if _has_condition_of_facts(formula, world, is_fact):
        return None
    try:
        left = {_left(way, is_fact) for way in ways(world, (formula, "true"))}
    except TooMuchWorkError:
        return None if _everywhere(formula, is_fact, wanted=True) else "no fact"
    if any(not facts for facts in left):
        return "no fact"
    vetoes: list[Claim] = [(Not(All(tuple(facts))), "true") for facts in left]
    return "no say" if possible(world, *vetoes) is False else None


def _has_condition_of_facts(formula: Formula, world: World, is_fact: Callable[[str], bool]) -> bool:
    """The usual case, seen at once: one thing that must hold is about facts and can be false."""
    return any(
        _is_of_facts(part, is_fact) and possible(world, (part, "false"))
        for part in (formula.parts if isinstance(formula, All) else (formula,))
    )


def _is_of_facts(formula: Formula, is_fact: Callable[[str], bool]) -> bool:
    """Whether facts alone decide, in each part of it."""
    match formula:
        case Truth():
            return False
        case Not(part=part):
            return _is_of_facts(part, is_fact)
        case All(parts=parts) | Some(parts=parts):
            return all(_is_of_facts(part, is_fact) for part in parts)
        case Choice(test=test, then=then, otherwise=otherwise):
            return all(_is_of_facts(part, is_fact) for part in (test, then, otherwise))
        case _:
            text = any(name.startswith((CLAIMED, ANSWER)) for name in names_in(formula))
            return not text and _names_fact(formula, is_fact)


def _left(way: Mapping[Atom, Outcome], is_fact: Callable[[str], bool]) -> frozenset[Formula]:
    """The parts of one way to make a condition true that the text does not choose."""
    return frozenset(
        atom if outcome == "true" else Not(atom)
        for atom, outcome in way.items()
        if _names_fact(atom, is_fact) and not _follows_text(atom, way.keys(), is_fact)
    )


def _names_fact(atom: Atom, is_fact: Callable[[str], bool]) -> bool:
    return any(is_fact(name) for tree in operands_of(atom) for name in names_of(tree))


def _follows_text(atom: Atom, way: Iterable[Atom], is_fact: Callable[[str], bool]) -> bool:
    """A comparison with a value from the text that nothing else is said about."""
    return any(
        all(tree not in _compared(other) for other in way if other is not atom)
        for tree in _compared(atom)
        if _is_text(tree, is_fact)
    )


def _compared(atom: Atom) -> frozenset[Tree]:
    match atom:
        case AtMost(terms=terms):
            return frozenset(term for term, _ in terms)
        case Same(operands=operands):
            return operands
        case _:
            return frozenset()


def _is_text(tree: Tree, is_fact: Callable[[str], bool]) -> bool:
    return tree.kind == "name" and tree.name.startswith(CLAIMED) and not is_fact(tree.name)


def _everywhere(formula: Formula, is_fact: Callable[[str], bool], *, wanted: bool) -> bool:
    """Whether every alternative names a fact: what is asked where there are too many of them."""

    def inside(parts: Iterable[Formula]) -> Iterator[bool]:
        return (_everywhere(part, is_fact, wanted=wanted) for part in parts)

    match formula:
        case Truth(value=value):
            return value is not wanted
        case Not(part=part):
            return _everywhere(part, is_fact, wanted=not wanted)
        case All(parts=parts):
            return any(inside(parts)) if wanted else all(inside(parts))
        case Some(parts=parts):
            return all(inside(parts)) if wanted else any(inside(parts))
        case Choice(test=test, then=then, otherwise=otherwise):
            tested = (_everywhere(test, is_fact, wanted=side) for side in (True, False))
            return all(a or b for a, b in zip(tested, inside((then, otherwise)), strict=True))
        case _:
            return _names_fact(formula, is_fact)
