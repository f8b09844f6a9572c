"""Compiling conditions against the declared variables, and evaluating them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deskquorum.domain import JsonValue
from deskquorum.errors import DeskError
from deskquorum.policy.bindings import Bindings
from deskquorum.policy.complaints import Complaint, Vocabulary, complaints_of, misused, typed
from deskquorum.policy.consistency import World, world_of
from deskquorum.policy.expressions import (
    CONDITION,
    TABLE,
    VALUE,
    Expanded,
    Word,
    expand,
    words_of,
)
from deskquorum.policy.fact_types import (
    FactType,
    ListOf,
    MapOf,
    Record,
    Scalar,
    ScalarName,
    TypeSpec,
)
from deskquorum.policy.formula import Formula, formula_of
from deskquorum.policy.functions import (
    function_declarations,
    function_libraries,
    in_plain_cel,
)
from deskquorum.policy.literals import impossible_literals, unreadable_literals
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.reads import KNOWN, Fit, Reads, names_below, reads_of
from deskquorum.policy.records import RecordTypes, read_back
from deskquorum.policy.references import references_of
from deskquorum.policy.syntax import tree_of

if TYPE_CHECKING:
    from cel_expr_python import cel

__all__ = ["PART_KINDS", "CelProblem", "Condition", "Environment", "Missing", "NoValue"]

PART_KINDS: Mapping[str, str] = {CONDITION: "condition", VALUE: "value", TABLE: "table"}
"""What named parts are called in messages."""

_CEL_NAMES: Mapping[ScalarName, str] = {
    "string": "STRING",
    "bool": "BOOL",
    "date": "TIMESTAMP",
    "time": "TIMESTAMP",
    "int": "INT",
    "money": "INT",
}
_UNBOUND = re.compile(r'No value with name "([^"]+)"')


class CelProblem(DeskError):  # noqa: N818 - a problem as ops see it, not a fault of ours
    """An expression that can't be compiled; `complaints` holds every mistake in it."""

    def __init__(self, expression: str, complaints: list[Complaint]) -> None:
        self.complaints = tuple(sorted(complaints, key=lambda c: c.offset))
        first = self.complaints[0]
        before = expression[: first.offset]
        self.line = before.count("\n") + 1
        self.column = len(before) - (before.rfind("\n") + 1) + 1
        self.message = first.message
        self.hint = first.hint
        super().__init__(f"{self.message}; {self.hint}" if self.hint else self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """No value, because the variable was not read."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoValue:
    """No value, because the evaluation failed (`1 / 0`, index out of range)."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A compiled expression."""

    expression: str
    """As written, named parts included."""
    text: str
    """With named parts written out."""
    names: frozenset[str]
    """Every variable that it names."""
    _scope: str | None = field(repr=False)
    _program: cel.Expression = field(repr=False)
    _checked: bytes = field(repr=False)

    @property
    def formula(self) -> Formula:
        """What it says, for proofs about it."""
        return formula_of(tree_of(self._checked))

    def evaluate(self, bindings: Bindings) -> JsonValue | datetime | Missing | NoValue:
        """The value, or why there is none; never raises."""
        try:
            value = self._program.eval(bindings.activation(self._scope))
        except RuntimeError as exc:
            return NoValue(why=str(exc))
        result = value.value()
        if result is True or result is False:
            return result
        if value.type().name() == "ERROR":
            unbound = _UNBOUND.search(str(result))
            return NoValue(why=str(result)) if unbound is None else Missing(name=unbound[1])
        return _plain(value.plain_value())


class Environment:
    """The declared variables; compiles expressions over them.

    Args:
        variables: Facts, answers, slots and `now` by their dotted names.
        facts: Which of the variables are trusted facts, the built-in ones included.
        arguments: Per action, its arguments by their dotted names (`args.amount_minor`).
        parts: `cond.NAME`, `value.NAME` and `table.NAME` to what they stand for, ready expanded.
        unchecked: Names that can't be typed, because their declaration is faulty.
    """

    def __init__(
        self,
        *,
        variables: Mapping[str, TypeSpec],
        facts: frozenset[str],
        arguments: Mapping[str, Mapping[str, TypeSpec]],
        parts: Mapping[str, str],
        unchecked: frozenset[str] = frozenset(),
    ) -> None:
        self.variables = variables
        self.facts = facts
        self.arguments = arguments
        self.parts = dict(parts)
        of_actions = (item for types in arguments.values() for item in types.items())
        self.records = RecordTypes([*variables.items(), *of_actions])
        self._unchecked = unchecked
        self._scopes: dict[str | None, _Scope] = {}
        self._all_reads: dict[str | None, Reads] = {}
        self._fits: dict[int, Fit] = {}

    @property
    def conditions(self) -> Mapping[str, str]:
        """Conditions by their names, ready expanded."""
        head = f"{CONDITION}."
        return {n.removeprefix(head): t for n, t in self.parts.items() if n.startswith(head)}

    def compile(
        self, expression: str, *, action: str | None = None, yes_or_no: bool = False
    ) -> Condition:
        """Compile an expression.

        Args:
            expression: CEL, with `cond.NAME`, `value.NAME` and `table.NAME` for named parts.
            action: The action whose arguments it may read.
            yes_or_no: Refuse an expression that is neither true nor false.

        Raises:
            CelProblem: Every mistake in it, with places in `expression`.
        """
        expanded = expand(expression, self.parts)
        scope = self._scope_of(action)
        complaints = [self._unknown_part(word) for word in expanded.unknown]
        complaints += misused(expanded, scope.declared)
        if complaints:
            raise CelProblem(expression, complaints)
        complaints = list(impossible_literals(expanded, scope.declared))
        complaints += unreadable_literals(expanded, lambda text: _has_value(scope.engine, text))
        try:
            checked = scope.engine.compile(expanded.text)
            plain = in_plain_cel(expanded.text)
            program = checked if plain == expanded.text else scope.engine.compile(plain)
        except RuntimeError as exc:
            said = complaints_of(str(exc), expanded.text, self._vocabulary(action))
            complaints += [_brought_back(complaint, expanded) for complaint in said]
            raise CelProblem(expression, complaints) from None
        if complaints:
            raise CelProblem(expression, complaints)
        kind = checked.return_type().name()
        if yes_or_no and kind.lower() not in {"bool", "dyn", "wrapper(bool)"}:
            message = f"expected true or false, this is {self._typed(kind)}"
            raise CelProblem(expression, [Complaint(offset=0, message=message)])
        serialized = checked.serialize()
        return Condition(
            expression=expression,
            text=expanded.text,
            names=references_of(serialized) & scope.names,
            _scope=self.scope(action),
            _program=program,
            _checked=serialized,
        )

    def scope(self, action: str | None) -> str | None:
        """The action, if conditions on it can read arguments; None is everybody's scope."""
        return action if self.arguments.get(action or "") else None

    def world(self, action: str | None, amounts: Iterable[str] = ()) -> World:
        """What the declarations tell about the variables of conditions on an action.

        Args:
            action: The action whose arguments they may read.
            amounts: Its arguments that hold an amount.
        """
        return world_of(self._scope_of(action).declared, amounts)

    def activation(self, values: Mapping[str, object], scope: str | None) -> cel.Activation:
        """Values ready for evaluating conditions that were compiled in a scope."""
        return self._scope_of(scope).engine.Activation(values)

    def reads(self, names: Iterable[str], *, action: str | None = None) -> Reads:
        """How to give values to these variables, where conditions on an action read them."""
        scope = self._scope_of(action)
        return reads_of(
            names,
            variables=scope.declared,
            facts=self.facts,
            below=scope.below,
            fit_for=self.fit_for,
        )

    def all_reads(self, action: str | None = None) -> Reads:
        """How to give values to every variable that conditions on an action can read."""
        key = self.scope(action)
        if key not in self._all_reads:
            self._all_reads[key] = self.reads(self._scope_of(action).names, action=action)
        return self._all_reads[key]

    def fit_for(self, kind: FactType) -> Fit:
        """How values are brought into a type that is declared here."""
        if id(kind) not in self._fits:
            self._fits[id(kind)] = self.records.fit_for(kind)
        return self._fits[id(kind)]

    def names_in(self, text: str, *, action: str | None = None) -> list[str]:
        """The variables that an expanded expression names, in order."""
        known = self._scope_of(action).declared
        chains = (word.text for word in words_of(text) if word.kind == "name")
        return [name for chain in chains if (name := _longest_known(chain, known))]

    def _scope_of(self, action: str | None) -> _Scope:
        scope = self.scope(action)
        if scope not in self._scopes:
            self._scopes[scope] = self._built(scope)
        return self._scopes[scope]

    def _built(self, action: str | None) -> _Scope:
        from cel_expr_python import cel

        declared = {**self.variables, **self.arguments.get(action or "", {})}
        below = names_below(declared)
        types = {name: self._cel_type(spec.type) for name, spec in declared.items()}
        types |= dict.fromkeys(below, cel.Type.BOOL)
        types |= dict.fromkeys(self._unchecked - types.keys(), cel.Type.DYN)
        engine = cel.NewEnv(
            self.records.pool,
            variables=types,
            functions=function_declarations(),
            extensions=function_libraries(),
        )
        return _Scope(
            declared=declared, below=below, names=frozenset({*declared, *below}), engine=engine
        )

    def _cel_type(self, kind: FactType) -> cel.Type:
        from cel_expr_python import cel

        match kind:
            case ListOf(element=element):
                return cel.Type.List(self._cel_type(element))
            case MapOf(element=element):
                return cel.Type.Map(cel.Type.STRING, self._cel_type(element))
            case Record():
                return cel.Type(self.records.message_name(kind))
            case Scalar(name=name):
                return getattr(cel.Type, _CEL_NAMES[name])  # type: ignore[no-any-return]

    def _vocabulary(self, action: str | None) -> Vocabulary:
        return Vocabulary(
            variables=tuple(self._scope_of(action).declared),
            action=action,
            owner_of=self.records.owner_of,
            fields_of=self.records.fields_of,
        )

    def _typed(self, name: str) -> str:
        lowered = name.lower() if name.isupper() else name
        return typed(lowered, self.records.owner_of)

    def _unknown_part(self, word: Word) -> Complaint:
        head, _, short = word.text.partition(".")
        known = [name.partition(".")[2] for name in self.parts if name.startswith(f"{head}.")]
        what = PART_KINDS[head]
        hint = did_you_mean(short, known, what=f"{what}s")
        return Complaint(offset=word.start, message=f"unknown {what} '{short}'", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What conditions can read that are on one action, or on any without arguments."""

    declared: Mapping[str, TypeSpec]
    below: Mapping[str, tuple[str, ...]]
    """`known.NAME` to the variables that are that name or under it."""
    names: frozenset[str]
    """All of both."""
    engine: cel.Env


def _has_value(engine: cel.Env, constant: str) -> bool:
    try:
        found = engine.compile(constant).eval(engine.Activation({}))
    except RuntimeError:
        return False
    return bool(found.type().name() != "ERROR")


def _longest_known(chain: str, known: Mapping[str, object]) -> str | None:
    name = chain
    if chain.startswith(KNOWN):
        return chain
    while name not in known:
        name, dot, _ = name.rpartition(".")
        if not dot:
            return None
    return name


def _brought_back(complaint: Complaint, expanded: Expanded) -> Complaint:
    offset, condition = expanded.origin(complaint.offset)
    message = complaint.message
    if condition is not None:
        head, _, name = condition.partition(".")
        message = f"in {PART_KINDS[head]} '{name}': {message}"
    return Complaint(offset=offset, message=message, hint=complaint.hint)


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
