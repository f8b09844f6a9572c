"""The gate and its peers behind one call: a situation goes in, effect and deciding rules come out.

Each engine is given what its documentation says to prepare: policies parsed and compiled once. All
are handed the same Python values and have to bring them into their own form, as a host's call does.
The rules that hold back a little (`require_human`) or altogether (`deny`) are two kinds of the same
for engines that know one; what comes of both is worked out of the ids that they name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from gate_folder import amount_text
from gate_languages import as_cedar, as_cel, as_python, as_rego
from gate_rules import FACTS, Answer, Effect, Rule, Situation, actions_of

from deskquorum.domain import Action, Fact, Facts
from deskquorum.policy import PolicyBook, load_policies, rule_on

__all__ = ["ENGINES", "OURS", "PYTHON", "Ask", "Engine", "ours"]

Ask: TypeAlias = Callable[[Any], Answer]
"""From what `ready` made of a situation to the answer; this is what is timed."""

OURS, PYTHON = "deskquorum", "plain Python"
NOW = datetime(2026, 11, 12, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One way of ruling."""

    name: str
    kind: Literal["ours", "peer", "floor"]
    load: Callable[[Sequence[Rule], Path], Ask]
    """Prepares the rules, or the folder that holds them; may raise ImportError."""
    ready: Callable[[Situation], object]
    """The situation in the Python values that a caller has; not timed."""


def ours(book: PolicyBook) -> Ask:
    """The gate as hosts call it."""

    def ask(given: tuple[Action, Facts]) -> Answer:
        action, facts = given
        ruling = rule_on(book, action, facts=facts, answers={}, claimed={}, now=NOW)
        return ruling.effect.value, ruling.rules

    return ask


def _as_ours(situation: Situation) -> tuple[Action, Facts]:
    args = {"order_id": "A1", "amount": amount_text(situation)}
    values = {
        name: Fact(value=list(value) if isinstance(value, list) else value, source="b", read_at=NOW)
        for name, value in situation.facts.items()
    }
    return Action(name=situation.action, args=args), Facts(values=values)


def _python(rules: Sequence[Rule], _: Path) -> Ask:
    """Every condition a function of its own."""
    written = {
        action: [(rule, eval(f"lambda v: {as_python(rule)}")) for rule in some]  # noqa: S307 - ours
        for action, some in actions_of(rules).items()
    }

    def ask(given: tuple[str, Mapping[str, object]]) -> Answer:
        action, values = given
        return _weighed(rule for rule, holds in written[action] if holds(values))

    return ask


def _engine_alone(rules: Sequence[Rule], _: Path) -> Ask:
    """The CEL engine under the gate, without anything that the gate checks."""
    from cel_expr_python import cel

    types = {
        bool: cel.Type.BOOL,
        int: cel.Type.INT,
        tuple: cel.Type.STRING,
        frozenset: cel.Type.List(cel.Type.STRING),
    }
    variables = {name: types[type(domain)] for name, domain in FACTS.items()}
    environment = cel.NewEnv(variables=variables | {"args.amount_minor": cel.Type.INT})
    programs = {
        action: [(rule, environment.compile(as_cel(rule))) for rule in some]
        for action, some in actions_of(rules).items()
    }

    def ask(given: tuple[str, Mapping[str, object]]) -> Answer:
        action, values = given
        bound = environment.Activation(values)
        return _weighed(r for r, program in programs[action] if program.eval(bound).value())

    return ask


def _cedar_whole(rules: Sequence[Rule], _: Path) -> Ask:
    return _cedar(rules, lambda text: dict.fromkeys(actions_of(rules), text(rules)))


def _cedar_sliced(rules: Sequence[Rule], _: Path) -> Ask:
    return _cedar(
        rules, lambda text: {action: text(some) for action, some in actions_of(rules).items()}
    )


