"""`deskquorum decide`: a file of tickets to a file of decisions, with a summary."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anyio
from rich.console import Console

from deskquorum.cli.batch import Row, read_rows, run_batch, to_line, wide_console, writing
from deskquorum.cli.scoring import Score, score_rows
from deskquorum.desk import Desk, load_desk
from deskquorum.formats import decision_row, read_ticket

__all__ = ["decide_file", "decide_rows"]


def decide_file(
    tickets: Path,
    *,
    folder: Path,
    out: Path | None,
    model_url: str | None,
    models: bool,
    ledger: str | None,
    jobs: int,
    as_json: bool,
) -> int:
    """Decide a file; returns 1 when a row was malformed or could not be recorded, else 0."""
    desk = load_desk(folder, model_url=model_url, models=models, ledger=ledger, keys=os.environ)
    rows = read_rows(tickets)
    results: list[dict[str, object]] = []
    with writing(out) as file:

        def emit(result: dict[str, object]) -> None:
            results.append(result)
            file.write(to_line(result))
            file.flush()

        anyio.run(decide_rows, desk, rows, emit, jobs)
    score = score_rows(rows, results, desk)
    # Rows and summary never share a stream.
    console = wide_console(stderr=out is None)
    _report(results, score, desk.notices, console, as_json=as_json)
    return int(any("error" in result or _unrecorded(result) for result in results))


def _unrecorded(result: Mapping[str, object]) -> bool:
    reasons = result["reasons"]
    assert isinstance(reasons, list)  # noqa: S101 - as `decision_row` and `error_row` make it
    return any(reason["code"] == "no-record" for reason in reasons)


async def decide_rows(
    desk: Desk, rows: Sequence[Row], emit: Callable[[dict[str, object]], None], jobs: int
) -> None:
    """Decide rows side by side; results are emitted in input order."""

    async def one(row: Row) -> dict[str, object]:
        return decision_row(await desk.decide(read_ticket(row.value, number=row.number)))

    async with desk:
        await run_batch(rows, one, emit, jobs=jobs, title="deciding")


def _report(
    results: Sequence[Mapping[str, object]],
    score: Score | None,
    notices: Sequence[str],
    console: Console,
    *,
    as_json: bool,
) -> None:
    routes = Counter(str(result["route"]) for result in results)
    errors = sum("error" in result for result in results)
    unrecorded = sum(map(_unrecorded, results))
    if as_json:
        summary = {
            "tickets": len(results),
            "routes": routes,
            "errors": errors,
            "unrecorded": unrecorded,
        }
        if score is not None:
            summary["expected"] = score.as_json()
        console.print_json(json.dumps(summary))
        return
    for notice in notices:
        console.print(f"note: {notice}")
    said = ", ".join(f"{count} {route}" for route, count in sorted(routes.items()))
    console.print(f"{len(results)} tickets decided: {said}; {errors} malformed rows")
    if unrecorded:
        console.print(f"{unrecorded} could not be recorded, so a person has them; see: doctor")
    if score is not None:
        score.print(console)
