"""Past tickets with what was found true of them, and the votes that labelers cast on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import anyio

from deskquorum.cli.batch import Row, run_batch
from deskquorum.desk import Desk
from deskquorum.domain import Evidence, Question, Ticket, VoteStatus
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.formats import ticket_of_text

__all__ = ["asked_again", "audited_tickets", "failures", "gathered"]


def audited_tickets(
    path: Path, rows: Sequence[Row], questions: Mapping[str, Question], *, least: int = 1
) -> list[tuple[Ticket, Mapping[str, str]]]:
    """Each row's ticket and what was found true of it.

    Args:
        path: The file, for what is said of it.
        rows: Its rows.
        questions: Those whose labels count.
        least: So many rows must name a right label.

    Raises:
        ConfigError: Every row that can't be used.
    """
    problems: list[Problem] = []
    now = datetime.now(UTC)
    found: dict[str, tuple[Ticket, Mapping[str, str]]] = {}
    for row in rows:
        try:
            if row.error is not None:
                raise row.error
            ticket = ticket_of_text(row.value, now=now, number=row.number)
        except InputError as exc:
            message = str(exc).removeprefix(f"line {row.number}: ")
            problems.append(Problem(path=str(path), line=row.number, message=message))
            continue
        truth, wrong = _truth(path, row, questions)
        problems += wrong
        if ticket.id in found:
            message = f"id '{ticket.id}' stands in an earlier row too"
            problems.append(Problem(path=str(path), line=row.number, message=message))
        found[ticket.id] = (ticket, truth)
    if not rows:
        problems.append(Problem(path=str(path), message="no rows; expected audited tickets"))
    elif not problems and sum(bool(truth) for _, truth in found.values()) < least:
        hint = 'put them beside the ticket, like {"id": "7", "text": "...", "intent": "refund"}'
        message = f"no row names the right label of any question ({', '.join(questions)})"
        problems.append(Problem(path=str(path), message=message, hint=hint))
    if problems:
        raise ConfigError(problems)
    return list(found.values())


def _truth(
    path: Path, row: Row, questions: Mapping[str, Question]
) -> tuple[Mapping[str, str], list[Problem]]:
    truth: dict[str, str] = {}
    problems = []
    for name in questions.keys() & row.value.keys():
        label = row.value[name]
        if isinstance(label, str) and label in questions[name].labels:
            truth[name] = label
        elif label is not None:
            hint = f"its labels are {', '.join(questions[name].labels)}; leave out what is unknown"
            message = f"{name}: {label!r} is no label of this question"
            problems.append(Problem(path=str(path), line=row.number, message=message, hint=hint))
    return truth, problems


def gathered(
    desk: Desk, rows: Sequence[Row], tickets: Sequence[tuple[Ticket, object]], *, jobs: int
) -> list[Evidence]:
    """Every ticket's votes and facts, in order."""
    by_row = {row.number: ticket for row, (ticket, _) in zip(rows, tickets, strict=True)}
    return _asked(desk, rows, lambda row: desk.gather(by_row[row.number]), jobs=jobs)


def asked_again(desk: Desk, recorded: Sequence[Evidence], *, jobs: int) -> list[Evidence]:
    """Recorded evidence with the votes of today's labelers, in order."""
    rows = [Row(number=n, value={"id": one.ticket.id}) for n, one in enumerate(recorded)]
    return _asked(desk, rows, lambda row: desk.ask_again(recorded[row.number]), jobs=jobs)


def _asked(
    desk: Desk, rows: Sequence[Row], ask: Callable[[Row], Awaitable[Evidence]], *, jobs: int
) -> list[Evidence]:
    found: list[Evidence] = []

    async def one(row: Row) -> dict[str, object]:
        return {"evidence": await ask(row)}

    def emit(result: dict[str, object]) -> None:
        evidence = result["evidence"]
        if isinstance(evidence, Evidence):
            found.append(evidence)

    async def all_rows() -> None:
        async with desk:
            await run_batch(rows, one, emit, jobs=jobs, title="asking labelers")

    anyio.run(all_rows)
    return found


def failures(evidence: Iterable[Evidence]) -> Mapping[str, int]:
    """Labeler to the number of tickets on which it failed."""
    return Counter(
        vote.labeler
        for found in evidence
        for vote in found.votes
        if vote.status is VoteStatus.FAILED
    )
