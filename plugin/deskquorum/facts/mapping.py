"""From a system's own record to declared facts: a path for each, and no guesses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from deskquorum.domain import Fact, Facts, JsonValue
from deskquorum.policy import FactField, minor_of

__all__ = ["UnreadableError", "moment_of", "snapshot", "value_at"]

_CODE = re.compile(r"[A-Z]{3}")
_MOST_DIGITS = 40
"""A number of more digits, written or meant by an exponent, is no amount and no count."""


class UnreadableError(ValueError):
    """A record does not hold a value where the mapping says; never shows the value."""


def snapshot(
    record: object,
    fields: Mapping[str, FactField],
    *,
    source: str,
    read_at: datetime,
) -> Facts:
    """The facts that a record tells; what it does not tell plainly is left out.

    Args:
        record: What the system answered, amounts as `Decimal` or text.
        fields: Fact to its place.
        source: The source's name.
        read_at: When the values are known to have held.
    """
    return Facts(
        values={
            name: Fact(value=value, source=source, read_at=read_at)
            for name, value in _readable(record, fields)
        }
    )


def value_at(record: object, path: str, *, optional: bool = False) -> object:
    """What stands at a path; None where an optional last key is missing from its record.

    Raises:
        UnreadableError: Nothing stands there.
    """
    *way, last = path.split(".")
    for key in way:
        record = _step(record, key)
    if optional and isinstance(record, Mapping) and last not in record:
        return None
    return _step(record, last)


def moment_of(value: object) -> datetime:
    """A time with its zone, in UTC.

    Raises:
        UnreadableError: No time, or one without a zone.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UnreadableError("expected a time with its zone")


def _readable(record: object, fields: Mapping[str, FactField]) -> Iterator[tuple[str, JsonValue]]:
    for name, field in fields.items():
        try:
            yield name, _read(record, field, whole=record)
        except UnreadableError:
            continue


def _read(record: object, field: FactField, *, whole: object) -> JsonValue:
    found = value_at(record, field.at, optional=field.optional)
    if found is None:
        return None
    if field.currency is not None:
        return _minor(found, _currency(record, field.currency, whole))
    if field.flag:
        return _flag(found)
    if field.items is not None:
        return _records(found, field.items, whole)
    return _plain(found)


def _records(found: object, fields: Mapping[str, FactField], whole: object) -> JsonValue:
    """INVARIANT: read whole; one record that can't be read leaves the fact missing."""

    def one(item: object) -> JsonValue:
        return {name: _read(item, field, whole=whole) for name, field in fields.items()}

    match found:
        case list():
            return [one(item) for item in found]
        case Mapping():
            return {str(key): one(item) for key, item in found.items()}
        case _:
            raise UnreadableError("expected a list or a mapping of records")


def _step(record: object, key: str) -> object:
    match record:
        case Mapping() if key in record:
            return record[key]
        case list() if key.isascii() and key.isdigit() and int(key) < len(record):
            return record[int(key)]
        case _:
            raise UnreadableError("nothing stands there")


def _currency(record: object, written: str, whole: object) -> str:
    """A code stands for itself; a path is followed in the item first, then from the top."""
    if _CODE.fullmatch(written):
        return written
    try:
        found = value_at(record, written)
    except UnreadableError:
        found = value_at(whole, written)
    if not isinstance(found, str):
        raise UnreadableError("expected a currency code")
    return found


def _minor(value: object, currency: str) -> int:
    """INVARIANT: exact; an amount finer than the currency's smallest unit is not rounded."""
    match value:
        case bool():
            raise UnreadableError("expected an amount")
        case str():
            text = value
        case int() | Decimal():
            text = _decimal_text(Decimal(value))
            # In a number, unlike in a text, further zeros can't be taken for thousands.
            text = text.rstrip("0").rstrip(".") if "." in text else text
        case _:
            raise UnreadableError("expected an amount")
    try:
        return minor_of(text, currency)
    except ValueError:
        raise UnreadableError("expected an amount") from None


def _flag(value: object) -> bool:
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise UnreadableError("expected 0 or 1")


def _plain(value: object) -> JsonValue:
    """The value as JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case _:
            return _text(value)


def _text(value: object) -> str:
    """A binary float has no text of its own: which decimal number was meant, nobody can tell."""
    match value:
        case Decimal():
            return _decimal_text(value)
        case datetime():
            return moment_of(value).isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            raise UnreadableError("expected text, a number, a time, a list or a record")


def _decimal_text(number: Decimal) -> str:
    # Before it is written out: `1e999999999` would be a text of a gigabyte.
    digits = number.as_tuple()
    if not isinstance(digits.exponent, int) or abs(digits.exponent) > _MOST_DIGITS:
        raise UnreadableError("expected a number of everyday size")
    return f"{number:f}"
