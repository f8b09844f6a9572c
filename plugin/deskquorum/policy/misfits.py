"""Where a value does not fit its declared type, in words that show nothing of the value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from deskquorum.policy.fact_types import FactType, ListOf, MapOf, Record, Scalar, described
from deskquorum.policy.fitting import UnfitError, fitted

__all__ = ["holds_money", "misfit"]

NOT_NEGATIVE = "an amount that is not negative, such as 24.00"


def misfit(kind: FactType, value: object, *, signed: bool = True) -> str | None:
    """The first part that does not fit and what was expected of it; None where all of it fits.

    Args:
        kind: The declared type.
        value: As a system or a bot told it.
        signed: Whether an amount may be negative.
    """
    for place, expected in _misfits(kind, value, signed=signed):
        return f"{', '.join(place)}: {expected}" if place else expected
    return None


def holds_money(kind: FactType) -> bool:
    """Whether an amount is somewhere in values of this type."""
    match kind:
        case Scalar(name=name):
            return name == "money"
        case ListOf(element=element) | MapOf(element=element):
            return holds_money(element)
        case Record(fields=fields):
            return any(holds_money(spec.type) for spec in fields.values())


_Misfits = Iterator[tuple[tuple[str, ...], str]]


def _misfits(kind: FactType, value: object, *, signed: bool) -> _Misfits:
    match kind, value:
        case ListOf(element=element), list() | tuple():
            yield from _in_items(element, "element", value, signed=signed)
        # The keys of a map may be customers' own values, so entries are counted.
        case MapOf(element=element), Mapping():
            yield from _in_items(element, "entry", value.values(), signed=signed)
        case Record(), Mapping():
            yield from _in_fields(kind, value, signed=signed)
        case _, None:
            yield (), "is absent"
        case Scalar(name="money"), _ if not signed and str(value).startswith("-"):
            yield (), NOT_NEGATIVE
        case _:
            try:
                fitted(kind, value)
            except UnfitError:
                yield (), described(kind)


def _in_items(kind: FactType, what: str, items: Iterable[object], *, signed: bool) -> _Misfits:
    for number, item in enumerate(items, start=1):
        for place, expected in _misfits(kind, item, signed=signed):
            yield (f"{what} {number}", *place), expected


def _in_fields(kind: Record, value: Mapping[object, object], *, signed: bool) -> _Misfits:
    for name, spec in kind.fields.items():
        if value.get(name) is None and spec.optional:
            continue
        for place, expected in _misfits(spec.type, value.get(name), signed=signed):
            yield (name, *place), "is missing" if name not in value else expected
