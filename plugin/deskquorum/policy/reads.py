"""Which variables some conditions read, sorted by where their values come from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from deskquorum.policy.fact_types import FactType, Scalar, TypeSpec

__all__ = [
    "ABSENT",
    "ANSWER",
    "CLAIMED",
    "KNOWN",
    "Fit",
    "Reads",
    "fact_of",
    "names_below",
    "reads_of",
]

Fit = Callable[[object], object]
"""From a value as it was read to what conditions read; raises `UnfitError`."""

ANSWER, CLAIMED = "answer.", "claimed."
"""What stands before the names of questions and of slots."""

KNOWN, ABSENT = "known.", "absent."
"""What stands before the names of what may have been read, and of facts that may be null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """The variables to give values to; arguments and `now` have theirs anyway."""

    facts: tuple[tuple[str, Fit], ...] = ()
    """Names, and how values are brought into their types."""
    slots: tuple[tuple[str, str, Fit], ...] = ()
    """Variables (`claimed.NAME`), names, and the same."""
    answers: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Variables (`answer.NAME`), questions and labels."""
    known: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    """Names that `known.` stands before, with the facts and the other variables under them."""
    absent: tuple[str, ...] = ()
    """Facts that `absent.` stands before."""


def reads_of(
    names: Iterable[str],
    *,
    variables: Mapping[str, TypeSpec],
    facts: Collection[str],
    below: Mapping[str, tuple[str, ...]],
    fit_for: Callable[[FactType], Fit],
) -> Reads:
    """Sort variables by where their values come from; the result is made once and used often.

    Args:
        names: Variables that conditions name, `known.NAME` and `absent.NAME` among them.
        variables: All that are declared, with their types.
        facts: Which of those are facts.
        below: `known.NAME` to the variables that are that name or under it.
        fit_for: How values are brought into a type.
    """
    wanted = set(names)
    known = tuple(
        (
            flag.removeprefix(KNOWN),
            tuple(name for name in below[flag] if name in facts),
            tuple(name for name in below[flag] if name not in facts),
        )
        for flag in sorted(wanted & below.keys())
    )
    # That a fact is there is seen from its value; what is told by text is read for that.
    wanted.update(name for _, _, others in known for name in others)
    absent = sorted(fact_of(name) for name in wanted if name.startswith(ABSENT))
    wanted.update(absent)
    typed = [(name, variables[name].type) for name in sorted(wanted & variables.keys())]
    return Reads(
        facts=tuple((name, fit_for(kind)) for name, kind in typed if name in facts),
        slots=tuple(
            (name, name.removeprefix(CLAIMED), fit_for(kind))
            for name, kind in typed
            if name.startswith(CLAIMED)
        ),
        answers=tuple(
            (name, name.removeprefix(ANSWER), kind.values)
            for name, kind in typed
            if name.startswith(ANSWER) and isinstance(kind, Scalar)
        ),
        known=known,
        absent=tuple(absent),
    )


def fact_of(name: str) -> str:
    """The fact that a variable is, or tells to be absent."""
    return name.removeprefix(ABSENT)


def names_below(declared: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """`known.NAME` to the variables that are that name or under it, for every such name."""
    found: dict[str, list[str]] = {}
    for name in declared:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            found.setdefault(KNOWN + ".".join(parts[:end]), []).append(name)
    return {flag: tuple(names) for flag, names in found.items()}
