"""Which JSON values fit a declared type, and what conditions read in their place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import assert_never
from zoneinfo import ZoneInfo

from deskquorum.domain import JsonValue
from deskquorum.policy.fact_types import (
    FactType,
    ListOf,
    MapOf,
    Record,
    Scalar,
    TypeSpec,
    described,
)
from deskquorum.policy.money import decimal_text, minor_of

__all__ = ["CelInput", "Fit", "UnfitError", "amount_of", "fit_for", "fitted", "moment_of", "told"]

CelInput = str | int | bool | datetime | list["CelInput"] | dict[str, "CelInput"]
Fit = Callable[[object], CelInput]

_LARGEST = 2**63 - 1
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})")


class UnfitError(ValueError):
    """A value that does not fit its declared type; never shows the value."""


def fitted(kind: FactType, value: object) -> CelInput:
    """The value as conditions read it: dates become moments in UTC, amounts minor units.

    Raises:
        UnfitError: The value is of another type.
    """
    return fit_for(kind)(value)


def fit_for(kind: FactType) -> Fit:
    """What `fitted` does with values of a type, worked out once for many of them."""
    match kind:
        case Scalar():
            return _scalar(kind)
        case ListOf(element=element):
            return _list(kind, fit_for(element))
        case MapOf(element=element):
            return _map(kind, fit_for(element))
        case Record(fields=fields):
            return _record(kind, fields)
        case unreachable:
            assert_never(unreachable)


def amount_of(value: object, currency: str) -> int:
    """Minor units of an amount, told as text or as a whole number of the currency's main unit.

    Raises:
        UnfitError: No amount, or one finer than the currency's smallest unit.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UnfitError("an amount")
    try:
        return minor_of(str(value), currency)
    except ValueError:
        raise UnfitError("an amount") from None


def told(kind: FactType, value: object) -> JsonValue:  # noqa: PLR0911 - one a kind
    """The value as systems tell it: what `fitted` reads the same value from.

    Raises:
        UnfitError: The value is of another type.
    """
    match kind, value:
        case Scalar(name="date"), datetime():
            return value.date().isoformat()
        case Scalar(name="time"), datetime():
            return value.isoformat()
        case Scalar(name="money", currency=str() as currency), int():
            return decimal_text(value, currency)
        case Scalar(), str() | int():
            return value
        case ListOf(element=element), list():
            return [told(element, item) for item in value]
        case MapOf(element=element), dict():
            return {str(name): told(element, item) for name, item in value.items()}
        case Record(fields=fields), dict():
            held = {name: value[name] for name in fields if value.get(name) is not None}
            return {name: told(fields[name].type, item) for name, item in held.items()}
        case _:
            raise UnfitError(described(kind))


def moment_of(text: str, *, zone: str | None = None) -> datetime:
    """The moment that a time with its zone names; without one it is in `zone`.

    Raises:
        UnfitError: No time, or one that could be any of several.
    """
    if _TIME.fullmatch(text):
        return _moment(text)
    if zone is None or _NAIVE.fullmatch(text) is None:
        raise UnfitError("a time with its zone")
    local = _parsed(text).replace(tzinfo=ZoneInfo(zone))
    # An hour that the clocks skip or repeat is no moment that anybody can rely on.
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise UnfitError("a time that exists once")
    return local.astimezone(UTC)


def _scalar(kind: Scalar) -> Fit:
    match kind.name:
        case "string":
            return _text(kind)
        case "bool":
            return _flag
        case "money" if kind.currency is not None:
            return partial(amount_of, currency=kind.currency)
        case "int" | "money":
            return partial(_whole, kind=kind)
        case "date":
            return partial(_date, kind=kind)
        case "time":
            return partial(_time, kind=kind)


def _text(kind: Scalar) -> Fit:
    values = frozenset(kind.values)

    def fit(value: object) -> CelInput:
        if isinstance(value, str) and _writable(value) and (not values or value in values):
            return value
        raise UnfitError(described(kind))

    return fit


def _flag(value: object) -> CelInput:
    if isinstance(value, bool):
        return value
    raise UnfitError("true or false")


def _whole(value: object, *, kind: Scalar) -> CelInput:
    if isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST:
        return value
    raise UnfitError(described(kind))


def _date(value: object, *, kind: Scalar) -> CelInput:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _moment(value)
    raise UnfitError(described(kind))


def _time(value: object, *, kind: Scalar) -> CelInput:
    if isinstance(value, str):
        return moment_of(value, zone=kind.zone)
    raise UnfitError(described(kind))


def _list(kind: ListOf, element: Fit) -> Fit:
    def fit(value: object) -> CelInput:
        if isinstance(value, list | tuple):
            return [element(item) for item in value]
        raise UnfitError(described(kind))

    return fit


def _map(kind: MapOf, element: Fit) -> Fit:
    def fit(value: object) -> CelInput:
        if isinstance(value, Mapping):
            return {str(name): element(item) for name, item in value.items()}
        raise UnfitError(described(kind))

    return fit


def _record(kind: Record, fields: Mapping[str, TypeSpec]) -> Fit:
    fits = [(name, fit_for(spec.type), spec.optional) for name, spec in fields.items()]

    def fit(value: object) -> CelInput:
        if not isinstance(value, Mapping):
            raise UnfitError(described(kind))
        found: dict[str, CelInput] = {}
        for name, field, optional in fits:
            item = value.get(name)
            if item is not None:
                found[name] = field(item)
            elif not optional:
                raise UnfitError(f"a record with {name}")
        return found

    return fit


def _writable(text: str) -> bool:
    """Lone surrogates pass through JSON, but are no text."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _moment(text: str) -> datetime:
    if len(text) == len("2026-01-31"):
        return _parsed(text).replace(tzinfo=UTC)
    try:
        return _parsed(text).astimezone(UTC)
    except OverflowError:
        raise UnfitError("a real date") from None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UnfitError("a real date") from None
