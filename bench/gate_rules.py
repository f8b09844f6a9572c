"""Rules and situations for the gate's benchmark, before they are written in anybody's language.

Every action has the same number of rules of its own: two that allow, the rest hold back. A rule is
a few tests that must all hold; one of them may have an alternative. Nothing is missing from a
situation, because engines differ in what they make of that.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "AMOUNT",
    "FACTS",
    "Answer",
    "Domain",
    "Effect",
    "Rule",
    "Situation",
    "Test",
    "Value",
    "actions_of",
    "holding",
    "make_rules",
    "make_situations",
]

Value: TypeAlias = str | int | bool | list[str]
Domain: TypeAlias = tuple[str, ...] | int | bool | frozenset[str]
"""One of some texts, a number up to that, true or false, or a list of some texts."""
Effect = Literal["allow", "require_human", "deny"]
Answer: TypeAlias = tuple[str, tuple[str, ...]]
"""`allow`, `human` or `deny`, and the ids of the rules that decided, in the rules' order."""

AMOUNT = "args.amount_minor"
_MOST_MINOR = 20_000
_ALLOWING = 2

FACTS: dict[str, Domain] = {
    "order.status": ("open", "paid", "shipped", "delivered", "returned"),
    "order.total_minor": 50_000,
    "order.paid": True,
    "order.days_since_delivery": 60,
    "order.country": ("DE", "FR", "GB", "JP", "US"),
    "order.channel": ("app", "phone", "shop", "web"),
    "order.items": 12,
    "order.gift": True,
    "order.tags": frozenset({"bulk", "fragile", "preorder", "sale", "sealed"}),
    "customer.tier": ("bronze", "gold", "none", "silver"),
    "customer.refunds_90d": 8,
    "customer.account_age_days": 2_000,
    "customer.verified": True,
    "customer.orders": 90,
    "customer.flags": frozenset({"chargeback", "press", "staff", "watch"}),
    "customer.country": ("DE", "FR", "GB", "JP", "US"),
    "payment.method": ("card", "gift_card", "invoice", "wallet"),
    "payment.captured": True,
    "payment.disputed": True,
    "payment.attempts": 6,
    "payment.fee_minor": 900,
    "plan.name": ("basic", "family", "pro", "trial"),
    "plan.active": True,
    "plan.seats": 50,
    "plan.renewals": 12,
    "plan.grace": True,
    "parcel.carrier": ("dhl", "dpd", "post", "ups"),
    "parcel.delayed": True,
    "parcel.days_late": 20,
    "parcel.weight_grams": 30_000,
    "parcel.insured": True,
    "parcel.scans": frozenset({"depot", "door", "hub", "lost"}),
    "product.category": ("audio", "books", "clothes", "food", "toys"),
    "product.returnable": True,
    "product.price_minor": 40_000,
    "product.stock": 400,
    "product.labels": frozenset({"custom", "hygiene", "new", "outlet"}),
}
"""Fact to what it can be."""

