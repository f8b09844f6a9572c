"""The types that facts and arguments are declared with, and which JSON values fit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deskquorum.policy.money import is_currency
from deskquorum.policy.names import did_you_mean, is_name

__all__ = [
    "DeclarationError",
    "FactType",
    "ListOf",
    "MapOf",
    "Record",
    "Scalar",
    "ScalarName",
    "TypeSpec",
    "described",
    "read_type",
]

ScalarName = Literal["string", "int", "bool", "date", "time", "money"]

_SCALARS: tuple[ScalarName, ...] = ("string", "int", "bool", "date", "time", "money")
_LONG = frozenset({"type", "values", "currency", "zone", "optional"})
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
    currency: str | None = None
    """For money that is told as a decimal amount: the code of its currency."""
    zone: str | None = None
    """For times that are told without a zone: the one they are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list of values of one type."""

    element: Scalar | Record


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """Values of one type, looked up by a text."""

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


FactType = Scalar | ListOf | MapOf | Record


class DeclarationError(ValueError):
    """A declaration that can't be read; `keys` lead to the faulty part."""

    def __init__(self, message: str, *, keys: tuple[str | int, ...] = (), hint: str = "") -> None:
        self.message, self.keys, self.hint = message, keys, hint
        super().__init__(message)

    def under(self, key: str | int) -> DeclarationError:
        """The same problem, seen from one level further out."""
        return DeclarationError(self.message, keys=(key, *self.keys), hint=self.hint)


def read_type(written: object) -> TypeSpec:
    """Read a declaration: `date?`, `[string]`, `{type: string, values: [...]}`, `{map: {...}}`.

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
            return _nested(ListOf(element=_element(element, "list")), others)
        case {"map": element, **others}:
            return _nested(MapOf(element=_element(element, "map")), others)
        case {"record": dict() as fields, **others}:
            try:
                return _nested(_record(_keyed(fields)), others)
            except DeclarationError as exc:
                raise exc.under("record") from None
        case _:
            hint = f"write one of {', '.join(_SCALARS)}, [TYPE], or {{list: {{FIELD: TYPE}}}}"
            raise DeclarationError("no type", hint=hint)


def described(kind: FactType) -> str:
    """The type in words, for people."""
    match kind:
        case Scalar(values=values) if values:
            return f"one of {', '.join(values)}"
        case Scalar(currency=str() as currency):
            return f"an amount in {currency} such as 24.00"
        case Scalar(name=name):
            return _WORDS[name]
        case ListOf(element=element):
            return f"a list of {_PLURALS[_plain(element)]}"
        case MapOf(element=element):
            return f"a mapping to {_PLURALS[_plain(element)]}"
        case Record():
            return "a record"
        case _:
            assert_never(kind)


_PLURALS = {
    "string": "texts",
    "int": "whole numbers",
    "bool": "true or false",
    "date": "dates",
    "time": "times",
    "money": "amounts in minor units",
    "record": "records",
}


def _plain(kind: Scalar | Record) -> str:
    return kind.name if isinstance(kind, Scalar) else "record"


def _scalar_name(name: str) -> ScalarName:
    for known in _SCALARS:
        if known == name:
            return known
    raise DeclarationError(
        f"unknown type '{name}'", hint=did_you_mean(name, _SCALARS, what="types")
    )


def _long_form(name: str, others: Mapping[str, object]) -> TypeSpec:
    _no_other(others, ("values", "currency", "zone", "optional"))
    short = name.removesuffix("?")
    try:
        scalar = _scalar_name(short)
    except DeclarationError as exc:
        raise exc.under("type") from None
    for key, owner in (("values", "string"), ("currency", "money"), ("zone", "time")):
        if others.get(key) and scalar != owner:
            message = f"only {'money' if owner == 'money' else f'a {owner}'} has {_SETTINGS[key]}"
            raise DeclarationError(message, keys=(key,))
    kind = Scalar(
        name=scalar, values=_values(others), currency=_currency(others), zone=_zone(others)
    )
    return TypeSpec(type=kind, optional=short != name or _flag(others))


_SETTINGS = {"values": "values", "currency": "a currency", "zone": "a zone"}


def _values(others: Mapping[str, object]) -> tuple[str, ...]:
    values = others.get("values", [])
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise DeclarationError(
            "expected a list of texts", keys=("values",), hint="put it in quotes"
        )
    return tuple(values)


def _currency(others: Mapping[str, object]) -> str | None:
    written = others.get("currency")
    if written is None:
        return None
    if not is_currency(str(written)):
        message = f"'{written}' is no currency"
        hint = "write a code such as USD"
        raise DeclarationError(message, keys=("currency",), hint=hint)
    return str(written)


def _zone(others: Mapping[str, object]) -> str | None:
    written = others.get("zone")
    if written is None:
        return None
    try:
        ZoneInfo(str(written))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"'{written}' is no time zone"
        hint = "write a name such as America/New_York, or Etc/GMT+5 for UTC-5"
        raise DeclarationError(message, keys=("zone",), hint=hint) from None
    return str(written)


def _nested(kind: FactType, others: Mapping[object, object]) -> TypeSpec:
    named = _keyed(others)
    _no_other(named, ("optional",))
    return TypeSpec(type=kind, optional=_flag(named))


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
        if isinstance(written, dict) and not _is_type(written):
            return _record(written)
        spec = read_type(written)
    except DeclarationError as exc:
        raise exc.under(key) from None
    if spec.optional:
        raise DeclarationError("an element can't be absent", keys=(key,))
    if isinstance(spec.type, ListOf | MapOf):
        hint = "make it a record with one field"
        raise DeclarationError("lists and maps hold values or records", keys=(key,), hint=hint)
    return spec.type


def _is_type(written: Mapping[str, object]) -> bool:
    """Whether it is a type in long form; a record may well have a field called `type`."""
    name = str(written.get("type", ""))
    own = ("currency" not in written or name.startswith("money")) and (
        "zone" not in written or name.startswith("time")
    )
    nested = len(written) == 1 and isinstance(written.get("record"), dict)
    return nested or (name != "" and written.keys() <= _LONG and own)


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
    _check_maps(fields)
    return Record(fields=fields)


def _check_maps(fields: Mapping[str, TypeSpec]) -> None:
    """The message types that records become can't tell maps `a_b` and `a__b` apart."""
    names: dict[str, str] = {}
    for name in (name for name, spec in fields.items() if isinstance(spec.type, MapOf)):
        first = names.setdefault("".join(part.capitalize() for part in name.split("_")), name)
        if first != name:
            message = f"'{name}' is too much like '{first}'"
            raise DeclarationError(message, keys=(name,), hint="give one of them another name")


def _check_field(name: str, spec: TypeSpec) -> None:
    """What is absent must not look like a value: a moment or a record would."""
    kind = spec.type
    moment = isinstance(kind, Scalar) and kind.name in {"date", "time"}
    if spec.optional and (moment or isinstance(kind, Record)):
        message = "a date, time or record in a record can't be absent"
        hint = "always send it, or declare it as a string or a map"
        raise DeclarationError(message, keys=(name,), hint=hint)
