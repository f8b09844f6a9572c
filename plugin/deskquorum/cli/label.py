"""`deskquorum label`: one question's answer for every row of a file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import anyio
from rich.console import Console

from deskquorum.cli.batch import Row, read_rows, run_batch, to_line, wide_console, writing
from deskquorum.desk import load_desk
from deskquorum.errors import InputError
from deskquorum.formats import answer_row, ticket_of_text

__all__ = ["label_file"]


def label_file(
    path: Path,
    *,
    folder: Path,
    question: str,
    out: Path | None,
    model_url: str | None,
    models: bool,
    jobs: int,
    as_json: bool,
) -> int:
    """Label a file; returns 1 when a row was malformed, else 0."""
    desk = load_desk(folder, model_url=model_url, models=models, keys=os.environ)
    known = desk.parts.rules.questions
    if question not in known:
        raise InputError(f"the desk has no question '{question}'; it asks {', '.join(known)}")
    rows = read_rows(path)
    results: list[dict[str, object]] = []
    now = datetime.now(UTC)

    async def one(row: Row) -> dict[str, object]:
        ticket = ticket_of_text(row.value, now=now, number=row.number)
        labeled = await desk.label(ticket, question)
        return {"id": row.value.get("id", ticket.id)} | answer_row(labeled.answer, labeled.votes)

    async def all_rows() -> None:
        async with desk:
            await run_batch(rows, one, emit, jobs=jobs, title="labeling")

    with writing(out) as file:

        def emit(result: dict[str, object]) -> None:
            results.append(result)
            file.write(to_line(result))

        anyio.run(all_rows)
    # Rows and summary never share a stream.
    console = wide_console(stderr=out is None)
    _report(rows, results, question, console, as_json=as_json)
    return int(any("error" in result for result in results))


def _report(
    rows: tuple[Row, ...],
    results: list[dict[str, object]],
    question: str,
    console: Console,
    *,
    as_json: bool,
) -> None:
    """Say how many rows got an answer and, where rows carry the label, how many are right."""
    summary: dict[str, object] = {
        "rows": len(results),
        "answered": sum(result.get("label") is not None for result in results),
    }
    pairs = [
        (row.value[question], result["label"])
        for row, result in zip(rows, results, strict=True)
        if isinstance(row.value.get(question), str) and "label" in result
    ]
    if pairs:
        summary["accuracy"] = round(sum(a == b for a, b in pairs) / len(pairs), 4)
        summary["compared"] = len(pairs)
    if as_json:
        console.print_json(json.dumps(summary))
    else:
        console.print(", ".join(f"{key} {value}" for key, value in summary.items()))
