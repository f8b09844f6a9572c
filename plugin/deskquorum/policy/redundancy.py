"""Rules that can never hold, never decide, or add nothing: each finding is a proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from deskquorum.domain import Effect
from deskquorum.errors import Problem
from deskquorum.policy.book import TICKET, PolicyBook, Rule
from deskquorum.policy.conditions import world_on
from deskquorum.policy.consistency import World
from deskquorum.policy.formula import All, Formula, Truth, names_in
from deskquorum.policy.proof import Claim, Claimed, possible
from deskquorum.policy.reads import KNOWN

__all__ = ["useless_rules"]

ItemT = TypeVar("ItemT")

_Doing = tuple[Effect, frozenset[str], frozenset[str], frozenset[str]]
"""Effect, what it is on, clauses and obligations."""

_MOST_TOGETHER = 40
"""Stronger rules that are looked at together; of more, each is looked at by itself."""

_SPOKEN = {Effect.ALLOW: "allow", Effect.HUMAN: "require_human", Effect.DENY: "deny"}


def useless_rules(book: PolicyBook) -> Iterator[Problem]:
    """Rules that can't do what they are there for, as far as that can be proven.

    A rule on several actions is named only if it is useless for each of them.
    """
    prover = _Prover(book=book, alike=_alike(book.rules))
    for rule in book.rules:
        if rule.on:
            yield from _findings(rule, prover)


def _findings(rule: Rule, prover: _Prover) -> Iterator[Problem]:
    if all(prover.never(target, [(prover.said(rule, target), "true")]) for target in rule.on):
        yield _impossible(rule, prover)
        return
    if rule.when is not None and all(
        prover.never(target, [(prover.said(rule, target), "false")]) for target in rule.on
    ):
        message = f"the condition of rule '{rule.id}' is never false"
        yield _at(rule, message, "leave `when` out, or write down what is meant")
    stronger = [_overruling(rule, target, prover) for target in rule.on]
    if all(stronger):
        yield _overruled(rule, stronger, prover)
    elif twin := next((r for r in prover.alike[_does(rule)] if _covers(r, rule, prover)), None):
        message = f"rule '{rule.id}' adds nothing to rule '{twin.id}' ({twin.path}:{twin.line})"
        hint = "that one holds wherever it does, with the same effect and clauses; remove one"
        yield _at(rule, message, hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prover:
    """Remembers what rules say and what is known of their variables."""

    book: PolicyBook
    alike: Mapping[_Doing, Sequence[Rule]]
    """Rules that do the same where they hold, in file order."""
    worlds: dict[str, World] = field(default_factory=dict)
    formulas: dict[tuple[str, str], Formula] = field(default_factory=dict)
    read: dict[tuple[str, str], Sequence[frozenset[str]]] = field(default_factory=dict)
    """Of a rule and its target: what each part of the condition reads that has to hold."""

    def said(self, rule: Rule, target: str) -> Formula:
        """What a rule asks of an action; a rule on the ticket is asked about every action."""
        target = target if target in rule.conditions else TICKET
        if (rule.id, target) not in self.formulas:
            guarded = rule.conditions[target]
            formula = Truth(value=True) if guarded is None else guarded.condition.formula
            self.formulas[rule.id, target] = formula
        return self.formulas[rule.id, target]

    def never(self, target: str, claims: list[Claim]) -> bool:
        """Whether it is proven that the claims are never true together."""
        if target not in self.worlds:
            spec = self.book.actions.get(target)
            self.worlds[target] = world_on(self.book.environment, spec)
        return possible(self.worlds[target], *claims) is False

    def implies(self, rule: Rule, other: Rule, target: str) -> bool:
        """Whether the other rule holds wherever the rule does, whatever was not read."""
        if not self.touches(rule, other, target):
            return False
        holds, not_so = self.said(rule, target), self.said(other, target)
        return self.never(target, [(holds, "true"), (not_so, "not true")])

    def touches(self, rule: Rule, other: Rule, target: str) -> bool:
        """Whether each part of the other rule's condition reads something that the rule reads too.

        A part that reads nothing of the kind can be false while the rule holds, so that there is
        nothing to prove; most pairs of rules are done with here.
        """
        read = frozenset[str]().union(*self.read_by(rule, target))
        return all(
            not part or any(_related(one, name) for one in part for name in read)
            for part in self.read_by(other, target)
        )

    def read_by(self, rule: Rule, target: str) -> Sequence[frozenset[str]]:
        """What each part of a rule's condition reads."""
        if (rule.id, target) not in self.read:
            formula = self.said(rule, target)
            parts = formula.parts if isinstance(formula, All) else (formula,)
            self.read[rule.id, target] = [frozenset(names_in(part)) for part in parts]
        return self.read[rule.id, target]


