"""Proofs about conditions: which can be true together, by trying every way in turn.

A condition has one of three outcomes: true, false, or no value, because something was not read or
could not be worked out. What is claimed here holds for all three; where the work grows too large,
nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from deskquorum.policy.consistency import Outcome, World, consistent
from deskquorum.policy.formula import (
    All,
    AtMost,
    Atom,
    Choice,
    Formula,
    Holds,
    Not,
    Same,
    Some,
    Truth,
)

__all__ = ["Claim", "Claimed", "TooMuchWorkError", "possible", "ways"]

Claimed = Literal["true", "false", "none", "not true", "not false"]
Claim = tuple[Formula, Claimed]
"""That a formula turns out so; only of atoms it can be claimed that they have no value."""

_MOST_STEPS = 1_000
_OPPOSITE: Mapping[Claimed, Claimed] = {
    "true": "false",
    "false": "true",
    "not true": "not false",
    "not false": "not true",
}
_OUTCOMES: Mapping[Claimed, tuple[Outcome, ...]] = {
    "true": ("true",),
    "false": ("false",),
    "none": ("none",),
    "not true": ("false", "none"),
    "not false": ("true", "none"),
}


class TooMuchWorkError(Exception):
    """Nothing is proven, because there are too many ways to try."""


def possible(world: World, *claims: Claim) -> bool | None:
    """Whether the claims can be true together; None where that took too much work.

    False is a proof. True is none: what is not understood is taken to be possible.
    """
    try:
        return next(ways(world, *claims), None) is not None
    except TooMuchWorkError:
        return None


def ways(world: World, *claims: Claim) -> Iterator[Mapping[Atom, Outcome]]:
    """Outcomes of parts that together make the claims true; every way is among them.

    Raises:
        TooMuchWorkError: There are too many.
    """
    return _Search(world=world).ways(list(claims), [], {})


@dataclass(slots=True, kw_only=True)
class _Search:
    world: World
    steps: int = field(default=0)

    def ways(
        self,
        claims: list[Claim],
        choices: list[Sequence[Sequence[Claim]]],
        outcomes: dict[Atom, Outcome],
    ) -> Iterator[Mapping[Atom, Outcome]]:
        """All claims, and of each choice one list of claims."""
        if not self._noted(claims, choices, outcomes):
            return
        choices.sort(key=len)
        for at, choice in enumerate(choices):
            if not any(_is_met(way, outcomes) for way in choice):
                for way in choice:
                    # Each way goes on with choices of its own, and adds to them.
                    yield from self.ways([*way], choices[at + 1 :], {**outcomes})
                return
        yield outcomes

    def _noted(
        self,
        claims: list[Claim],
        choices: list[Sequence[Sequence[Claim]]],
        outcomes: dict[Atom, Outcome],
    ) -> bool:
        """Put what the claims come to into choices and outcomes; False if they can't be so."""
        while claims:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                raise TooMuchWorkError
            formula, claimed = claims.pop()
            if isinstance(formula, AtMost | Same | Holds):
                if not self._decided(formula, claimed, choices, outcomes):
                    return False
            elif not _taken_apart(formula, claimed, claims, choices):
                return False
        return True

    def _decided(
        self,
        atom: Atom,
        claimed: Claimed,
        choices: list[Sequence[Sequence[Claim]]],
        outcomes: dict[Atom, Outcome],
    ) -> bool:
        """Take note of a claim about an atom; False if it can't be so."""
        fitting = _OUTCOMES[claimed]
        if atom in outcomes:
            return outcomes[atom] in fitting
        if len(fitting) > 1:
            choices.append([[(atom, outcome)] for outcome in fitting])
            return True
        outcomes[atom] = fitting[0]
        return consistent(outcomes, atom, self.world)


def _is_met(way: Sequence[Claim], outcomes: Mapping[Atom, Outcome]) -> bool:
    return all(
        isinstance(formula, AtMost | Same | Holds) and outcomes.get(formula) in _OUTCOMES[claimed]
        for formula, claimed in way
    )


def _taken_apart(
    formula: Truth | Not | All | Some | Choice,
    claimed: Claimed,
    claims: list[Claim],
    choices: list[Sequence[Sequence[Claim]]],
) -> bool:
    """Put what a claim comes to into claims and choices; False if it can't be so."""
    match formula:
        case Truth(value=value):
            return value == (claimed in {"true", "not false"})
        case Not(part=part):
            claims.append((part, _OPPOSITE[claimed]))
        case All(parts=parts) | Some(parts=parts):
            together = isinstance(formula, All) == (claimed in {"true", "not false"})
            if together:
                claims += [(part, claimed) for part in parts]
            else:
                choices.append([[(part, claimed)] for part in parts])
        case Choice(test=test, then=then, otherwise=otherwise):
            if claimed in {"true", "false"}:
                yes: list[Claim] = [(test, "true"), (then, claimed)]
                no: list[Claim] = [(test, "false"), (otherwise, claimed)]
                choices.append([yes, no])
            else:
                choices.append([[(test, "not true")], [(then, claimed)]])
                choices.append([[(test, "not false")], [(otherwise, claimed)]])
    return True
