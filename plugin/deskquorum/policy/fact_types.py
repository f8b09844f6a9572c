"""The types that facts and arguments are declared with, and which JSON values fit them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, assert_never

from deskquorum.policy.names import did_you_mean, is_name

__all__ = [
    "CelInput",
    "DeclarationError",
    "FactType",
    "ListOf",
    "Record",
    "Scalar",
    "ScalarName",
    "TypeSpec",
    "UnfitError",
    "described",
    "fitted",
    "read_type",
]

ScalarName = Literal["string", "int", "bool", "date", "time", "money"]
CelInput = str | int | bool | datetime | list["CelInput"] | dict[str, "CelInput"]

_SCALARS: tuple[ScalarName, ...] = ("string", "int", "bool", "date", "time", "money")
_LARGEST = 2**63 - 1
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})")
_WORDS: Mapping[ScalarName, str] = {
    "string": "text",
    "int": "a whole number",
    "bool": "true or false",
    "date": "a date such as 2026-01-31",
    "time": "a time with its zone, such as 2026-01-31T09:00:00Z",
    "money": "a whole number of minor units",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A single value."""

    name: ScalarName
    values: tuple[str, ...] = ()
    """The only texts allowed; empty when any is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list of values of one type."""

    element: Scalar | Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with declared fields; further ones are ignored."""

    fields: Mapping[str, TypeSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSpec:
    """A declared type, and whether the value may be absent."""

    type: FactType
    optional: bool = False


FactType = Scalar | ListOf | Record


class DeclarationError(ValueError):
    """A declaration that can't be read; `keys` lead to the faulty part."""

    def __init__(self, message: str, *, keys: tuple[str | int, ...] = (), hint: str = "") -> None:
        self.message, self.keys, self.hint = message, keys, hint
        super().__init__(message)

    def under(self, key: str | int) -> DeclarationError:
        """The same problem, seen from one level further out."""
        return DeclarationError(self.message, keys=(key, *self.keys), hint=self.hint)


class UnfitError(ValueError):
    """A value that does not fit its declared type; never shows the value."""


def read_type(written: object) -> TypeSpec:
    """Read a declaration: `date?`, `[string]`, `{type: string, values: [...]}`, `{list: {...}}`.

    Raises:
        DeclarationError: What is wrong, and under which keys.
    """
    match written:
        case str():
            name = written.removesuffix("?")
            return TypeSpec(type=Scalar(name=_scalar_name(name)), optional=name != written)
        case [element]:
            return TypeSpec(type=ListOf(element=_element(element, 0)))
        case {"type": str() as name, **others}:
            return _long_form(name, _keyed(others))
        case {"list": element, **others}:
            _no_other(_keyed(others), ("optional",))
            kind = ListOf(element=_element(element, "list"))
            return TypeSpec(type=kind, optional=_flag(_keyed(others)))
        case _:
            hint = f"write one of {', '.join(_SCALARS)}, [TYPE], or {{list: {{FIELD: TYPE}}}}"
            raise DeclarationError("no type", hint=hint)


def described(kind: FactType) -> str:
    """The type in words, for people."""
    match kind:
        case Scalar(values=values) if values:
            return f"one of {', '.join(values)}"
        case Scalar(name=name):
            return _WORDS[name]
        case ListOf(element=element):
            return f"a list of {_PLURALS[_plain(element)]}"
        case Record():
            return "a record"
        case _:
            assert_never(kind)


def fitted(kind: FactType, value: object) -> CelInput:
    """The value as conditions read it: dates become moments in UTC.

    Raises:
        UnfitError: The value is of another type.
    """
    match kind:
        case Scalar():
            return _fitted_scalar(kind, value)
        case ListOf(element=element):
            if not isinstance(value, list | tuple):
                raise UnfitError(described(kind))
            return [fitted(element, item) for item in value]
        case Record(fields=fields):
            if not isinstance(value, Mapping):
                raise UnfitError(described(kind))
            return dict(_fitted_fields(fields, value))
        case _:
            assert_never(kind)


_PLURALS = {
    "string": "texts",
    "int": "whole numbers",
    "bool": "true or false",
    "date": "dates",
    "time": "times",
    "money": "amounts in minor units",
    "list": "lists",
    "record": "records",
}


