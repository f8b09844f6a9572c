"""Compiling conditions against the declared variables, and evaluating them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from deskquorum.errors import DeskError
from deskquorum.policy.causes import looked_up
from deskquorum.policy.complaints import Complaint, Vocabulary, complaints_of, misused, typed
from deskquorum.policy.consistency import World, world_of
from deskquorum.policy.evaluation import Condition
from deskquorum.policy.expansion import expand
from deskquorum.policy.expressions import joined_parts, words_of
from deskquorum.policy.fact_types import (
    FactType,
    ListOf,
    MapOf,
    Record,
    Scalar,
    ScalarName,
    TypeSpec,
)
from deskquorum.policy.functions import function_declarations, function_libraries, in_plain_cel
from deskquorum.policy.literals import (
    Kinds,
    impossible_literals,
    impossible_words,
    unreadable_literals,
)
from deskquorum.policy.named_parts import Part
from deskquorum.policy.reads import ABSENT, KNOWN, Fit, Reads, names_below, reads_of
from deskquorum.policy.records import RecordTypes
from deskquorum.policy.syntax import names_of, tree_of

if TYPE_CHECKING:
    from cel_expr_python import cel

__all__ = ["CelProblem", "Environment"]

_CEL_NAMES: Mapping[ScalarName, str] = {
    "string": "STRING",
    "bool": "BOOL",
    "date": "TIMESTAMP",
    "time": "TIMESTAMP",
    "int": "INT",
    "money": "INT",
}


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


class Environment:
    """The declared variables; compiles expressions over them.

    Args:
        variables: Facts, answers, slots and `now` by their dotted names.
        facts: Which of the variables are trusted facts, the built-in ones included.
        arguments: Per action, its arguments by their dotted names (`args.amount_minor`).
        parts: `cond.NAME`, `value.NAME` and `table.NAME` to what they stand for.
        unchecked: Names that can't be typed, because their declaration is faulty.
    """

    def __init__(
        self,
        *,
        variables: Mapping[str, TypeSpec],
        facts: frozenset[str],
        arguments: Mapping[str, Mapping[str, TypeSpec]],
        parts: Mapping[str, Part],
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

    def compile(
        self,
        expression: str,
        *,
        action: str | None = None,
        yes_or_no: bool = False,
        parameters: Sequence[str] = (),
    ) -> Condition:
        """Compile an expression.

        Args:
            expression: CEL, with `cond.NAME`, `value.NAME` and `table.NAME` for named parts.
            action: The action whose arguments it may read.
            yes_or_no: Refuse an expression that is neither true nor false.
            parameters: Further names in it, of values of any type; it can't be evaluated then.

        Raises:
            CelProblem: Every mistake in it, with places in `expression`.
        """
        expanded = expand(expression, self.parts)
        scope = self._built(action, parameters) if parameters else self._scope_of(action)
        complaints = list(expanded.complaints)
        complaints += misused(expanded, scope.declared)
        if complaints:
            raise CelProblem(expression, complaints)
        has_value = partial(_has_value, scope.engine)
        complaints = list(unreadable_literals(expanded, has_value))
        try:
            checked = scope.engine.compile(expanded.text)
            plain = in_plain_cel(expanded.text)
            program = checked if plain == expanded.text else scope.engine.compile(plain)
        except RuntimeError as exc:
            said = complaints_of(str(exc), expanded.text, self._vocabulary(action))
            # An argument may stand in several places of what it is put into.
            complaints += dict.fromkeys(map(expanded.brought_back, said))
            complaints += impossible_words(expanded, scope.declared)
            raise CelProblem(expression, complaints) from None
        kinds = Kinds(declared=scope.declared, record_of=self.records.record_of)
        tree = tree_of(checked.serialize())
        complaints += impossible_literals(tree, expanded, kinds)
        if complaints:
            raise CelProblem(expression, complaints)
        kind = checked.return_type().name()
        if yes_or_no and kind.lower() not in {"bool", "dyn", "wrapper(bool)"}:
            message = f"expected true or false, this is {self._typed(kind)}"
            raise CelProblem(expression, [Complaint(offset=0, message=message)])
        return Condition(
            expression=expression,
            text=expanded.text,
            names=scope.names.intersection(names_of(tree)),
            tree=tree,
            _scope=self.scope(action),
            _program=program,
            _lookups=lambda: looked_up(tree, expanded),
            _parts=cache(partial(self._parts_of, expanded.text, action)),
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

    def _parts_of(self, text: str, action: str | None) -> tuple[str, Sequence[Condition]]:
        joint, parts = joined_parts(text) or ("", [])
        return joint, [self.compile(part, action=action) for part in parts]

    def _scope_of(self, action: str | None) -> _Scope:
        scope = self.scope(action)
        if scope not in self._scopes:
            self._scopes[scope] = self._built(scope)
        return self._scopes[scope]

    def _built(self, action: str | None, parameters: Sequence[str] = ()) -> _Scope:
        from cel_expr_python import cel

        declared = {**self.variables, **self.arguments.get(action or "", {})}
        below = names_below(declared)
        types = {name: self._cel_type(spec.type) for name, spec in declared.items()}
        absent = [f"{ABSENT}{name}" for name in declared if name in self.facts]
        types |= dict.fromkeys([*below, *absent], cel.Type.BOOL)
        types |= dict.fromkeys({*parameters, *self._unchecked} - types.keys(), cel.Type.DYN)
        engine = cel.NewEnv(
            self.records.pool,
            variables=types,
            functions=function_declarations(),
            extensions=function_libraries(),
        )
        return _Scope(
            declared=declared,
            below=below,
            names=frozenset({*declared, *below, *absent}),
            engine=engine,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What conditions can read that are on one action, or on any without arguments."""

    declared: Mapping[str, TypeSpec]
    below: Mapping[str, tuple[str, ...]]
    """`known.NAME` to the variables that are that name or under it."""
    names: frozenset[str]
    """All of both, and `absent.NAME` of facts."""
    engine: cel.Env


def _has_value(engine: cel.Env, constant: str) -> bool:
    try:
        found = engine.compile(constant).eval(engine.Activation({}))
    except RuntimeError:
        return False
    return bool(found.type().name() != "ERROR")


def _longest_known(chain: str, known: Mapping[str, object]) -> str | None:
    name = chain
    if chain.startswith((KNOWN, ABSENT)):
        return chain
    while name not in known:
        name, dot, _ = name.rpartition(".")
        if not dot:
            return None
    return name
