"""Whether the numbers of a reply follow from those of a clause: equal, or worked out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from deskquorum.grounding.lexicon import word_set
from deskquorum.grounding.quantities import Bound
from deskquorum.grounding.spans import DAYS
from deskquorum.grounding.terms import Term

__all__ = ["Derivation", "derivations", "same_value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """One way in which a number of the reply follows from one of the clause."""

    result: Term
    source: Term
    """The clause's."""
    operands: tuple[Term, ...] = ()
    """The reply's own numbers that went into it."""


def derivations(
    reply: Sequence[Term], clause: Sequence[Term], wording: frozenset[str]
) -> tuple[Derivation, ...]:
    """Every way in which the reply's numbers follow from the clause's.

    Args:
        reply: The reply's numbers.
        clause: The clause's.
        wording: The words of both, in small letters.
    """
    found: list[Derivation] = []
    for result in reply:
        found += [
            Derivation(result=result, source=source)
            for source in clause
            if same_value(result, source) and not _caps(source, result)
        ]
        if result.told:
            continue
        match result.dimension:
            case "money":
                found += _money(result, reply, clause, wording)
            case "count" | "time":
                found += _differences(result, reply, clause)
            case _:
                pass
    return tuple(found)


def _caps(source: Term, result: Term) -> bool:
    """`At most 20 a day` says what a day costs only to who says `at most` too."""
    return bool(source.rates) and source.bound is Bound.AT_MOST is not result.bound


_EXACT = Decimal("0.002")
_ROUGH = Decimal("0.03")
_ABOUT_A_MONTH = 20
"""Days from which a month may be four weeks, 30 days or 31."""
_ROUND_MONTH = Decimal("0.035")


def _close(one: Decimal, other: Decimal, share: Decimal = _EXACT) -> bool:
    return abs(one - other) <= share * max(abs(one), abs(other))


def same_value(one: Term, other: Term) -> bool:
    """Whether two terms state the same amount."""
    if one.dimension != other.dimension:
        return False
    match one.dimension:
        case "money":
            named = {one.unit, other.unit} - {""}
            return len(named) <= 1 and one.value == other.value
        case "time":
            return _same_time(one, other)
        case "count" | "percent":
            return _close(one.value, other.value)
        case _:
            return _close(one.value, other.value, _ROUGH)


def _same_time(one: Term, other: Term) -> bool:
    for a, b in ((one, other), (other, one)):
        if a.business_days is not None and b.unit == "business-day":
            return b.value == a.business_days
    working = [t.unit.startswith("business") for t in (one, other)]
    if working[0] != working[1] and not (one.apart or other.apart):
        return False
    long = max(one.value, other.value) > _ABOUT_A_MONTH
    return _close(one.value, other.value, _ROUND_MONTH if long else _EXACT)


def _money(
    result: Term, reply: Sequence[Term], clause: Sequence[Term], wording: frozenset[str]
) -> Iterator[Derivation]:
    others = [
        t for t in reply if t is not result and t.dimension == "money" and not _clash(t, result)
    ]
    own = [t for t in clause if t.dimension == "money" and not _clash(t, result)]
    for source in clause:
        if source in own:
            yield from _products(result, source, reply, others, own)
            yield from _pairs(result, source, own)
        elif source.dimension == "percent":
            bases = [*others, *(t for t in own if t.bound is Bound.EXACT), *_bare(result, reply)]
            counts = [t.value for t in reply if t.dimension == "count"]
            yield from _shares(result, source, bases, counts, wording)


def _products(
    result: Term, source: Term, reply: Sequence[Term], others: Sequence[Term], own: Sequence[Term]
) -> Iterator[Derivation]:
    """So much for each, up to a cap, alone or on top of or off another amount of the reply."""
    caps = [t for t in own if t.bound is Bound.AT_MOST and t is not source]
    for factor, used in _factors(source, result, reply):
        amount = source.value * factor
        if any(amount > cap.value for cap in caps):
            if any(result.value == cap.value for cap in caps):
                yield Derivation(result=result, source=source, operands=used)
            continue
        if factor != 1 and _close(amount, result.value):
            yield Derivation(result=result, source=source, operands=used)
        for other in others:
            if _close(other.value - amount, result.value) or _close(
                other.value + amount, result.value
            ):
                yield Derivation(result=result, source=source, operands=(other, *used))


