"""Cases: examples of what is ruled, written beside the policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue as AnyJson

from deskquorum.domain import Action, Effect, JsonValue, Usage
from deskquorum.errors import Problem
from deskquorum.policy.book import REPLY, TICKET, UNDECLARED, Case, LimitSpec, Rule
from deskquorum.policy.declarations import Declarations, Topic
from deskquorum.policy.document import Document
from deskquorum.policy.environment import Environment
from deskquorum.policy.fact_types import Scalar, described
from deskquorum.policy.fitting import UnfitError, fitted
from deskquorum.policy.limits import usage_of
from deskquorum.policy.moments import told_now
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.shapes import CaseShape, CasesShape
from deskquorum.policy.validation import shown

__all__ = ["build_cases"]

_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""When no rule reads `now`, any moment does."""

_NOW = "now"
"""May stand among the facts too, as rows from elsewhere have it."""

Key = str | int


def build_cases(
    topics: Sequence[Topic],
    files: Sequence[Document[CasesShape]],
    found: Declarations,
    environment: Environment,
    rules: Mapping[str, tuple[Rule, ...]],
) -> tuple[Case, ...]:
    """Build the cases of all files; what is wrong goes to the declarations' `problems`."""
    written: list[tuple[Topic | Document[CasesShape], tuple[Key, ...], CaseShape]] = []
    for topic in topics:
        written += [(topic, ("tests", i), shape) for i, shape in enumerate(topic.value.tests)]
    for file in files:
        written += [(file, (i,), shape) for i, shape in enumerate(file.value.root)]
    limits = {limit.id: limit for spec in found.actions.values() for limit in spec.limits}
    deciding = frozenset(rule.id for those in rules.values() for rule in those).union(limits)
    return tuple(
        _CaseBuilder(
            document=document,
            keys=keys,
            shape=shape,
            found=found,
            environment=environment,
            rules=rules,
            limits=limits,
            deciding=deciding,
        ).case()
        for document, keys, shape in written
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _CaseBuilder:
    document: Topic | Document[CasesShape]
    keys: tuple[Key, ...]
    shape: CaseShape
    found: Declarations
    environment: Environment
    rules: Mapping[str, tuple[Rule, ...]]
    limits: Mapping[str, LimitSpec]
    deciding: frozenset[str]
    """Ids of all rules and limits."""

    def case(self) -> Case:
        shape = self.shape
        self._check_target()
        self._check_answers()
        self._check_because()
        self._check_now()
        for name in shape.claimed:
            self._check_name("slot", name, f"claimed.{name}", "claimed", name)
        return Case(
            name=shape.name,
            path=str(self.document.path),
            line=self.document.place(*self.keys, "name")[0],
            action=self._action(),
            facts=dict(self._facts(shape.facts, ())),
            answers=shape.answers,
            claimed={name: _plain(value) for name, value in shape.claimed.items()},
            used=dict(self._used()),
            now=self._now() or _SOME_DAY,
            expect=Effect(shape.expect),
            because=tuple(shape.because),
        )

    def _action(self) -> Action | None:
        if self.shape.action is None:
            return None
        args = self.shape.action.args
        spec = self.found.actions.get(self.shape.action.name)
        for name, value in args.items():
            arg = None if spec is None else spec.args.get(name)
            if isinstance(value, float) and arg is not None and arg.type != "money":
                message = f"'{name}' is no amount, so it is no number with a point"
                self._report(message, "action", "args", name)
        # Values of any kind are handed on: how the gate takes them is what a case can ask.
        plain = {name: _plain(value) for name, value in args.items()}
        return Action(name=self.shape.action.name, args=plain)

    def _facts(
        self, facts: Mapping[str, AnyJson], above: tuple[str, ...]
    ) -> Iterator[tuple[str, JsonValue]]:
        # A dotted name says the same fact again, whatever its record says and wherever it stands.
        for key, value in sorted(facts.items(), key=lambda item: "." in item[0]):
            path = (*above, key)
            name = ".".join(path)
            if name == _NOW:
                continue
            if isinstance(value, dict) and name not in self.environment.facts:
                yield from self._facts(value, path)
            elif self._check_name("fact", name, name, "facts", *path):
                if isinstance(value, float) and not self._is_decimal(name):
                    hint = "write money in minor units, 2400 for 24.00"
                    self._report("no fact is a number with a point", "facts", *path, hint=hint)
                elif value is not None:
                    self._check_fit(name, value, path)
                yield name, _plain(value)

    def _used(self) -> Iterator[tuple[str, Usage]]:
        for name, written in self.shape.used.items():
            limit = self.limits.get(name)
            if limit is not None:
                try:
                    yield name, usage_of(limit, written)
                except ValueError as exc:
                    self._report(str(exc), "used", name, "amount")
            elif name not in self.found.dropped:
                hint = did_you_mean(name, self.limits, what="limits")
                message = f"unknown limit '{name}'"
                self.found.problems.append(
                    self.document.key_problem(message, *self.keys, "used", name, hint=hint)
                )

    def _check_fit(self, name: str, value: AnyJson, path: tuple[str, ...]) -> None:
        """A fact that counts as not read would make a case pass for another reason."""
        kind = self.environment.variables[name].type
        try:
            fitted(kind, _plain(value))
        except UnfitError as exc:
            simple = isinstance(kind, Scalar)
            message = f"expected {exc if simple else described(kind)}, got {shown(value)}"
            hint = "" if simple else f"a part of it is not {exc}"
            self._report(message, "facts", *path, hint=hint)

    def _is_decimal(self, name: str) -> bool:
        kind = self.environment.variables[name].type
        return isinstance(kind, Scalar) and kind.currency is not None

    def _check_target(self) -> None:
        known = {*self.found.actions, REPLY, UNDECLARED}
        action = self.shape.action
        if (action is None) != self.shape.ticket:
            self._report("expected either an action or `ticket: true`")
        if action is not None and action.name not in known | self.found.dropped:
            hint = did_you_mean(action.name, known, what="actions")
            self._report(f"unknown action '{action.name}'", "action", "name", hint=hint)

    def _check_name(self, what: str, shown: str, name: str, *keys: Key) -> bool:
        known = self.environment.variables
        if name in known and (what != "fact" or name in self.environment.facts):
            return True
        if name not in self.found.dropped:
            prefix = name.removesuffix(shown)
            near = [v.removeprefix(prefix) for v in known if v.startswith(prefix)]
            hint = did_you_mean(shown, near)
            problem = self.document.key_problem(
                f"unknown {what} '{shown}'", *self.keys, *keys, hint=hint
            )
            self.found.problems.append(problem)
        return False

    def _check_answers(self) -> None:
        for question, label in self.shape.answers.items():
            if not self._check_name(
                "question", question, f"answer.{question}", "answers", question
            ):
                continue
            kind = self.environment.variables[f"answer.{question}"].type
            values = kind.values if isinstance(kind, Scalar) else ()
            if label not in values:
                hint = did_you_mean(label, values, what="its labels")
                message = f"'{label}' is no label of '{question}'"
                self._report(message, "answers", question, hint=hint)

    def _check_because(self) -> None:
        if not self.shape.because:
            return
        as_list = self.document.node(*self.keys, "because").items is not None
        for index, rule in enumerate(self.shape.because):
            if rule not in self.deciding and rule not in self.found.dropped:
                keys = ("because", index) if as_list else ("because",)
                hint = did_you_mean(rule, self.deciding)
                self._report(f"unknown rule '{rule}'", *keys, hint=hint)

    def _now(self) -> datetime | None:
        shape = self.shape
        try:
            return told_now(shape.now, shape.facts, self.environment.variables)
        except ValueError as exc:
            self._report(str(exc), *(("now",) if shape.now is not None else ("facts", _NOW)))
            return None

    def _check_now(self) -> None:
        if self.shape.now is not None or _NOW in self.shape.facts:
            return
        target = TICKET if self.shape.action is None else self.shape.action.name
        for rule in self.rules.get(target, ()):
            guarded = rule.conditions.get(target)
            if guarded is not None and "now" in guarded.condition.names:
                message = f"case '{self.shape.name}' has no `now`, which rule '{rule.id}' reads"
                hint = "add now: 2026-01-31T09:00:00Z"
                self._report(message, "name", hint=hint)
                return

    def _report(self, message: str, *keys: Key, hint: str = "") -> None:
        problem: Problem = self.document.problem(message, *self.keys, *keys, hint=hint)
        self.found.problems.append(problem)


def _plain(value: AnyJson) -> JsonValue:
    """Floats become text: they are no JSON values here, and no fact or argument is one."""
    match value:
        case float():
            return str(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value
