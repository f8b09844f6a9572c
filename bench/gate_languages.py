"""The benchmark's rules in each engine's language, written as its documentation does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from gate_rules import Effect, Rule, Test

__all__ = ["as_cedar", "as_cel", "as_python", "as_rego"]

Write = Callable[[Test], str]

_DEFAULT = '{"effect": "human", "rules": []}'
_SPOKEN: dict[Effect, str] = {"deny": "deny", "require_human": "human", "allow": "allow"}


def as_cel(rule: Rule) -> str:
    """A condition of CEL; facts are variables with dots, or records with fields."""
    return _joined(rule, _cel, " || ", " && ")


def as_python(rule: Rule) -> str:
    """An expression of Python over `v`, values by dotted names."""
    return _joined(rule, _python, " or ", " and ")


def as_cedar(rules: Sequence[Rule]) -> str:
    """Policies of Cedar; those that hold back all forbid, and their ids tell how."""
    return "\n".join(
        f'@id("{rule.id}")\n{"permit" if rule.effect == "allow" else "forbid"} '
        f'(principal, action == Action::"{rule.action}", resource)\n'
        f"when {{ {_joined(rule, _cedar, ' || ', ' && ')} }};"
        for rule in rules
    )


def as_rego(rules: Sequence[Rule], package: str, *, one_action: bool) -> str:
    """A package of Rego whose `ruling` is the effect with the rules that decide.

    Args:
        rules: The rules, of one action or of all.
        package: What it is called.
        one_action: Whoever asks picks the package, so that rules need not test the action.
    """
    written = [f"package {package}", f"default ruling := {_DEFAULT}"]
    for rule in rules:
        head = f'{_SPOKEN[rule.effect]} contains "{rule.id}"'
        for tests in _alternatives(rule):
            lines = [] if one_action else [f'input.action == "{rule.action}"']
            body = "\n  ".join([*lines, *map(_rego, tests)])
            written.append(f"{head} if {{\n  {body}\n}}")
    for at, effect in enumerate(_SPOKEN.values()):
        word = "else" if at else "ruling"
        ruling = f'{{"effect": "{effect}", "rules": {effect}}}'
        written.append(f"{word} := {ruling} if count({effect}) > 0")
    return "\n".join(written)


def _joined(rule: Rule, write: Write, either: str, both: str) -> str:
    groups = [either.join(map(write, group)) for group in rule.groups]
    whole = [f"({g})" if len(rule.groups[at]) > 1 else g for at, g in enumerate(groups)]
    return both.join(whole)


def _alternatives(rule: Rule) -> list[list[Test]]:
    """Each way in which the rule can hold: Rego writes a body for each."""
    ways: list[list[Test]] = [[]]
    for group in rule.groups:
        ways = [[*way, test] for way in ways for test in group]
    return ways


def _cel(test: Test) -> str:
    match test.op, test.value:
        case "==", bool():
            return test.name if test.value else f"!{test.name}"
        case "has", _:
            return f"{json.dumps(test.value)} in {test.name}"
        case op, value:
            return f"{test.name} {op} {json.dumps(value)}"


def _cedar(test: Test) -> str:
    name, value = f"context.{test.name}", json.dumps(test.value)
    match test.op:
        case "==" if isinstance(test.value, bool):
            return name if test.value else f"!{name}"
        case "has":
            return f"{name}.contains({value})"
        case "in":
            return f"{value}.contains({name})"
        case op:
            return f"{name} {op} {value}"


def _rego(test: Test) -> str:
    name, value = f"input.{test.name}", json.dumps(test.value)
    match test.op:
        case "==" if isinstance(test.value, bool):
            return name if test.value else f"not {name}"
        case "has":
            return f"{value} in {name}"
        case op:
            return f"{name} {op} {value}"


def _python(test: Test) -> str:
    name = f"v[{test.name!r}]"
    match test.op, test.value:
        case "==", bool():
            return name if test.value else f"not {name}"
        case "has", value:
            return f"{value!r} in {name}"
        case op, value:
            return f"{name} {op} {value!r}"
