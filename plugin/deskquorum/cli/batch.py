"""Batches: JSON Lines in, JSON Lines out, in the same order, whatever a row holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import anyio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deskquorum.domain import JsonValue
from deskquorum.errors import InputError
from deskquorum.formats import parse_json

__all__ = [
    "Row",
    "error_row",
    "progress_bar",
    "read_rows",
    "run_batch",
    "to_line",
    "wide_console",
    "writing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the input: its JSON object, or why it has none."""

    number: int
    """1-based line number in the file."""
    value: Mapping[str, JsonValue]
    error: InputError | None = None


def read_rows(path: Path) -> tuple[Row, ...]:
    """Read every line that is not blank; a line that is not a JSON object keeps its place.

    Raises:
        InputError: The file can't be read.
    """
    try:
        lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc
    return tuple(_row(number, line) for number, line in enumerate(lines, start=1) if line.strip())


def _row(number: int, line: str) -> Row:
    try:
        return Row(number=number, value=parse_json(line, number=number))
    except InputError as exc:
        return Row(number=number, value={}, error=exc)


def error_row(row: Row, error: InputError) -> dict[str, object]:
    """What stands in the output for a row that could not be read: a person has to look."""
    identity = row.value.get("id")
    return {
        "id": identity if isinstance(identity, str | int) else None,
        "line": row.number,
        "route": "human",
        "action": None,
        "reasons": [{"code": "bad-row", "text": str(error)}],
        "error": str(error),
    }


async def run_batch(
    rows: Sequence[Row],
    work: Callable[[Row], Awaitable[dict[str, object]]],
    emit: Callable[[dict[str, object]], None],
    *,
    jobs: int,
    title: str,
) -> None:
    """Work on rows side by side and emit results in input order, each as soon as it can be."""
    done: dict[int, dict[str, object]] = {}
    emitted = 0
    limiter = anyio.CapacityLimiter(jobs)
    with progress_bar() as progress:
        task = progress.add_task(title, total=len(rows))

        async def one(index: int, row: Row) -> None:
            nonlocal emitted
            async with limiter:
                done[index] = await _safely(row, work)
            progress.advance(task)
            while emitted in done:
                emit(done.pop(emitted))
                emitted += 1

        async with anyio.create_task_group() as group:
            for index, row in enumerate(rows):
                group.start_soon(one, index, row)


async def _safely(
    row: Row, work: Callable[[Row], Awaitable[dict[str, object]]]
) -> dict[str, object]:
    if row.error is not None:
        return error_row(row, row.error)
    try:
        return await work(row)
    except InputError as exc:
        return error_row(row, exc)


def to_line(value: Mapping[str, object]) -> str:
    """One JSON line; text that UTF-8 can't hold is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


@contextmanager
def writing(out: Path | None) -> Iterator[TextIO]:
    """The output file, or standard output.

    Raises:
        InputError: The file can't be written.
    """
    if out is None:
        yield sys.stdout
        return
    try:
        file = out.open("w", encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{out}: {str(exc.strerror).lower()}") from exc
    with file:
        yield file


def wide_console(*, stderr: bool = False) -> Console:
    """A console; wide enough for tables where the output is not a terminal.

    Brackets in what it prints are text: names and reasons are written by people.
    """
    console = Console(stderr=stderr, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 180
    return console


def progress_bar() -> Progress:
    """A bar on standard error that is gone once the work is done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=wide_console(stderr=True),
        transient=True,
    )
