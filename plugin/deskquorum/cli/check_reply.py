"""`deskquorum check-reply`: a file of drafted replies to a file of verdicts, claim by claim."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import anyio
from pydantic import ValidationError
from rich.console import Console

from deskquorum.assembly import Parts, load_parts
from deskquorum.cli.batch import Row, read_rows, run_batch, to_line, wide_console, writing
from deskquorum.domain import Verdict
from deskquorum.errors import InputError
from deskquorum.grounding import ClauseIndex, index_clauses
from deskquorum.labeling import Embedder, load_embedder
from deskquorum.policy.wrong_fields import wrong_fields
from deskquorum.reply_rows import ReplyRow, checked_row, own_clauses

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
        links = () if self._parts is None else self._parts.rules.links
        return checked_row(read, index=self._index(read, row.number), links=links)

    def _index(self, row: ReplyRow, number: int) -> ClauseIndex:
        own = own_clauses(row, number=number)
        if own is not None:
            return index_clauses(own, self._embed)
        if self._parts is None:
            raise InputError(
                "field 'policy_text' or 'clauses' is missing; or name a desk with --desk",
                line=number,
            )
        return self._parts.rules.clauses


def _read(row: Row) -> ReplyRow:
    try:
        return ReplyRow.model_validate(row.value)
    except ValidationError as exc:
        said = (f"field '{'.'.join(place)}': {what}" for place, what in wrong_fields(exc).items())
        raise InputError("; ".join(said), line=row.number) from exc


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
