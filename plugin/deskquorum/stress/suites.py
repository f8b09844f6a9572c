"""Suites as files: a folder a suite, JSON Lines, a ticket a line with what is right for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskquorum.domain import JsonValue, Ticket
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.formats import parse_json, read_ticket
from deskquorum.policy.wrong_fields import wrong_fields
from deskquorum.stress.expected import Expected

__all__ = ["StressTicket", "read_suites", "suite_names"]

_HINT = "suites are DIR/SUITE/*.jsonl, or DIR/*.jsonl with `suite` in each row"


@dataclass(frozen=True, slots=True, kw_only=True)
class StressTicket:
    """One ticket of a suite with what is right for it."""

    suite: str
    mode: str | None
    """The failure mode that it provokes, an id of `failure_modes.yaml`."""
    ticket: Ticket
    expected: Expected
    digest: str
    """SHA-256 of the row: results of different texts are never compared."""

    @property
    def key(self) -> tuple[str, str]:
        """Tells it from every other ticket of the suites."""
        return self.suite, self.ticket.id


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    suite: str


class _Marks(BaseModel):
    """What a row says besides the ticket itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    suite: str | None = Field(default=None, min_length=1)
    mode: str | None = Field(default=None, min_length=1)
    expected: Expected


def suite_names(folder: Path) -> frozenset[str]:
    """The suites of a folder by name; rows that can't be read are `read_suites`' to tell."""
    found = {path.parent.name for path in folder.glob("*/*.jsonl")}
    for path in folder.glob("*.jsonl"):
        for _, line in _lines(path, []):
            try:
                marked = _Named.model_validate_json(line)
            except ValidationError:
                continue
            found.add(marked.suite)
    return frozenset(found)


def read_suites(folder: Path) -> tuple[StressTicket, ...]:
    """Read every suite of a folder.

    Raises:
        ConfigError: Every row that can't be used, or that there is none.
    """
    problems: list[Problem] = []
    found: dict[tuple[str, str], StressTicket] = {}
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*/*.jsonl")]):
        for number, line in _lines(path, problems):
            read = _read(path, number, line, folder)
            if isinstance(read, Problem):
                problems.append(read)
            elif read.key in found:
                message = f"id '{read.ticket.id}' stands in suite '{read.suite}' already"
                problems.append(Problem(path=str(path), line=number, message=message))
            else:
                found[read.key] = read
    if not found and not problems:
        problems.append(Problem(path=str(folder), message="no stress suites here", hint=_HINT))
    if problems:
        raise ConfigError(problems)
    return tuple(found.values())


def _lines(path: Path, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        said = str(exc.strerror).lower() if isinstance(exc, OSError) else "not UTF-8"
        problems.append(Problem(path=str(path), message=said))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _read(path: Path, number: int, line: str, folder: Path) -> StressTicket | Problem:
    try:
        value = parse_json(line)
        ticket = read_ticket(value)
        marks = _Marks.model_validate(value)
    except InputError as exc:
        return Problem(path=str(path), line=number, message=str(exc))
    except ValidationError as exc:
        return Problem(path=str(path), line=number, message=_said(exc))
    suite = path.parent.name if path.parent != folder else marks.suite or path.stem
    return StressTicket(
        suite=suite,
        mode=marks.mode,
        ticket=ticket,
        expected=marks.expected,
        digest=_digest(value),
    )


def _said(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(place)}: {said}" for place, said in wrong_fields(error).items())


def _digest(value: Mapping[str, JsonValue]) -> str:
    said = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
