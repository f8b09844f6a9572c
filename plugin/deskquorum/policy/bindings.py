"""The values that a condition reads, checked against what policies declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from deskquorum.domain import Answer, Facts, Reason, Unread
from deskquorum.policy.fact_types import FactType, Scalar, described
from deskquorum.policy.fitting import UnfitError, fitted
from deskquorum.policy.misfits import holds_money, misfit
from deskquorum.policy.money import is_currency
from deskquorum.policy.reads import ABSENT, KNOWN, fact_of

if TYPE_CHECKING:
    from cel_expr_python import cel

    from deskquorum.policy.book import ActionSpec, ArgSpec, PolicyBook
    from deskquorum.policy.environment import Environment
    from deskquorum.policy.reads import Fit, Reads

__all__ = ["UNSETTLED", "Bindings", "bind", "currency_of", "missing_fact"]

UNSETTLED = "unsettled"
"""The label that conditions read while a question has no settled answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """Variables with values; what was not read, or is of another type, is not among them."""

    present: frozenset[str]
    """Names that have a value."""
    unfit: Mapping[str, str]
    """Names read with a value of another type, to what was expected and where in it."""
    known: frozenset[str]
    """Names, and records, that were asked for and of which something was read and is there."""
    absent: frozenset[str] = frozenset()
    """Names of facts that were asked for and read, and that have no value."""
    faults: tuple[Reason, ...] = ()
    """What is wrong with the action's arguments."""
    unread: Mapping[str, Unread] = field(default_factory=dict)
    """Names that a source was to tell, to why it did not."""
    _values: Mapping[str, object] = field(repr=False)
    _environment: Environment = field(repr=False)
    _activations: dict[str | None, cel.Activation] = field(repr=False, default_factory=dict)

    def activation(self, scope: str | None) -> cel.Activation:
        """The values, ready for conditions compiled in a scope; kept for the next one.

        Values made ready for one scope can't be read in another one.
        """
        if scope not in self._activations:
            self._activations[scope] = self._environment.activation(self._values, scope)
        return self._activations[scope]


def missing_fact(name: str, rule: str, unread: Mapping[str, Unread]) -> Reason:
    """A rule needs a fact that is not there; why is told where it is known."""
    name = fact_of(name)
    params = {"fact": name, "rule": rule}
    if name in unread:
        params |= {"source": unread[name].source, "why": unread[name].why}
    return Reason(code="missing-fact", params=params)


def bind(
    book: PolicyBook,
    *,
    facts: Facts,
    answers: Mapping[str, Answer],
    claimed: Mapping[str, object],
    args: Mapping[str, object],
    now: datetime | None,
    action: str | None = None,
    reads: Reads | None = None,
) -> Bindings:
    """Give the declared variables their values; a value of another type counts as not read.

    Args:
        book: The loaded policies.
        facts: The snapshot of trusted facts.
        answers: Question to its reconciled answer; unsettled ones read as `unsettled`.
        claimed: Slot to the value read from the text.
        args: Arguments of the action, money in main units; left out without an `action`.
        now: The moment to rule at, with its zone; None where nobody told it.
        action: The action whose arguments they are.
        reads: The variables that are wanted; None gives all of them their values.
    """
    environment = book.environment
    wanted = environment.all_reads(action) if reads is None else reads
    binder = _Binder(environment)
    binder.read((name, fit, facts.get(name)) for name, fit in wanted.facts)
    binder.read((name, fit, claimed.get(slot)) for name, slot, fit in wanted.slots)
    for name, question, labels in wanted.answers:
        binder.values[name] = _label(answers.get(question), labels)
    if now is not None and now.tzinfo is not None:
        binder.values["now"] = now
    spec = None if action is None else book.actions.get(action)
    if spec is not None:
        binder.arguments(spec, args, facts)
    return binder.bindings(wanted, facts)


