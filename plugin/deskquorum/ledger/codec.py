"""Decisions and evidence as canonical JSON, and back, without loss."""

from __future__ import annotations

import hashlib
import json
from functools import cache

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


def decision_to_json(decision: Decision) -> str:
    """Canonical JSON: sorted keys, no white space, enums by value, decimals as text."""
    return _canonical(_decisions().dump_python(decision, mode="json"))


def evidence_to_json(evidence: Evidence) -> str:
    """Canonical JSON of what a decision rests on."""
    return _canonical(_evidence().dump_python(evidence, mode="json"))


def decision_from_json(text: str) -> Decision:
    """Read a decision back.

    Raises:
        LedgerError: The text is not what `decision_to_json` writes.
    """
    try:
        return _decisions().validate_json(text)
    except ValidationError as exc:
        raise LedgerError("a recorded decision can't be read back") from exc


def evidence_from_json(text: str) -> Evidence:
    """Read evidence back.

    Raises:
        LedgerError: The text is not what `evidence_to_json` writes.
    """
    try:
        return _evidence().validate_json(text)
    except ValidationError as exc:
        raise LedgerError("recorded evidence can't be read back") from exc


def chain_hash(previous: str, *parts: str) -> str:
    """SHA-256 over the hash before and the parts of an entry, in hex."""
    digest = hashlib.sha256(previous.encode())
    for part in parts:
        # The length keeps two parts from being read as one.
        digest.update(f"\n{len(part)}\n".encode() + part.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@cache
def _decisions() -> TypeAdapter[Decision]:
    return TypeAdapter(Decision)


@cache
def _evidence() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
