"""Rules, checked and compiled for each action that they are on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deskquorum.domain import Effect
from deskquorum.policy.book import REPLY, TICKET, UNDECLARED, Guarded, Rule
from deskquorum.policy.complaints import ANY_ACTION
from deskquorum.policy.conditions import problems_in, world_on
from deskquorum.policy.declarations import Declarations, Topic
from deskquorum.policy.environment import CelProblem, Environment
from deskquorum.policy.evaluation import Condition
from deskquorum.policy.fact_types import TypeSpec
from deskquorum.policy.formula import Truth
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.reads import ABSENT, KNOWN, fact_of
from deskquorum.policy.shapes import RuleShape
from deskquorum.policy.trust import TrustGap, trust_gap

__all__ = ["build_rules"]

_EFFECTS = {"allow": Effect.ALLOW, "require_human": Effect.HUMAN, "deny": Effect.DENY}
_ANY = "any"
_GRAVE = frozenset({"money", "close", "account", "disclosure"})
"""Risks that text alone may never let through."""

_GAPS: Mapping[TrustGap, tuple[str, str]] = {
    "no fact": (
        "without a fact of your own systems",
        "text alone can't allow that: name a fact in every alternative of `when`",
    ),
    "no say": (
        "whatever your facts say",
        "text alone can't allow that: let a fact decide in every alternative of `when`",
    ),
}


def build_rules(
    topics: Sequence[Topic], found: Declarations, environment: Environment
) -> tuple[Rule, ...]:
    """Build every rule; what is wrong goes to the declarations' `problems`."""
    return tuple(
        _RuleBuilder(
            topic=topic, index=index, shape=shape, found=found, environment=environment
        ).rule()
        for topic in topics
        for index, shape in enumerate(topic.value.rules)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleBuilder:
    topic: Topic
    index: int
    shape: RuleShape
    found: Declarations
    environment: Environment

    def rule(self) -> Rule:
        shape = self.shape
        self.found.taken("rule", shape.id, self.topic, "rules", self.index, "id")
        keys = ("rules", self.index, "cite")
        self.found.problems += self.found.unknown_clauses(self.topic, shape.cite, *keys)
        on = tuple(dict.fromkeys(self._targets()))
        if not on:
            self.found.dropped.add(shape.id)
        line, column = self.topic.place("rules", self.index, "id")
        rule = Rule(
            id=shape.id,
            on=on,
            effect=_EFFECTS[shape.effect],
            when=shape.when,
            cite=tuple(shape.cite),
            reason=shape.reason.strip(),
            obligations=tuple(shape.obligations),
            policy=self.topic.value.policy,
            path=str(self.topic.path),
            line=line,
            column=column,
            when_at=self.topic.place("rules", self.index, "when"),
            conditions=dict(self._conditions(on)),
        )
        self._check_trust(rule)
        return rule

    def _report(self, message: str, *keys: str | int, hint: str = "") -> None:
        problem = self.topic.problem(message, "rules", self.index, *keys, hint=hint)
        self.found.problems.append(problem)

    def _targets(self) -> Iterator[str]:
        actions = self.found.actions
        known = actions.keys() | {TICKET, REPLY, UNDECLARED}
        as_list = self.topic.node("rules", self.index, "on").items is not None
        for position, name in enumerate(self.shape.on):
            keys = ("on", position) if as_list else ("on",)
            if name == _ANY:
                yield from (action for action in actions if action != REPLY)
            elif name == TICKET and self.shape.effect == "allow":
                hint = "a ticket that no rule holds back goes on"
                self._report("a rule on the ticket can't allow", *keys, hint=hint)
            elif name == UNDECLARED and self.shape.effect == "allow":
                hint = "declare the action to allow it"
                self._report("what nobody declared can't be allowed", *keys, hint=hint)
            elif name in known:
                yield name
            elif name not in self.found.dropped:
                hint = did_you_mean(name, {*known, _ANY}, what="actions")
                self._report(f"unknown action '{name}'", *keys, hint=hint)

    def _conditions(self, on: Sequence[str]) -> Iterator[tuple[str, Guarded | None]]:
        when = self.shape.when
        if when is None:
            yield from ((target, None) for target in on)
            return
        compiled: dict[str | None, Guarded | None] = {}
        # A rule on nothing that is known is compiled too, for the mistakes in it; but what a faulty
        # action's arguments are nobody knows.
        faulty = self.found.dropped.intersection(self.shape.on)
        for target in on or (() if faulty else (ANY_ACTION,)):
            scope = self.environment.scope(target)
            if scope not in compiled:
                compiled[scope] = self._compiled(when, target)
            if target in on:
                yield target, compiled[scope]

    def _compiled(self, when: str, target: str) -> Guarded | None:
        action = target if target in self.found.actions or target == ANY_ACTION else None
        try:
            condition = self.environment.compile(when, action=action, yes_or_no=True)
        except CelProblem as exc:
            for problem in problems_in(exc, self.topic, "rules", self.index, "when"):
                if problem not in self.found.problems:
                    self.found.problems.append(problem)
            return None
        return _guarded(condition, self.environment)

    def _check_trust(self, rule: Rule) -> None:
        actions = self.found.actions
        for target, guarded in rule.conditions.items():
            spec = actions.get(target)
            faulty = guarded is None and rule.when is not None
            if rule.effect is not Effect.ALLOW or spec is None or spec.risk not in _GRAVE or faulty:
                continue
            formula = Truth(value=True) if guarded is None else guarded.condition.formula
            gap = trust_gap(formula, world_on(self.environment, spec), self._is_fact)
            if gap is not None:
                told, hint = _GAPS[gap]
                message = f"rule '{rule.id}' allows {target} (risk {spec.risk}) {told}"
                self._report(message, "when", hint=hint)
                return

    def _is_fact(self, name: str) -> bool:
        return name in self.environment.facts or name in self.found.dropped


def _guarded(condition: Condition, environment: Environment) -> Guarded:
    asked = {n.removeprefix(KNOWN) for n in condition.names if n.startswith(KNOWN)}
    absent = sorted(name for name in condition.names if name.startswith(ABSENT))
    named = sorted(n for n in condition.names if not n.startswith((KNOWN, ABSENT)))
    variables: Mapping[str, TypeSpec] = environment.variables
    needs = [n for n in named if n in environment.facts and not variables[n].optional] + absent
    asked_of = asked | {fact_of(name) for name in absent}
    return Guarded(
        condition=condition,
        needs=tuple(needs),
        names=tuple(sorted({*named, *(name for name in asked_of if name in variables)})),
        guards={
            name: tuple(above for above in _with_records(fact_of(name)) if above in asked)
            for name in (needs if asked else ())
        },
    )


def _with_records(name: str) -> list[str]:
    """The name, and those of the records that it is in, from the outermost on."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