def _related(one: str, other: str) -> bool:
    """Whether two names are of one variable, or of a record and what is in it."""
    first, second = (f"{name.removeprefix(KNOWN)}." for name in (one, other))
    return first.startswith(second) or second.startswith(first)


def _impossible(rule: Rule, prover: _Prover) -> Problem:
    target = rule.on[0]
    formula = prover.said(rule, target)
    parts = formula.parts if isinstance(formula, All) else (formula,)
    needed = _fewest(parts, lambda few: prover.never(target, [(part, "true") for part in few]))
    names = " and ".join(dict.fromkeys(name for part in needed for name in names_in(part)))
    told = f": no value of {names} fits" if names else ""
    return _at(rule, f"rule '{rule.id}' can never hold{told}", "change `when`, or remove the rule")


def _overruling(rule: Rule, target: str, prover: _Prover) -> Sequence[Rule]:
    """Rules that decide instead wherever the rule holds, no more than needed; none if it may."""
    others = [other for other in prover.book.by_action.get(target, ()) if other is not rule]
    match rule.effect:
        case Effect.ALLOW:
            # A restriction in doubt holds, so each one has to be false for an allowance to count.
            stronger = [other for other in others if other.effect is not Effect.ALLOW]
            stronger += [] if target == TICKET else prover.book.by_action.get(TICKET, ())
            outcome: Claimed = "false"
        case Effect.HUMAN:
            # A denial in doubt is for a person too.
            stronger = [other for other in others if other.effect is Effect.DENY]
            outcome = "not true"
        case Effect.DENY:
            return ()
    holds: Claim = (prover.said(rule, target), "true")

    def proves(few: Sequence[Rule]) -> bool:
        return prover.never(target, [holds, *((prover.said(r, target), outcome) for r in few)])

    near = (other for other in stronger if prover.touches(rule, other, target))
    alone = next(([other] for other in near if proves([other])), None)
    if alone or len(stronger) > _MOST_TOGETHER:
        return alone or ()
    return _fewest(stronger, proves)


def _overruled(rule: Rule, stronger: Sequence[Sequence[Rule]], prover: _Prover) -> Problem:
    rules = list({other.id: other for others in stronger for other in others}.values())
    told = " and ".join(f"'{r.id}' ({_SPOKEN[r.effect]}, {r.path}:{r.line})" for r in rules)
    if len(rules) == 1 and all(prover.implies(rules[0], rule, target) for target in rule.on):
        message = f"rule '{rule.id}' ({_SPOKEN[rule.effect]}) contradicts {told}"
        return _at(rule, message, "both hold in the same cases; change one of them, or remove it")
    message = f"rule '{rule.id}' can never decide, overruled by {told}"
    hint = "wherever it holds, so does a stronger one; narrow one of them, or remove it"
    return _at(rule, message, hint)


def _alike(rules: Sequence[Rule]) -> Mapping[_Doing, Sequence[Rule]]:
    found: dict[_Doing, list[Rule]] = {}
    for rule in rules:
        found.setdefault(_does(rule), []).append(rule)
    return found


def _does(rule: Rule) -> _Doing:
    return rule.effect, frozenset(rule.on), frozenset(rule.cite), frozenset(rule.obligations)


def _covers(other: Rule, rule: Rule, prover: _Prover) -> bool:
    """Whether a rule that does the same holds wherever the rule does; of equal ones, the first."""
    if other is rule or not all(_asks_no_more(other, rule, target) for target in rule.on):
        return False
    if not all(prover.implies(rule, other, target) for target in rule.on):
        return False
    alike = prover.alike[_does(rule)]
    return alike.index(other) < alike.index(rule) or not _covers(rule, other, prover)


def _asks_no_more(other: Rule, rule: Rule, target: str) -> bool:
    """An allowance counts only if all that it names was read, needed or not."""
    names, others = rule.conditions[target], other.conditions[target]
    if rule.effect is not Effect.ALLOW or others is None:
        return True
    if names is None:
        return False
    return set(others.names) <= set(names.names) and set(others.needs) <= set(names.needs)


def _fewest(items: Sequence[ItemT], proves: Callable[[Sequence[ItemT]], bool]) -> Sequence[ItemT]:
    """Items of which none can be left out of the proof; none if there is no proof."""
    if not items or not proves(items):
        return ()
    kept = list(items)
    for item in items:
        fewer = [other for other in kept if other is not item]
        if proves(fewer):
            kept = fewer
    return kept


def _at(rule: Rule, message: str, hint: str) -> Problem:
    line, column = rule.when_at
    return Problem(path=rule.path, line=line, column=column, message=message, hint=hint)