def _cedar(
    rules: Sequence[Rule],
    arranged: Callable[[Callable[[Sequence[Rule]], Any]], dict[str, Any]],
) -> Ask:
    from cedarpy import Decision, Entities, PolicySet, is_authorized

    sets = arranged(lambda some: PolicySet.from_str(as_cedar(some)))
    nobody = Entities.from_json_str("[]")
    by_id = {rule.id: (at, rule) for at, rule in enumerate(rules)}

    def ask(given: tuple[str, Mapping[str, object]]) -> Answer:
        action, context = given
        request = {
            "principal": 'Bot::"desk"',
            "action": f'Action::"{action}"',
            "resource": 'Ticket::"1"',
            "context": context,
        }
        result = is_authorized(request, sets[action], nobody)
        named = result.diagnostics.id_annotations_by_reason.values()
        # They come in no order.
        deciding = [rule for _, rule in sorted((by_id[name] for name in named), key=_first)]
        if result.decision is Decision.Allow:
            return "allow", tuple(rule.id for rule in deciding)
        return _weighed(deciding)

    return ask


def _rego_whole(rules: Sequence[Rule], _: Path) -> Ask:
    entry = "gate/ruling"
    return _rego(
        rules,
        {"gate": as_rego(rules, "gate", one_action=False)},
        dict.fromkeys(actions_of(rules), entry),
    )


def _rego_sliced(rules: Sequence[Rule], _: Path) -> Ask:
    actions = actions_of(rules)
    modules = {
        action: as_rego(some, f"gate.{action}", one_action=True) for action, some in actions.items()
    }
    return _rego(rules, modules, {action: f"gate/{action}/ruling" for action in actions})


def _rego(rules: Sequence[Rule], modules: Mapping[str, str], entries: Mapping[str, str]) -> Ask:
    from regopy import Interpreter

    rego = Interpreter()
    for name, text in modules.items():
        rego.add_module(name, text)
    bundle = rego.build(None, sorted(set(entries.values())))
    order = {rule.id: at for at, rule in enumerate(rules)}

    def ask(given: tuple[str, Mapping[str, object]]) -> Answer:
        action, values = given
        rego.set_input({"action": action, **values})
        found = rego.query_bundle_entrypoint(bundle, entries[action]).results[0].expressions[0]
        return found["effect"], tuple(sorted(found["rules"], key=order.__getitem__))

    return ask


def _cel_python(rules: Sequence[Rule], _: Path) -> Ask:
    from celpy import CompiledRunner, Environment, json_to_cel

    # Compiled to Python, four times as fast as the interpreter that is its default.
    environment = Environment(runner_class=CompiledRunner)
    programs = {
        action: [(rule, environment.program(environment.compile(as_cel(rule)))) for rule in some]
        for action, some in actions_of(rules).items()
    }

    def ask(given: tuple[str, Mapping[str, Any]]) -> Answer:
        action, values = given
        bound = {name: json_to_cel(record) for name, record in values.items()}
        return _weighed(r for r, program in programs[action] if program.evaluate(bound))

    return ask


def _as_records(situation: Situation) -> tuple[str, dict[str, Any]]:
    return situation.action, situation.records


def _as_values(situation: Situation) -> tuple[str, dict[str, Any]]:
    return situation.action, situation.values


ENGINES = (
    Engine(
        name=OURS, kind="ours", load=lambda _, folder: ours(load_policies(folder)), ready=_as_ours
    ),
    Engine(name="cedarpy, one set", kind="peer", load=_cedar_whole, ready=_as_records),
    Engine(name="cedarpy, a set an action", kind="peer", load=_cedar_sliced, ready=_as_records),
    Engine(name="regopy, one package", kind="peer", load=_rego_whole, ready=_as_records),
    Engine(name="regopy, a package an action", kind="peer", load=_rego_sliced, ready=_as_records),
    Engine(name="cel-python", kind="peer", load=_cel_python, ready=_as_records),
    Engine(name="cel-expr-python alone", kind="floor", load=_engine_alone, ready=_as_values),
    Engine(name=PYTHON, kind="floor", load=_python, ready=_as_values),
)
"""Cedar and Rego twice: as documented, and with an index by action that their hosts would build.

Cedar is given no schema: it would check each request by it, and take half as long again.
"""


def _weighed(matched: Iterable[Rule]) -> Answer:
    held: dict[Effect, list[str]] = {"deny": [], "require_human": [], "allow": []}
    for rule in matched:
        held[rule.effect].append(rule.id)
    for effect, spoken in (("deny", "deny"), ("require_human", "human"), ("allow", "allow")):
        if held[effect]:
            return spoken, tuple(held[effect])
    return "human", ()


def _first(pair: tuple[int, Rule]) -> int:
    return pair[0]
