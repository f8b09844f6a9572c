"""Limits on actions: how often, and for how much, within a window of time.

What was used comes from the ledger, which counts and reserves in one transaction; here it is only
compared, so that a recorded decision can be made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from deskquorum.domain import Action, Charge, Facts, Reason, Usage
from deskquorum.errors import Problem
from deskquorum.policy.bindings import currency_of, missing_fact
from deskquorum.policy.book import ActionSpec, LimitSpec, PolicyBook
from deskquorum.policy.declarations import BUILT_IN, Declarations, Topic
from deskquorum.policy.durations import read_duration
from deskquorum.policy.fact_types import Scalar
from deskquorum.policy.fitting import UnfitError, amount_of
from deskquorum.policy.money import decimal_text, is_currency, minor_of
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.shapes import LimitShape, UsedShape

__all__ = [
    "Charges",
    "charges_of",
    "declare_limits",
    "limits_by",
    "overdrawn",
    "usage_of",
    "used_in",
]

DESK = "desk"
"""What a limit is `per` that all customers share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """What an action takes from its limits, and why that can't be told."""

    charges: tuple[Charge, ...] = ()
    troubles: tuple[Reason, ...] = ()


def charges_of(spec: ActionSpec, action: Action, facts: Facts) -> Charges:
    """What an action would take from each of its limits.

    Args:
        spec: The declared action.
        action: With its arguments, money in main units.
        facts: The snapshot; with raw values where the charges are to be reserved.
    """
    charges: list[Charge] = []
    troubles: list[Reason] = []
    for limit in spec.limits:
        found = _charge(limit, spec, action, facts)
        if isinstance(found, Charge):
            charges.append(found)
        else:
            troubles.append(found)
    return Charges(charges=tuple(charges), troubles=tuple(troubles))


def limits_by(book: PolicyBook, facts: Facts) -> Mapping[str, str]:
    """Every limit to whose it is, as far as the facts tell."""
    found = ((name, _subject(limit, facts)) for name, limit in book.limits.items())
    return {name: subject for name, subject in found if subject is not None}


def overdrawn(
    spec: ActionSpec, action: Action, facts: Facts, used: Mapping[str, Usage]
) -> tuple[tuple[LimitSpec, ...], tuple[Reason, ...]]:
    """The limits that an action would pass, with the reasons for a person.

    Args:
        spec: The declared action.
        action: With its arguments.
        facts: The snapshot.
        used: Limit to what was used of it; one that is not listed is untouched.
    """
    found = charges_of(spec, action, facts)
    limits = {limit.id: limit for limit in spec.limits}
    passed = [c for c in found.charges if not c.fits(used.get(c.limit, Usage()))]
    reasons = [_reached(limits[c.limit], used.get(c.limit, Usage())) for c in passed]
    return tuple(limits[c.limit] for c in passed), (*reasons, *found.troubles)


def usage_of(limit: LimitSpec, written: UsedShape) -> Usage:
    """What a case or a row says was used of a limit.

    Raises:
        ValueError: An amount that is none, or for a limit that counts none.
    """
    if written.amount is None:
        return Usage(count=written.count)
    if limit.currency is None:
        raise ValueError(f"limit '{limit.id}' counts no amount")
    return Usage(count=written.count, amount_minor=minor_of(written.amount, limit.currency))


def used_in(book: PolicyBook, written: Mapping[str, UsedShape]) -> Mapping[str, Usage]:
    """What a row says was used of each limit.

    Raises:
        ValueError: The first entry that does not fit, with its name.
    """
    limits, used = book.limits, dict[str, Usage]()
    for name, shape in written.items():
        if name not in limits:
            raise ValueError(f"used.{name}: no such limit")
        try:
            used[name] = usage_of(limits[name], shape)
        except ValueError as exc:
            raise ValueError(f"used.{name}: {exc}") from None
    return used


def declare_limits(topics: Sequence[Topic], found: Declarations) -> None:
    """Add every action's limits; what is wrong goes to the declarations' `problems`."""
    first: dict[str, LimitSpec] = {}
    for topic in topics:
        for name, shape in topic.value.actions.items():
            spec = found.actions.get(name)
            if spec is None or spec.path != str(topic.path):
                continue
            limits: dict[str, LimitSpec] = {}
            for index, written in enumerate(shape.limits):
                reader = _LimitReader(
                    topic=topic, spec=spec, index=index, written=written, found=found
                )
                limit = reader.declared(first)
                if limit is not None:
                    limits.setdefault(limit.id, limit)
            found.actions[name] = replace(spec, limits=tuple(limits.values()))


def _charge(limit: LimitSpec, spec: ActionSpec, action: Action, facts: Facts) -> Charge | Reason:
    subject = _subject(limit, facts)
    if subject is None:
        return missing_fact(limit.per, limit.id, facts.unread)
    charge = Charge(
        limit=limit.id, subject=subject, window=limit.window, most_count=limit.most_count
    )
    if limit.argument is None or limit.currency is None or limit.most_minor is None:
        return charge
    currency = currency_of(spec.args[limit.argument], facts)
    amount = _minor(action.args.get(limit.argument), limit.currency)
    if currency != limit.currency or amount is None:
        params = {"limit": limit.id, "action": spec.name, "currency": limit.currency}
        return Reason(code="limit-currency", params=params)
    return replace(charge, amount_minor=amount, most_minor=limit.most_minor)


