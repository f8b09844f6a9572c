"""Compiled conditions, and what comes out of evaluating them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deskquorum.domain import JsonValue
from deskquorum.policy.bindings import Bindings
from deskquorum.policy.causes import cause_of, is_over_budget
from deskquorum.policy.formula import Formula, formula_of
from deskquorum.policy.records import read_back
from deskquorum.policy.syntax import Tree

if TYPE_CHECKING:
    from cel_expr_python import cel

__all__ = ["Condition", "Missing", "NoValue"]

_UNBOUND = re.compile(r'No value with name "([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """No value, because the variable was not read."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoValue:
    """No value, because the evaluation failed (`1 / 0`, index out of range)."""

    why: str
    """In words, without any value that it worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A compiled expression."""

    expression: str
    """As written, named parts included."""
    text: str
    """With named parts written out."""
    names: frozenset[str]
    """Every variable that it names."""
    tree: Tree = field(repr=False)
    """The text as the compiler understands it."""
    _scope: str | None = field(repr=False)
    _program: cel.Expression = field(repr=False)
    _lookups: Callable[[], Sequence[str]] = field(repr=False)
    _parts: Callable[[], tuple[str, Sequence[Condition]]] = field(repr=False)
    """What it joins and by what, none where it joins nothing."""

    @property
    def formula(self) -> Formula:
        """What it says, for proofs about it."""
        return formula_of(self.tree)

    def evaluate(self, bindings: Bindings) -> JsonValue | datetime | Missing | NoValue:
        """The value, or why there is none; never raises."""
        try:
            value = self._program.eval(bindings.activation(self._scope))
        except RuntimeError as exc:
            over = NoValue(why=cause_of(str(exc), self._lookups))
            return self._by_parts(bindings, over) if is_over_budget(exc) else over
        result = value.value()
        if result is True or result is False:
            return result
        if value.type().name() == "ERROR":
            unbound = _UNBOUND.search(str(result))
            if unbound is not None:
                return Missing(name=unbound[1])
            return NoValue(why=cause_of(str(result), self._lookups))
        return _plain(value.plain_value())

    def _by_parts(self, bindings: Bindings, over: NoValue) -> bool | Missing | NoValue:
        """The value by those of its parts, each of which may take as many loop steps anew.

        It is the value that the engine would give: one side decides, whatever the others are.
        """
        joint, parts = self._parts()
        stop = joint == "||"
        values = [part.evaluate(bindings) for part in parts]
        if any(value is stop for value in values):
            return stop
        if parts and all(value is not stop and isinstance(value, bool) for value in values):
            return not stop
        return next((value for value in values if isinstance(value, Missing)), over)


# The engine types its results as a union of its own; only plain values come out of conditions.
def _plain(value: Any) -> JsonValue | datetime:  # noqa: ANN401 - see above
    match value:
        case list():
            return [_plain(item) for item in value]  # type: ignore[misc]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}  # type: ignore[misc]
        case None | bool() | int() | str() | datetime():
            return value
        case _ if hasattr(value, "DESCRIPTOR"):
            return _plain(read_back(value))
        case _:
            return None
