"""Named conditions, values and tables, written out inside each other and checked in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deskquorum.errors import Problem
from deskquorum.policy.book import ActionSpec
from deskquorum.policy.complaints import ANY_ACTION
from deskquorum.policy.consistency import World
from deskquorum.policy.declarations import Declarations, Topic
from deskquorum.policy.environment import CelProblem, Environment
from deskquorum.policy.expansion import expand
from deskquorum.policy.expressions import CONDITION, TABLE, named_part, words_of
from deskquorum.policy.fact_types import TypeSpec, read_type
from deskquorum.policy.named_parts import PART_KINDS, Part
from deskquorum.policy.part_declarations import signature_of

__all__ = ["argument_types", "check_conditions", "problems_in", "world_on", "written_out"]


def argument_types(actions: Mapping[str, ActionSpec]) -> Mapping[str, Mapping[str, TypeSpec]]:
    """Per action its variables `args.*`; under `ANY_ACTION` those of all actions."""
    typed = {name: dict(_variables(spec)) for name, spec in actions.items()}
    together: dict[str, TypeSpec] = {}
    for variables in typed.values():
        together = variables | together
    return typed | {ANY_ACTION: together}


def written_out(found: Declarations) -> dict[str, Part]:
    """Every named part without another one in it; circles are reported."""
    dropped = [(head, signature_of(key).name) for key in found.dropped for head in PART_KINDS]
    done = {f"{head}.{name}": _faulty(head, None) for head, name in dropped}
    tables = {name: part for name, part in found.parts.items() if name.startswith(TABLE)}
    done |= {name: Part(text=table.text) for name, table in tables.items()}
    for name in found.parts:
        _write_out(name, found, done, ())
    return done


def check_conditions(
    found: Declarations, environment: Environment, problems: list[Problem]
) -> None:
    """Compile each named part; a faulty one is reported once and fits wherever it is used."""
    # Parts stand behind those that they use, so what follows from a mistake is not reported.
    for name in [name for name in environment.parts if name in found.parts]:
        part = found.parts[name]
        if not name.startswith(TABLE):
            text = expand(part.text, environment.parts).text
            environment.parts[name] = Part(text=text, parameters=part.parameters)
        if _reads_differing_arguments(environment, name):
            continue
        yes_or_no = name.startswith(CONDITION)
        try:
            environment.compile(
                part.text, action=ANY_ACTION, yes_or_no=yes_or_no, parameters=part.parameters
            )
        except CelProblem as exc:
            problems += problems_in(exc, part.topic, *part.keys)
            environment.parts[name] = _faulty(name, part.parameters)


def problems_in(exc: CelProblem, topic: Topic, *keys: str | int) -> Iterator[Problem]:
    """The compiler's complaints at their places in the file."""
    for complaint in exc.complaints:
        yield topic.problem(complaint.message, *keys, hint=complaint.hint, offset=complaint.offset)


def world_on(environment: Environment, spec: ActionSpec | None) -> World:
    """What is known of the variables of conditions on an action, or on none."""
    if spec is None:
        return environment.world(None)
    amounts = [f"args.{name}_minor" for name, arg in spec.args.items() if arg.type == "money"]
    return environment.world(spec.name, amounts)


def _variables(spec: ActionSpec) -> Iterator[tuple[str, TypeSpec]]:
    for name, arg in spec.args.items():
        if arg.type == "money":
            minor = read_type("int?" if arg.spec.optional else "int")
            yield f"args.{name}_minor", minor
        else:
            yield f"args.{name}", arg.spec


def _write_out(
    name: str, found: Declarations, done: dict[str, Part], within: tuple[str, ...]
) -> None:
    if name in done:
        return
    part = found.parts[name]
    if name in within:
        circle = " -> ".join(inner.partition(".")[2] for inner in (*_circle(within, name), name))
        head, _, short = name.partition(".")
        message = f"{PART_KINDS[head]} '{short}' needs itself: {circle}"
        found.problems.append(part.topic.problem(message, *part.keys))
        done[name] = _faulty(name, part.parameters)
        return
    for word in words_of(part.text):
        needed = named_part(word)
        if needed in found.parts:
            _write_out(needed, found, done, (*within, name))
    written = Part(text=expand(part.text, done).text, parameters=part.parameters)
    done.setdefault(name, written)


def _faulty(name: str, parameters: tuple[str, ...] | None) -> Part:
    """Fits wherever it is used."""
    text = "true" if name.startswith(CONDITION) else "dyn(0)"
    return Part(text=text, parameters=parameters)


def _circle(within: tuple[str, ...], name: str) -> tuple[str, ...]:
    return within[within.index(name) :]


def _reads_differing_arguments(environment: Environment, name: str) -> bool:
    """One argument name may have two types; then only the uses of a condition can be checked."""
    named = [w.text for w in words_of(environment.parts[name].text) if w.text.startswith("args.")]
    return any(
        len({str(types[arg]) for types in environment.arguments.values() if arg in types}) > 1
        for arg in named
    )
