"""Facts, conditions, clauses and actions, gathered from all policy files of a desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from deskquorum.domain import Mode, Scope
from deskquorum.errors import Problem
from deskquorum.policy.book import REPLY, TICKET, UNDECLARED, ActionSpec, ArgSpec, Autonomy, Clause
from deskquorum.policy.clause_scopes import scope_faults
from deskquorum.policy.document import Document
from deskquorum.policy.fact_types import DeclarationError, Scalar, TypeSpec, read_type
from deskquorum.policy.money import is_currency
from deskquorum.policy.names import (
    BUILT_IN_RECORDS,
    NAMING,
    TYPE_NAMES,
    did_you_mean,
    is_dotted_name,
    is_name,
)
from deskquorum.policy.part_declarations import NamedPart, check_parameters, declare_parts
from deskquorum.policy.shapes import ActionShape, AutonomyShape, TopicShape, UncertifiedShape

__all__ = ["BUILT_IN", "Declarations", "Topic", "declare"]

Topic = Document[TopicShape]

BUILT_IN: Mapping[str, TypeSpec] = {
    "ticket.customer_messages": read_type("int"),
    "ticket.agent_messages": read_type("int"),
    "ticket.languages": read_type(["string"]),
    "ticket.served_language": read_type("bool"),
    "requester.customer_id": read_type("string?"),
}
"""Facts that every ticket brings along."""

_NOW = "now"


@dataclass(slots=True, kw_only=True)
class Declarations:
    """What the files declare, and what is wrong with it."""

    problems: list[Problem]
    desk_currency: str | None
    facts: dict[str, TypeSpec] = field(default_factory=dict)
    clauses: dict[str, Clause] = field(default_factory=dict)
    actions: dict[str, ActionSpec] = field(default_factory=dict)
    parts: dict[str, NamedPart] = field(default_factory=dict)
    """`cond.NAME`, `value.NAME` and `table.NAME`."""
    dropped: set[str] = field(default_factory=set)
    """Names whose declarations are faulty; naming them is no further mistake."""
    _places: dict[tuple[str, str], str] = field(default_factory=dict)

    def taken(self, what: str, name: str, topic: Topic, *keys: str | int) -> bool:
        """Report a second declaration under one name."""
        line = topic.place(*keys)[0]
        first = self._places.setdefault((what, name), f"{topic.path}:{line}")
        if first == f"{topic.path}:{line}":
            return False
        hint = f"the first one is {first}"
        self.problems.append(topic.problem(f"{what} '{name}' twice", *keys, hint=hint))
        return True

    def unknown_clauses(
        self, topic: Topic, cited: Sequence[str], *keys: str | int
    ) -> Iterator[Problem]:
        """What a rule or a limit cites that no file declares; `keys` lead to its `cite`."""
        as_list = topic.node(*keys).items is not None
        for position, clause in enumerate(cited):
            if clause not in self.clauses and clause not in self.dropped:
                place = (*keys, position) if as_list else keys
                hint = did_you_mean(clause, self.clauses, what="clauses")
                yield topic.problem(f"unknown clause '{clause}'", *place, hint=hint)


def declare(
    topics: Sequence[Topic], *, currency: str | None, problems: list[Problem]
) -> Declarations:
    """Gather what all files declare; every clash and mistake goes to `problems`."""
    found = Declarations(problems=problems, desk_currency=currency)
    for topic in topics:
        found.dropped |= topic.dropped
        _declare_facts(topic, found)
        declare_parts(topic, found)
    for topic in topics:
        _declare_clauses(topic, found)
        _declare_actions(topic, found)
    check_parameters(found, {**BUILT_IN, **found.facts})
    return found


def _declare_facts(topic: Topic, found: Declarations) -> None:
    places = found._places  # noqa: SLF001 - the same idea, in one module
    for name, written in topic.value.facts.items():
        keys = ("facts", name)
        spec = _fact_type(topic, name, written, found)
        if spec is None:
            found.dropped.add(name)
        elif found.facts.setdefault(name, spec) != spec:
            message = f"fact '{name}' is declared differently in {places['fact', name]}"
            found.problems.append(topic.key_problem(message, *keys, hint="declare it once"))
        places.setdefault(("fact", name), f"{topic.path}:{topic.key_place(*keys)[0]}")


def _fact_type(topic: Topic, name: str, written: JsonValue, found: Declarations) -> TypeSpec | None:
    keys = ("facts", name)
    if not is_dotted_name(name):
        message = f"'{name}' is no name for a fact"
        found.problems.append(topic.key_problem(message, *keys, hint=NAMING))
        return None
    record = name.partition(".")[0]
    zone_of_now = name == _NOW and _has_zone(written)
    if name in TYPE_NAMES or (record in BUILT_IN_RECORDS and not zone_of_now):
        message = f"'{record}' is built in, so no fact can be called '{name}'"
        found.problems.append(topic.key_problem(message, *keys, hint="remove it, or rename it"))
        return None
    return _type(topic, keys, written, found)


def _has_zone(written: JsonValue) -> bool:
    """`now` is built in; what can be declared is the zone that it is told in."""
    return isinstance(written, dict) and written.get("type") == "time" and "zone" in written


def _type(
    topic: Topic, keys: tuple[str, ...], written: JsonValue, found: Declarations
) -> TypeSpec | None:
    try:
        return read_type(written)
    except DeclarationError as exc:
        found.problems.append(topic.problem(exc.message, *keys, *exc.keys, hint=exc.hint))
        return None


def _declare_clauses(topic: Topic, found: Declarations) -> None:
    for index, shape in enumerate(topic.value.clauses):
        keys = ("clauses", index, "id")
        if found.taken("clause", shape.id, topic, *keys):
            continue
        line, column = topic.place(*keys)
        found.clauses[shape.id] = Clause(
            id=shape.id,
            version=topic.value.version,
            text=shape.text.strip(),
            policy=topic.value.policy,
            path=str(topic.path),
            line=line,
            column=column,
            scope=_scope(topic, index, found),
        )


def _scope(topic: Topic, index: int, found: Declarations) -> Scope:
    """A clause's scope; what asks of a fact what it can't be is reported."""
    facts = {**BUILT_IN, **found.facts}
    scope = topic.value.clauses[index].scope
    for name, values in scope.items():
        keys = ("clauses", index, "scope", name)
        if name in facts:
            for fault in scope_faults(name, values, facts[name]):
                problem = topic.problem(fault.message, *keys, *fault.keys, hint=fault.hint)
                found.problems.append(problem)
        elif name not in found.dropped:
            hint = did_you_mean(name, facts, what="facts")
            found.problems.append(topic.key_problem(f"unknown fact '{name}'", *keys, hint=hint))
    return {
        name: tuple(dict.fromkeys(v for v in values if isinstance(v, str | int)))
        for name, values in scope.items()
    }


def _declare_actions(topic: Topic, found: Declarations) -> None:
    for name, shape in topic.value.actions.items():
        keys = ("actions", name)
        if not is_name(name) or name in {TICKET, UNDECLARED, "any"}:
            message = f"'{name}' is no name for an action"
            hint = f"'{name}' is built in" if is_name(name) else NAMING
            found.problems.append(topic.key_problem(message, *keys, hint=hint))
            found.dropped.add(name)
        elif not found.taken("action", name, topic, *keys):
            found.actions[name] = _action(topic, name, shape, found)


def _action(topic: Topic, name: str, shape: ActionShape, found: Declarations) -> ActionSpec:
    risk = shape.risk or ("reply" if name == REPLY else "money")
    found.problems += _check_autonomy(topic, name, risk, shape.autonomy)
    autonomy = shape.autonomy or AutonomyShape()
    certified = None
    if autonomy.max_error is not None and autonomy.confidence is not None:
        certified = Autonomy(max_error=autonomy.max_error, confidence=autonomy.confidence)
    line, column = topic.key_place("actions", name)
    return ActionSpec(
        name=name,
        args=dict(_arguments(topic, name, shape, found)),
        risk=risk,
        mode=Mode(shape.mode),
        autonomy=certified,
        signed_off=_signature(autonomy.uncertified),
        path=str(topic.path),
        line=line,
        column=column,
    )


def _signature(uncertified: UncertifiedShape | None) -> str | None:
    if uncertified is None:
        return None
    return f"{uncertified.by}, {uncertified.date.isoformat()}: {uncertified.why}"


def _check_autonomy(
    topic: Topic, name: str, risk: str, autonomy: AutonomyShape | None
) -> Iterator[Problem]:
    if autonomy is None:
        return
    keys = ("actions", name, "autonomy")
    written = [part is not None for part in (autonomy.max_error, autonomy.confidence)]
    if autonomy.uncertified is not None and risk in {"money", "disclosure"}:
        message = f"action '{name}' has risk {risk} and can't be signed off without a certificate"
        hint = "write {max_error: 0.02, confidence: 0.95} instead"
        yield topic.key_problem(message, *keys, "uncertified", hint=hint)
    elif (autonomy.uncertified is None) != all(written) or (autonomy.uncertified and any(written)):
        message = "expected max_error and confidence, or uncertified"
        yield topic.problem(message, *keys, hint="write {max_error: 0.02, confidence: 0.95}")


def _arguments(
    topic: Topic, action: str, shape: ActionShape, found: Declarations
) -> Iterator[tuple[str, ArgSpec]]:
    for name, written in shape.args.items():
        keys = ("actions", action, "args", name)
        if not is_name(name):
            message = f"'{name}' is no name for an argument"
            found.problems.append(topic.key_problem(message, *keys, hint=NAMING))
            continue
        plain, currency = _without_currency(written)
        spec = _type(topic, keys, plain, found)
        if spec is None:
            found.dropped |= {f"args.{name}", f"args.{name}_minor"}
        elif isinstance(spec.type, Scalar) and spec.type.name == "money":
            found.problems += _check_currency(topic, keys, currency, found)
            yield name, ArgSpec(spec=spec, currency=_currency(currency, found))
        else:
            if currency is not None:
                message = "only money has a currency"
                found.problems.append(topic.key_problem(message, *keys, "currency"))
            yield name, ArgSpec(spec=spec)


def _without_currency(written: JsonValue) -> tuple[JsonValue, JsonValue]:
    if not isinstance(written, dict):
        return written, None
    plain = {key: value for key, value in written.items() if key != "currency"}
    return plain, written.get("currency")


def _currency(written: JsonValue, found: Declarations) -> str | None:
    return written if isinstance(written, str) else found.desk_currency


def _check_currency(
    topic: Topic, keys: tuple[str, ...], written: JsonValue, found: Declarations
) -> Iterator[Problem]:
    if written is None:
        if found.desk_currency is None:
            message = "an amount without a currency"
            hint = "write {type: money, currency: FACT}, or `currency: USD` in desk.yaml"
            yield topic.problem(message, *keys, hint=hint)
        return
    known = found.facts.get(str(written))
    if known is not None:
        if not (isinstance(known.type, Scalar) and known.type.name == "string"):
            message = f"fact '{written}' names no currency, it is not a string"
            yield topic.problem(message, *keys, "currency")
    elif str(written) not in found.dropped and not is_currency(str(written)):
        hint = did_you_mean(str(written), found.facts)
        message = f"'{written}' is neither a fact nor a currency"
        yield topic.problem(message, *keys, "currency", hint=hint or "write a code such as USD")
