"""`deskquorum check-reply`: a file of drafted replies to a file of verdicts, claim by claim."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import anyio
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from rich.console import Console

from deskquorum.assembly import Parts, load_parts
from deskquorum.cli.batch import Row, read_rows, run_batch, to_line, wide_console, writing
from deskquorum.domain import Fact, Facts, Finding, JsonValue, Verdict
from deskquorum.errors import InputError
from deskquorum.grounding import ClauseIndex, check_reply, index_clauses, risk_of
from deskquorum.labeling import Embedder, load_embedder

__all__ = ["check_replies"]


def check_replies(path: Path, *, folder: Path | None, out: Path | None, as_json: bool) -> int:
    """Check a file; returns 1 when a claim is contradicted or unsupported or a row malformed.

    Args:
        path: JSON Lines of `{id, reply, policy_text? or clauses?, facts?}`.
        folder: Desk folder whose clauses rows without their own are held against.
        out: Output file; None prints.
        as_json: Print the summary as JSON.
    """
    parts = None if folder is None else load_parts(folder, models=False)
    rows = read_rows(path)
    results: list[dict[str, object]] = []
    checker = _Checker(parts, load_embedder())

    async def one(row: Row) -> dict[str, object]:
        return checker.check(row)

    with writing(out) as file:

        def emit(result: dict[str, object]) -> None:
            if "error" in result:
                result = _error_row(result)
            results.append(result)
            file.write(to_line(result))

        anyio.run(_all_rows, rows, one, emit)
    # Rows and summary never share a stream.
    _report(results, wide_console(stderr=out is None), as_json=as_json)
    bad = {Verdict.CONTRADICTED.value, Verdict.UNSUPPORTED.value}
    return int(any("error" in r or r["verdict"] in bad for r in results))


async def _all_rows(
    rows: Sequence[Row],
    one: Callable[[Row], Awaitable[dict[str, object]]],
    emit: Callable[[dict[str, object]], None],
) -> None:
    await run_batch(rows, one, emit, jobs=1, title="checking")


def _listed(written: object) -> object:
    """A scope's values as lists; one may stand alone."""
    if not isinstance(written, dict):
        return written
    return {name: v if isinstance(v, list) else [v] for name, v in written.items()}


_Values = Annotated[tuple[str | int | bool, ...], Field(min_length=1)]


class _Clause(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    version: str = ""
    scope: Annotated[dict[str, _Values], BeforeValidator(_listed)] = {}


class _ReplyRow(BaseModel):
    # A batch row may carry fields of the host's own.
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | int
    reply: str
    policy_text: str | None = None
    clauses: tuple[_Clause, ...] | None = None
    facts: dict[str, JsonValue] = {}

    @model_validator(mode="after")
    def _one_source(self) -> _ReplyRow:
        if self.policy_text is not None and self.clauses is not None:
            raise ValueError("give policy_text or clauses, not both")
        return self


class _Checker:
    """Holds the desk's clauses, and checks one row at a time."""

    def __init__(self, parts: Parts | None, embedder: Embedder | None) -> None:
        self._parts = parts
        self._embed = None if embedder is None else embedder.embed

    def check(self, row: Row) -> dict[str, object]:
        """One row's verdict.

        Raises:
            InputError: The row is malformed, or has no clauses and no desk was named.
        """
        read = _read(row)
        findings = check_reply(
            read.reply,
            index=self._index(read, row.number),
            facts=_facts(read.facts),
            allowed_links=() if self._parts is None else self._parts.rules.links,
        )
        return _result(read.id, findings)

    def _index(self, row: _ReplyRow, number: int) -> ClauseIndex:
        if row.clauses is not None:
            if len({clause.id for clause in row.clauses}) < len(row.clauses):
                raise InputError("field 'clauses': two clauses have one id", line=number)
            return index_clauses(row.clauses, self._embed)
        if row.policy_text is not None:
            return index_clauses([_Clause(id="policy", text=row.policy_text)], self._embed)
        if self._parts is None:
            raise InputError(
                "field 'policy_text' or 'clauses' is missing; or name a desk with --desk",
                line=number,
            )
        return self._parts.rules.clauses


def _read(row: Row) -> _ReplyRow:
    try:
        return _ReplyRow.model_validate(row.value)
    except ValidationError as exc:
        said = (
            f"field '{'.'.join(str(part) for part in error['loc'])}': {error['msg'].lower()}"
            for error in exc.errors(include_url=False, include_input=False)
        )
        raise InputError("; ".join(dict.fromkeys(said)), line=row.number) from exc


def _facts(given: Mapping[str, JsonValue]) -> Facts:
    """A row's own facts, as if they had just been read."""
    now = datetime.now(UTC)
    return Facts(
        values={name: Fact(value=v, source="row", read_at=now) for name, v in given.items()}
    )


def _result(identity: str | int, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "id": identity,
        "verdict": _worst(findings).value,
        "risk": round(risk_of(findings), 4),
        "claims": [
            {
                "check": finding.check,
                "text": finding.text,
                "start": finding.start,
                "end": finding.end,
                "verdict": finding.verdict.value,
                "risk": finding.risk,
                "clause": finding.clause,
                "quote": finding.quote,
                "reason": finding.why,
            }
            for finding in findings
        ],
    }


_ORDER = (Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.UNKNOWN)


def _worst(findings: Sequence[Finding]) -> Verdict:
    """The gravest verdict of all; a reply that claims nothing is supported."""
    verdicts = {finding.verdict for finding in findings}
    return next((verdict for verdict in _ORDER if verdict in verdicts), Verdict.SUPPORTED)


def _error_row(result: Mapping[str, object]) -> dict[str, object]:
    """What stands in the output for a row that could not be read: nobody knows, so a person."""
    return {
        "id": result["id"],
        "line": result["line"],
        "verdict": Verdict.UNKNOWN.value,
        "risk": 1.0,
        "claims": [],
        "error": result["error"],
    }


def _report(results: Sequence[Mapping[str, object]], console: Console, *, as_json: bool) -> None:
    verdicts = Counter(str(result["verdict"]) for result in results if "error" not in result)
    errors = sum("error" in result for result in results)
    if as_json:
        summary = {"replies": len(results), "verdicts": verdicts, "errors": errors}
        console.print_json(json.dumps(summary))
        return
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    console.print(f"{len(results)} replies checked: {said or 'none'}; {errors} malformed rows")
