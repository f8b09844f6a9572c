"""Whether a clause applies to a case, by the facts that were read of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deskquorum.domain import Facts, JsonValue, Scope

__all__ = ["Reach", "reach_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which clauses do not apply to a case, and of which nobody can tell."""

    outside: frozenset[str] = frozenset()
    """Ids of clauses whose scope the facts contradict."""
    untold: Mapping[str, str] = field(default_factory=dict)
    """Ids of clauses whose scope can't be told, to why."""


def reach_of(scopes: Iterable[tuple[str, Scope]], facts: Facts) -> Reach:
    """Hold scopes against facts.

    A fact that was read and has no value is none of a scope's values. One of another type than
    those values says nothing.

    Args:
        scopes: Ids of clauses and their scopes.
        facts: What the desk's systems say of this case.
    """
    outside: set[str] = set()
    untold: dict[str, str] = {}
    for name, scope in scopes:
        if any(_contradicts(fact, values, facts) for fact, values in scope.items()):
            outside.add(name)
        elif doubts := [
            why for fact, values in scope.items() if (why := _doubt(fact, values, facts))
        ]:
            untold[name] = "; ".join(doubts)
    return Reach(outside=frozenset(outside), untold=untold)


def _contradicts(name: str, values: tuple[str | int | bool, ...], facts: Facts) -> bool:
    fact = facts.values.get(name)
    if fact is None or not _is_comparable(fact.value, values):
        return False
    return fact.value not in values


def _doubt(name: str, values: tuple[str | int | bool, ...], facts: Facts) -> str:
    """Why a fact says nothing of a scope; empty where it does."""
    fact = facts.values.get(name)
    if fact is not None:
        return "" if _is_comparable(fact.value, values) else f"fact '{name}' is of another type"
    unread = facts.unread.get(name)
    return f"fact '{name}' was not read" + (f" ({unread.why})" if unread else "")


def _is_comparable(value: JsonValue, values: tuple[str | int | bool, ...]) -> bool:
    """True is no 1, though Python finds them equal."""
    return value is None or type(value) in {type(one) for one in values}