def _pairs(result: Term, source: Term, own: Sequence[Term]) -> Iterator[Derivation]:
    """The sum or the difference of two amounts of the clause."""
    for second in own:
        if second is not source and (
            _close(source.value - second.value, result.value)
            or _close(source.value + second.value, result.value)
        ):
            yield Derivation(result=result, source=source)


def _shares(
    result: Term,
    source: Term,
    bases: Sequence[Term],
    counts: Sequence[Decimal],
    wording: frozenset[str],
) -> Iterator[Derivation]:
    """A percentage of an amount; off it or on top of it where the words say so."""
    share = source.value / 100
    for base in bases:
        for whole in (base.value, *(base.value * count for count in counts)):
            shares = [whole * share]
            shares += [whole - whole * share] if wording & _LESS else []
            shares += [whole + whole * share] if wording & _MORE else []
            if any(_close(x, result.value) for x in shares):
                yield Derivation(result=result, source=source, operands=(base,))


_LESS = word_set(
    "fee fees commission taken after net payout off discount less minus reduced reduction rebate "
    "cheaper back keep keeps yourself rest "
    "remaining "
    "deducted excess rabatt ermäßigung abzug descuento rebaja remise réduction desconto menos "
    "moins"
)
_MORE = word_set(
    "surcharge extra top added plus increase increased more zuschlag aufschlag recargo suplemento "
    "supplément acréscimo taxa"
)


_LARGE = 10


def _bare(result: Term, reply: Sequence[Term]) -> list[Term]:
    """Large plain numbers, which may be amounts whose currency is not repeated."""
    return [
        t
        for t in reply
        if t.dimension == "count" and not t.unit and t.value >= _LARGE and t is not result
    ]


def _clash(one: Term, other: Term) -> bool:
    return bool(one.unit and other.unit and one.unit != other.unit)


def _factors(
    source: Term, result: Term, reply: Sequence[Term]
) -> Iterator[tuple[Decimal, tuple[Term, ...]]]:
    """By what an amount of the clause may be multiplied, with the reply's numbers behind it."""
    yield Decimal(1), ()
    rates = [*source.rates, *_usual(source)]
    singles = [
        single
        for term in reply
        if term is not result and term.dimension not in {"money", "percent"}
        for single in _by_term(term, rates)
    ]
    # So much a year, out of so much a month.
    singles += [
        (_whole(length / value), ())
        for length, measure, _ in result.rates
        for value, dimension, _ in rates
        if measure == dimension == "time" and value
    ]
    if any(unit in {"way", "leg"} for _, _, unit in source.rates):
        singles.append((Decimal(2), ()))
    yield from singles
    for one, two in combinations(singles, 2):
        yield one[0] * two[0], (*one[1], *two[1])


def _by_term(
    term: Term, rates: Sequence[tuple[Decimal, str, str]]
) -> Iterator[tuple[Decimal, tuple[Term, ...]]]:
    """How often one number of the reply holds what an amount is for."""
    if term.dimension == "count":
        if term.value > 1:
            yield term.value, (term,)
        return
    for value, dimension, _ in rates:
        if dimension == term.dimension and value:
            yield _whole(term.value / value), (term,)


def _usual(source: Term) -> list[tuple[Decimal, str, str]]:
    """Prices without a rate are often for a month or a night."""
    return [] if source.rates else [(DAYS["month"], "time", "month"), (Decimal(1), "time", "day")]


def _whole(value: Decimal) -> Decimal:
    near = value.to_integral_value()
    return near if near and _close(value, near, Decimal("0.03")) else value


def _differences(
    result: Term, reply: Sequence[Term], clause: Sequence[Term]
) -> Iterator[Derivation]:
    """What is left, or too much: 12 allowed, 10 used, 2 left."""
    for source in clause:
        if source.dimension != result.dimension:
            continue
        for other in reply:
            if other is result or other.dimension != result.dimension:
                continue
            if result.value and _close(abs(source.value - other.value), result.value):
                yield Derivation(result=result, source=source, operands=(other,))