def _subject(limit: LimitSpec, facts: Facts) -> str | None:
    subject = "" if limit.per == DESK else facts.get(limit.per)
    # `True` would be a number of Python's, and no customer.
    named = isinstance(subject, str | int) and not isinstance(subject, bool)
    return str(subject) if named else None


def _minor(value: object, currency: str) -> int | None:
    try:
        return amount_of(value, currency)
    except UnfitError:
        return None


def _reached(limit: LimitSpec, used: Usage) -> Reason:
    parts = [] if limit.most_count is None else [f"{used.count} of {limit.most_count}"]
    if limit.most_minor is not None and limit.currency is not None:
        spent, most = (
            decimal_text(minor, limit.currency) for minor in (used.amount_minor, limit.most_minor)
        )
        parts.append(f"{spent} of {most} {limit.currency}")
    params = {"limit": limit.id, "used": ", ".join(parts), "text": limit.reason}
    return Reason(code="limit", params=params)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LimitReader:
    topic: Topic
    spec: ActionSpec
    index: int
    written: LimitShape
    found: Declarations

    @property
    def keys(self) -> tuple[str | int, ...]:
        return ("actions", self.spec.name, "limits", self.index)

    def declared(self, first: dict[str, LimitSpec]) -> LimitSpec | None:
        """The limit; None where something is wrong with it.

        Args:
            first: Every limit by its id as it was first declared; added to.
        """
        problems = list(self._problems())
        self.found.problems += problems
        if problems:
            self.found.dropped.add(self.written.id)
            return None
        limit = self._limit()
        was = first.setdefault(limit.id, limit)
        if was is limit:
            self.found.taken("rule", limit.id, self.topic, *self.keys, "id")
        elif limit.allowance != was.allowance:
            # Under one id several actions share one allowance, so it must be the same one.
            message = f"limit '{limit.id}' is declared differently in {was.path}:{was.line}"
            hint = "give it the same keys and values, or another id"
            self.found.problems.append(self._problem(message, "id", hint=hint))
        return limit

    def _limit(self) -> LimitSpec:
        written, currency = self.written, self._currency()
        line, column = self.topic.place(*self.keys, "id")
        most = None
        if written.amount is not None and currency is not None:
            most = minor_of(written.amount, currency)
        return LimitSpec(
            id=written.id,
            per=written.per,
            window=self._window() or timedelta(),
            most_count=written.count,
            argument=None if most is None else self._argument(),
            most_minor=most,
            currency=None if most is None else currency,
            cite=tuple(written.cite),
            reason=written.reason.strip(),
            path=str(self.topic.path),
            line=line,
            column=column,
        )

    def _problems(self) -> Iterator[Problem]:
        yield from self._check_per()
        yield from self.found.unknown_clauses(self.topic, self.written.cite, *self.keys, "cite")
        if self._window() is None:
            message = f"expected a window such as 24h or 90d, got '{self.written.within}'"
            yield self._problem(message, "within", hint="a whole number of m, h or d")
        if self.written.count is None and self.written.amount is None:
            yield self._problem("a limit without a count or an amount", hint="add count: 2")
        if self.written.amount is not None:
            yield from self._check_amount(self.written.amount)
        elif self.written.of is not None or self.written.currency is not None:
            key = "of" if self.written.of is not None else "currency"
            yield self._problem(f"'{key}' without an amount", key, hint='add amount: "500.00"')

    def _check_per(self) -> Iterator[Problem]:
        per, facts = self.written.per, {**BUILT_IN, **self.found.facts}
        if per == DESK or per in self.found.dropped:
            return
        spec = facts.get(per)
        if spec is None:
            hint = did_you_mean(per, {*facts, DESK})
            yield self._problem(f"unknown fact '{per}'", "per", hint=hint)
        elif not (isinstance(spec.type, Scalar) and spec.type.name in {"string", "int"}):
            message = f"fact '{per}' names nobody: a limit is per text or whole number"
            yield self._problem(message, "per")

    def _check_amount(self, amount: str) -> Iterator[Problem]:
        money = self._money_arguments()
        if self._argument() is None:
            named = self.written.of
            message = (
                "an amount, but the action has not exactly one argument of money"
                if named is None
                else f"'{named}' is no argument of money of {self.spec.name}"
            )
            hint = did_you_mean(named or "", money, what="its amounts")
            yield self._problem(message, "amount" if named is None else "of", hint=hint)
        elif self._currency() is None:
            message = "an amount whose currency is not told"
            yield self._problem(message, "amount", hint="add currency: USD")
        else:
            try:
                minor_of(amount, str(self._currency()))
            except ValueError as exc:
                key = "amount" if is_currency(str(self._currency())) else "currency"
                yield self._problem(str(exc), key)

    def _money_arguments(self) -> list[str]:
        return [name for name, arg in self.spec.args.items() if arg.type == "money"]

    def _argument(self) -> str | None:
        money = self._money_arguments()
        if self.written.of is not None:
            return self.written.of if self.written.of in money else None
        return money[0] if len(money) == 1 else None

    def _currency(self) -> str | None:
        if self.written.currency is not None:
            return self.written.currency
        argument = self._argument()
        code = None if argument is None else self.spec.args[argument].currency
        # A fact that names the currency says nothing of the one that the limit is written in.
        return self.found.desk_currency if code is None or not is_currency(code) else code

    def _window(self) -> timedelta | None:
        window = read_duration(self.written.within)
        # A window is counted in whole minutes.
        return None if window is None or self.written.within.endswith("s") else window

    def _problem(self, message: str, *keys: str | int, hint: str = "") -> Problem:
        return self.topic.problem(message, *self.keys, *keys, hint=hint)
