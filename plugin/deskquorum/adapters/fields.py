"""Lenient to what a payload has more, strict in what its fields mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from deskquorum.domain import JsonValue
from deskquorum.errors import InputError

__all__ = ["either", "ident", "moment", "records", "section", "words"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What may stand in a path: ids of every helpdesk are such."""

_MILLISECONDS_FROM = 100_000_000_000
"""Seconds since 1970 are below this for another thousand years."""


def section(value: JsonValue | Mapping[str, JsonValue], *path: str) -> Mapping[str, JsonValue]:
    """The object at a path; empty where there is none."""
    found = value
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def records(value: JsonValue) -> list[Mapping[str, JsonValue]]:
    """The objects of a list; empty where there is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def words(value: JsonValue) -> str:
    """A text or a number as text; empty for anything else."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, int) else value if isinstance(value, str) else ""


def either(*values: JsonValue) -> str:
    """The first that says something."""
    return next((text for value in values if (text := words(value).strip())), "")


def ident(value: JsonValue, name: str) -> str:
    """An id.

    Raises:
        InputError: It is none.
    """
    text = words(value)
    if _ID.fullmatch(text) is None:
        raise InputError(f"field '{name}' is missing, or is no id")
    return text


def moment(value: JsonValue, *, otherwise: datetime) -> datetime:
    """ISO 8601 with its zone, or (milli)seconds since 1970, whole or with a fraction."""
    text = words(value)
    try:
        number = float(text)
    except ValueError:
        return _written(text) or otherwise
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else otherwise
    except (ValueError, OverflowError, OSError):
        return otherwise


def _written(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if at.tzinfo is None else at.astimezone(UTC)
