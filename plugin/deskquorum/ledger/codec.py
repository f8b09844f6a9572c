"""Decisions and evidence as canonical JSON, and back, without loss."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from deskquorum.domain import Decision, Evidence
from deskquorum.errors import LedgerError

__all__ = [
    "chain_hash",
    "decision_from_json",
    "decision_to_json",
    "evidence_from_json",
    "evidence_to_json",
]

_T = TypeVar("_T")


def decision_to_json(decision: Decision) -> str:
    """Canonical JSON: sorted keys, no white space, decimals as text, times in UTC.

    Raises:
        LedgerError: Something in the decision can't be written so that it reads back the same.
    """
    return _write(_decisions(), decision, "a decision")


def evidence_to_json(evidence: Evidence) -> str:
    """Canonical JSON of what a decision rests on.

    Raises:
        LedgerError: Something in the evidence can't be written so that it reads back the same.
    """
    return _write(_evidence(), evidence, "evidence")


def decision_from_json(text: str) -> Decision:
    """Read a decision back.

    Raises:
        LedgerError: The text is not what `decision_to_json` writes.
    """
    return _read(_decisions(), text, "a recorded decision")


def evidence_from_json(text: str) -> Evidence:
    """Read evidence back.

    Raises:
        LedgerError: The text is not what `evidence_to_json` writes.
    """
    return _read(_evidence(), text, "recorded evidence")


def chain_hash(previous: str, *parts: str) -> str:
    """SHA-256 over the hash before and the parts of an entry, in hex."""
    digest = hashlib.sha256(previous.encode())
    for part in parts:
        # The length keeps two parts from being read as one.
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"\n%d\n" % len(data) + data)
    return digest.hexdigest()


@cache
def _decisions() -> TypeAdapter[Decision]:
    return TypeAdapter(Decision)


@cache
def _evidence() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)


def _write(shape: TypeAdapter[_T], value: _T, what: str) -> str:
    try:
        text = json.dumps(
            shape.dump_python(value, warnings="none"),
            default=_plain,
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        )
        # INVARIANT: what is recorded reads back the same.
        same = shape.validate_json(text) == value
    except (ValueError, TypeError, OverflowError, RecursionError) as exc:
        # Those errors show the value that they stumbled over, so only their kind is told.
        raise LedgerError(f"{what} can't be written down ({type(exc).__name__})") from None
    if not same:
        raise LedgerError(f"{what} can't be written down: it would read back as something else")
    return text


def _read(shape: TypeAdapter[_T], text: str, what: str) -> _T:
    try:
        return shape.validate_json(text)
    except ValidationError:
        # Its message would show the ticket.
        raise LedgerError(f"{what} can't be read back") from None


def _plain(value: object) -> object:
    """What JSON has no word for."""
    match value:
        case datetime() if value.tzinfo is not None:
            return value.astimezone(UTC).isoformat()
        case Decimal():
            return str(value)
        case Mapping():
            return dict(value)
    raise TypeError("neither a zoned time, a decimal nor a mapping")