def currency_of(arg: ArgSpec, facts: Facts) -> str | None:
    """The currency of a money argument; None when the fact that names it was not read."""
    if arg.currency is None or is_currency(arg.currency):
        return arg.currency
    named = facts.get(arg.currency)
    return named if isinstance(named, str) and is_currency(named) else None


class _Binder:
    """Collects values, and what does not fit."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.values: dict[str, object] = {}
        self.unfit: dict[str, str] = {}
        self.faults: list[Reason] = []

    def read(self, told: Iterable[tuple[str, Fit, object]]) -> None:
        for name, fit, value in told:
            if value is None:
                continue
            try:
                self.values[name] = fit(value)
            except UnfitError:
                kind = self.environment.variables[name].type
                self.unfit[name] = misfit(kind, value) or described(kind)

    def arguments(self, spec: ActionSpec, args: Mapping[str, object], facts: Facts) -> None:
        for name in args:
            if name not in spec.args:
                self._fault(spec, name, "no such argument")
        for name, arg in spec.args.items():
            value = args.get(name)
            if value is not None:
                self._argument(spec, name, arg, value, facts)
            elif not arg.spec.optional:
                self._fault(spec, name, _expected(arg), code="missing-argument")

    def bindings(self, reads: Reads, facts: Facts) -> Bindings:
        for name in reads.absent:
            # INVARIANT: of what was not read nothing is said, so that no rule rests on it.
            if name in facts.values and name not in facts.unread and name not in self.unfit:
                self.values[f"{ABSENT}{name}"] = facts.get(name) is None
        present = frozenset(self.values)
        known = frozenset(
            name
            for name, of_facts, others in reads.known
            if any(facts.get(fact) is not None for fact in of_facts)
            or any(other in present or other in self.unfit for other in others)
        )
        for name, _, _ in reads.known:
            self.values[f"{KNOWN}{name}"] = name in known
        return Bindings(
            present=present,
            unfit=self.unfit,
            known=known,
            absent=frozenset(
                name
                for name, _ in reads.facts
                if name not in present and name in facts.values and name not in self.unfit
            ),
            faults=tuple(self.faults),
            unread=facts.unread,
            _values=self.values,
            _environment=self.environment,
        )

    def _argument(
        self, spec: ActionSpec, name: str, arg: ArgSpec, value: object, facts: Facts
    ) -> None:
        if arg.type != "money":
            self._bind_argument(spec, name, arg.spec.type, value)
            return
        currency = currency_of(arg, facts)
        if currency is None:
            self.faults.append(missing_fact(str(arg.currency), spec.name, facts.unread))
            return
        self._bind_argument(spec, name, Scalar(name="money", currency=currency), value)

    def _bind_argument(self, spec: ActionSpec, name: str, kind: FactType, value: object) -> None:
        amount = isinstance(kind, Scalar) and kind.name == "money"
        variable = f"args.{name}_minor" if amount else f"args.{name}"
        # An amount's type is made here, as its currency may be told by a fact.
        fit = partial(fitted, kind) if amount else self.environment.fit_for(kind)
        try:
            self.values[variable] = fit(value)
        except UnfitError:
            self._fault(spec, name, misfit(kind, value, signed=False) or described(kind))
            return
        # Nobody asks for less than nothing; what may be negative is declared as a whole number.
        if holds_money(kind) and (negative := misfit(kind, value, signed=False)):
            del self.values[variable]
            self._fault(spec, name, negative)

    def _fault(
        self, spec: ActionSpec, argument: str, expected: str, *, code: str = "bad-argument"
    ) -> None:
        params = {"action": spec.name, "argument": argument, "expected": expected}
        self.faults.append(Reason(code=code, params=params))


def _label(answer: Answer | None, labels: tuple[str, ...]) -> str:
    if answer is None or not answer.settled or answer.label not in labels:
        return UNSETTLED
    return str(answer.label)


def _expected(arg: ArgSpec) -> str:
    if arg.type == "money":
        return "an amount such as 24.00"
    return described(arg.spec.type)