_DOMAINS = {**FACTS, AMOUNT: _MOST_MINOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One comparison of a fact, or of the amount, with a value."""

    name: str
    op: Literal["==", "!=", ">", "<=", "in", "has"]
    """`in` a list of texts; a list of texts `has` one."""
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What follows for one action where every group has a test that holds."""

    id: str
    action: str
    effect: Effect
    groups: tuple[tuple[Test, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A proposed action with everything that is known, by dotted names."""

    action: str
    amount_minor: int
    facts: dict[str, Value]

    @property
    def values(self) -> dict[str, Value]:
        """The facts, and the amount."""
        return {**self.facts, AMOUNT: self.amount_minor}

    @property
    def records(self) -> dict[str, dict[str, Value]]:
        """The same as records: the form in which peers are given it."""
        found: dict[str, dict[str, Value]] = {}
        for name, value in self.values.items():
            record, _, field = name.partition(".")
            found.setdefault(record, {})[field] = value
        return found


def make_rules(count: int, *, per_action: int, seed: int) -> tuple[Rule, ...]:
    """That many rules, spread evenly over as many actions as they fill."""
    rng = random.Random(seed)  # noqa: S311 - made up to be the same each time
    actions = max(1, count // per_action)
    ranks = [index // actions for index in range(count)]
    return tuple(
        _rule(rng, f"r{index}", f"action_{index % actions}", rank)
        for index, rank in enumerate(ranks)
    )


def actions_of(rules: Sequence[Rule]) -> dict[str, list[Rule]]:
    """The rules of each action."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.action, []).append(rule)
    return found


def make_situations(rules: Sequence[Rule], count: int, *, seed: int) -> list[Situation]:
    """That many situations, of all actions in turn when they are shuffled."""
    rng = random.Random(seed)  # noqa: S311 - made up to be the same each time
    actions = list(actions_of(rules))
    rng.shuffle(actions)
    return [_situation(rng, actions[index % len(actions)]) for index in range(count)]


def holding(rule: Rule, *, seed: int) -> Situation:
    """A situation in which the rule holds."""
    rng = random.Random(f"{seed} {rule.id}")  # noqa: S311 - made up to be the same each time
    found = _situation(rng, rule.action)
    values = found.values
    for first, *_ in rule.groups:
        values[first.name] = _satisfying(first, values[first.name])
    amount = values.pop(AMOUNT)
    return Situation(action=rule.action, amount_minor=int(str(amount)), facts=values)


def _rule(rng: random.Random, name: str, action: str, rank: int) -> Rule:
    allows = rank < _ALLOWING
    names = rng.sample(sorted(FACTS if allows else _DOMAINS), 4)
    tests = [_loose(rng, n) if allows else _narrow(rng, n) for n in names]
    # Two allowing groups of two, or three narrow ones of which the last has an alternative.
    groups = (tests[:2], tests[2:]) if allows else (tests[:1], tests[1:2], tests[2:])
    effect: Effect = "allow" if allows else ("require_human" if rank % 2 else "deny")
    return Rule(id=name, action=action, effect=effect, groups=tuple(map(tuple, groups)))


def _loose(rng: random.Random, name: str) -> Test:
    match _DOMAINS[name]:
        case bool():
            return Test(name=name, op="==", value=rng.random() < 0.5)  # noqa: PLR2004 - a coin
        case int() as most:
            return Test(name=name, op="<=", value=rng.randint(most // 2, most))
        case tuple() as texts:
            return Test(name=name, op="in", value=sorted(rng.sample(texts, len(texts) - 1)))
        case frozenset() as texts:
            return Test(name=name, op="has", value=rng.choice(sorted(texts)))


def _narrow(rng: random.Random, name: str) -> Test:
    match _DOMAINS[name]:
        case bool():
            return Test(name=name, op="==", value=rng.random() < 0.5)  # noqa: PLR2004 - a coin
        case int() as most:
            return Test(name=name, op=">", value=rng.randint(most // 2, most - 1))
        case tuple() as texts:
            op: Literal["==", "!="] = rng.choice(("==", "==", "!="))
            return Test(name=name, op=op, value=rng.choice(texts))
        case frozenset() as texts:
            return Test(name=name, op="has", value=rng.choice(sorted(texts)))


def _situation(rng: random.Random, action: str) -> Situation:
    facts = {name: _drawn(rng, domain) for name, domain in FACTS.items()}
    return Situation(action=action, amount_minor=rng.randint(1, _MOST_MINOR), facts=facts)


def _drawn(rng: random.Random, domain: Domain) -> Value:
    match domain:
        case bool():
            return rng.random() < 0.5  # noqa: PLR2004 - a coin
        case int() as most:
            return rng.randint(0, most)
        case tuple() as texts:
            return rng.choice(texts)
        case frozenset() as texts:
            return sorted(rng.sample(sorted(texts), rng.randint(0, 2)))


def _satisfying(test: Test, value: Value) -> Value:
    match test.op:
        case "==" | "<=":
            return test.value
        case ">":
            return int(str(test.value)) + 1
        case "!=":
            return next(t for t in _texts(test.name) if t != test.value)
        case "in":
            return next(iter(_texts(test.name, test.value)))
        case "has":
            return sorted({str(test.value), *_texts(test.name, value)})


def _texts(name: str, value: Value | None = None) -> Iterator[str]:
    """The texts of a list, or all that a fact can be."""
    listed = value if isinstance(value, list) else _DOMAINS[name]
    yield from listed if isinstance(listed, list | tuple) else ()