def _plain(kind: FactType) -> str:
    match kind:
        case Scalar(name=name):
            return name
        case ListOf():
            return "list"
        case Record():
            return "record"
        case _:
            assert_never(kind)


def _scalar_name(name: str) -> ScalarName:
    for known in _SCALARS:
        if known == name:
            return known
    raise DeclarationError(
        f"unknown type '{name}'", hint=did_you_mean(name, _SCALARS, what="types")
    )


def _long_form(name: str, others: Mapping[str, object]) -> TypeSpec:
    _no_other(others, ("values", "optional"))
    short = name.removesuffix("?")
    try:
        scalar = _scalar_name(short)
    except DeclarationError as exc:
        raise exc.under("type") from None
    values = others.get("values", [])
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise DeclarationError(
            "expected a list of texts", keys=("values",), hint="put it in quotes"
        )
    if values and scalar != "string":
        raise DeclarationError("only a string has values", keys=("values",))
    optional = short != name or _flag(others)
    return TypeSpec(type=Scalar(name=scalar, values=tuple(values)), optional=optional)


def _keyed(others: Mapping[object, object]) -> Mapping[str, object]:
    return {str(name): value for name, value in others.items()}


def _no_other(others: Mapping[str, object], known: tuple[str, ...]) -> None:
    for key in others:
        if key not in known:
            hint = did_you_mean(key, known, what="known keys")
            raise DeclarationError(f"unknown key '{key}'", keys=(key,), hint=hint)


def _flag(others: Mapping[str, object]) -> bool:
    flag = others.get("optional", False)
    if not isinstance(flag, bool):
        raise DeclarationError("expected true or false", keys=("optional",))
    return flag


def _element(written: object, key: str | int) -> Scalar | Record:
    try:
        # A record may well have a field called `type`, so that key alone tells nothing.
        if isinstance(written, dict) and not written.keys() <= {"type", "values", "optional"}:
            return _record(written)
        spec = read_type(written)
    except DeclarationError as exc:
        raise exc.under(key) from None
    if spec.optional:
        raise DeclarationError("an element of a list can't be absent", keys=(key,))
    if not isinstance(spec.type, Scalar):
        raise DeclarationError("a list of lists can't be declared", keys=(key,))
    return spec.type


def _record(written: Mapping[str, object]) -> Record:
    if not written:
        raise DeclarationError("a record needs at least one field")
    fields = {}
    for name, declaration in written.items():
        if not is_name(name):
            hint = "use lower-case letters, digits and _"
            raise DeclarationError(f"'{name}' is no field name", keys=(name,), hint=hint)
        try:
            fields[name] = read_type(declaration)
        except DeclarationError as exc:
            raise exc.under(name) from None
        _check_field(name, fields[name])
    return Record(fields=fields)


def _check_field(name: str, spec: TypeSpec) -> None:
    if isinstance(spec.type, ListOf) and isinstance(spec.type.element, Record):
        raise DeclarationError("a record can't hold a list of records", keys=(name,))
    plain = isinstance(spec.type, Scalar) and spec.type.name not in {"date", "time"}
    if spec.optional and not plain:
        message = "only a string, int, bool or money field of a record can be absent"
        raise DeclarationError(
            message, keys=(name,), hint="declare it as a string, or always send it"
        )


def _fitted_scalar(kind: Scalar, value: object) -> CelInput:
    match kind.name, value:
        case "string", str() if _writable(value) and value in (kind.values or (value,)):
            return value
        case "bool", bool():
            return value
        case (("int" | "money"), int()) if not isinstance(value, bool) and abs(value) <= _LARGEST:
            return value
        case "date", str() if _DATE.fullmatch(value):
            return _moment(value)
        case "time", str() if _TIME.fullmatch(value):
            return _moment(value)
        case _:
            raise UnfitError(described(kind))


def _writable(text: str) -> bool:
    """Lone surrogates pass through JSON, but are no text."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _moment(text: str) -> datetime:
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnfitError("a real date") from None


def _fitted_fields(
    fields: Mapping[str, TypeSpec], value: Mapping[object, object]
) -> list[tuple[str, CelInput]]:
    found = []
    for name, spec in fields.items():
        if value.get(name) is not None:
            found.append((name, fitted(spec.type, value[name])))
        elif not spec.optional:
            raise UnfitError(f"a record with {name}")
    return found
