"""Named conditions, written out inside each other and checked where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deskquorum.errors import Problem
from deskquorum.policy.book import ActionSpec
from deskquorum.policy.complaints import ANY_ACTION
from deskquorum.policy.declarations import Declarations, Topic
from deskquorum.policy.environment import CelProblem, Environment
from deskquorum.policy.expressions import expand, words_of
from deskquorum.policy.fact_types import TypeSpec, read_type

__all__ = ["argument_types", "check_conditions", "problems_in", "written_out"]


def argument_types(actions: Mapping[str, ActionSpec]) -> Mapping[str, Mapping[str, TypeSpec]]:
    """Per action its variables `args.*`; under `ANY_ACTION` those of all actions."""
    typed = {name: dict(_variables(spec)) for name, spec in actions.items()}
    together: dict[str, TypeSpec] = {}
    for variables in typed.values():
        together = variables | together
    return typed | {ANY_ACTION: together}


def written_out(found: Declarations) -> dict[str, str]:
    """Every condition without `cond.NAME` in it; circles are reported."""
    done = dict.fromkeys(found.dropped, "true")
    for name in found.conditions:
        _write_out(name, found, done, ())
    return done


def check_conditions(
    found: Declarations, environment: Environment, problems: list[Problem]
) -> None:
    """Compile each condition; a faulty one is reported once and holds wherever it is used."""
    for name, (topic, text) in found.conditions.items():
        if _reads_differing_arguments(environment, name):
            continue
        try:
            environment.compile(text, action=ANY_ACTION, yes_or_no=True)
        except CelProblem as exc:
            problems += problems_in(exc, topic, "conditions", name)
            environment.conditions[name] = "true"


def problems_in(exc: CelProblem, topic: Topic, *keys: str | int) -> Iterator[Problem]:
    """The compiler's complaints at their places in the file."""
    for complaint in exc.complaints:
        yield topic.problem(complaint.message, *keys, hint=complaint.hint, offset=complaint.offset)


def _variables(spec: ActionSpec) -> Iterator[tuple[str, TypeSpec]]:
    for name, arg in spec.args.items():
        if arg.type == "money":
            minor = read_type("int?" if arg.spec.optional else "int")
            yield f"args.{name}_minor", minor
        else:
            yield f"args.{name}", arg.spec


def _write_out(
    name: str, found: Declarations, done: dict[str, str], within: tuple[str, ...]
) -> None:
    if name in done:
        return
    topic, text = found.conditions[name]
    if name in within:
        circle = " -> ".join((*within[within.index(name) :], name))
        message = f"condition '{name}' needs itself: {circle}"
        found.problems.append(topic.problem(message, "conditions", name))
        done[name] = "true"
        return
    for needed in _needed(text):
        if needed in found.conditions:
            _write_out(needed, found, done, (*within, name))
    done.setdefault(name, expand(text, done).text)


def _needed(text: str) -> Iterator[str]:
    for word in words_of(text):
        if word.kind == "name" and word.text.startswith("cond."):
            yield word.text.removeprefix("cond.")


def _reads_differing_arguments(environment: Environment, name: str) -> bool:
    """One argument name may have two types; then only the uses of a condition can be checked."""
    named = [w.text for w in words_of(environment.conditions[name]) if w.text.startswith("args.")]
    return any(
        len({str(types[arg]) for types in environment.arguments.values() if arg in types}) > 1
        for arg in named
    )
