"""Whether the numbers of a reply follow from those of a clause: equal, or worked out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

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
        for source in clause:
            if same_value(result, source) and not _caps(source, result):
                found.append(Derivation(result=result, source=source))
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
    return _close(
        one.value, other.value, _ROUND_MONTH if max(one.value, other.value) > 20 else _EXACT
    )  # noqa: PLR2004


def _money(
    result: Term, reply: Sequence[Term], clause: Sequence[Term], wording: frozenset[str]
) -> Iterator[Derivation]:
    others = [
        t for t in reply if t is not result and t.dimension == "money" and not _clash(t, result)
    ]
    own = [t for t in clause if t.dimension == "money" and not _clash(t, result)]
    caps = [t for t in own if t.bound is Bound.AT_MOST]
    for source in clause:
        if source.dimension == "money" and not _clash(source, result):
            for factor, used in _factors(source, result, reply):
                amount = source.value * factor
                if any(amount > cap.value and cap is not source for cap in caps):
                    if any(result.value == cap.value and cap is not source for cap in caps):
                        yield Derivation(result=result, source=source, operands=used)
                    continue
                if factor != 1 and _close(amount, result.value):
                    yield Derivation(result=result, source=source, operands=used)
                for other in others:
                    if any(
                        _close(x, result.value)
                        for x in (other.value - amount, other.value + amount)
                    ):
                        yield Derivation(result=result, source=source, operands=(other, *used))
            for second in own:
                if second is not source and any(
                    _close(x, result.value)
                    for x in (source.value - second.value, source.value + second.value)
                ):
                    yield Derivation(result=result, source=source)
        elif source.dimension == "percent":
            share = source.value / 100
            counts = [t.value for t in reply if t.dimension == "count"]
            for base in [
                *others,
                *(t for t in own if t.bound is Bound.EXACT),
                *_bare(result, reply),
            ]:
                for whole in (base.value, *(base.value * count for count in counts)):
                    shares = [whole * share]
                    shares += [whole - whole * share] if _has(wording, _LESS) else []
                    shares += [whole + whole * share] if _has(wording, _MORE) else []
                    if any(_close(x, result.value) for x in shares):
                        yield Derivation(result=result, source=source, operands=(base,))


_LESS = frozenset(
    "off discount less minus reduced reduction rebate cheaper back keep keeps yourself rest remaining "
    "deducted excess rabatt ermäßigung abzug descuento rebaja remise réduction desconto menos moins".split()
)
_MORE = frozenset(
    "surcharge extra top added plus increase increased more zuschlag aufschlag recargo suplemento "
    "supplément acréscimo taxa".split()
)


def _has(wording: frozenset[str], cues: frozenset[str]) -> bool:
    return bool(wording & cues)


def _bare(result: Term, reply: Sequence[Term]) -> list[Term]:
    """Large plain numbers, which may be amounts whose currency is not repeated."""
    return [
        t
        for t in reply
        if t.dimension == "count" and not t.unit and t.value >= 10 and t is not result
    ]  # noqa: PLR2004


def _clash(one: Term, other: Term) -> bool:
    return bool(one.unit and other.unit and one.unit != other.unit)


def _factors(
    source: Term, result: Term, reply: Sequence[Term]
) -> Iterator[tuple[Decimal, tuple[Term, ...]]]:
    """By what an amount of the clause may be multiplied, with the reply's numbers behind it."""
    yield Decimal(1), ()
    singles: list[tuple[Decimal, tuple[Term, ...]]] = []
    for term in reply:
        if term is result or term.dimension in {"money", "percent"}:
            continue
        if term.dimension == "count":
            if term.value > 1:
                singles.append((term.value, (term,)))
            continue
        for value, dimension, _unit in [*source.rates, *_usual(source)]:
            if dimension == term.dimension and value:
                singles.append((_whole(term.value / value), (term,)))
    for rate in result.rates:
        # So much a year, out of so much a month.
        for value, dimension, _unit in [*source.rates, *_usual(source)]:
            if rate[1] == dimension == "time" and value:
                singles.append((_whole(rate[0] / value), ()))
    singles += (
        [(Decimal(2), ())] if any(unit in {"way", "leg"} for _v, _d, unit in source.rates) else []
    )
    yield from singles
    for one, two in combinations(singles, 2):
        yield one[0] * two[0], (*one[1], *two[1])


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
