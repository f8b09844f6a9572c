"""`deskquorum batch`: tickets to files of the OpenAI Batch API, and its answers to labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import anyio

from deskquorum.assembly import load_parts
from deskquorum.backfill import (
    BatchAnswers,
    RelabelRules,
    TicketFile,
    batch_rows,
    desk_identity,
    open_batch,
    read_answers,
    write_batch,
)
from deskquorum.backfill.durable import replacing
from deskquorum.backfill.rows import to_lines
from deskquorum.cli.backfill import questions_of, rejected_of, write_rejected
from deskquorum.cli.backfill_progress import watching
from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_folder import counted
from deskquorum.domain import VoteStatus
from deskquorum.errors import InputError

__all__ = ["read_batch", "write_requests"]

_PROBLEMS_SHOWN = 50


def write_requests(
    tickets: Path,
    *,
    folder: Path,
    out: Path,
    questions: Sequence[str],
    skip_bad: bool,
    as_json: bool,
) -> int:
    """Write the folder; returns 1 if a row was left out, else 0.

    Raises:
        ConfigError: Files of the desk, or rows, that can't be used: every one.
        InputError: The input can't be read, the folder can't be written, or nobody asks a model.
    """
    parts = load_parts(folder)
    asked = questions_of(parts, questions)
    if not any(spec.question in asked for spec in parts.prompt_specs):
        raise InputError("no labeler asks a model about this; use `deskquorum backfill`")
    at = datetime.now(UTC)
    source = TicketFile(tickets, at=at, skip_bad=skip_bad)
    surveyed = source.survey()
    rules = RelabelRules(
        folder=folder, questions=asked, at=at, identity=desk_identity(parts), models=True
    )
    with watching("writing requests", total=surveyed.items, done=0) as advance:
        manifest = write_batch(
            out, source=source, surveyed=surveyed, parts=parts, rules=rules, watch=advance
        )
    rejected = rejected_of(source)
    if skip_bad:
        write_rejected(rejected, out)
    data = {
        "tickets": manifest.input.items,
        "requests": sum(file.requests for file in manifest.files),
        "files": [file.model_dump() for file in manifest.files],
        "rejected": len(rejected),
    }
    console = wide_console()
    if as_json:
        console.print_json(data=data)
    else:
        for file in manifest.files:
            said = f"{out / file.name}: {counted(file.requests, 'request')} to {file.model}"
            console.print(said, markup=False)
        if rejected:
            console.print(f"{counted(len(rejected), 'input row')} rejected")
    return int(bool(rejected))


def read_batch(
    folder: Path, results: Sequence[Path], *, desk: Path, out: Path, as_json: bool
) -> int:
    """Write the rows; returns 1 if a request has no answer, or anything else was amiss.

    Raises:
        ConfigError: Files of the desk that can't be used.
        InputError: A file can't be read or written, or the desk asks otherwise by now.
    """
    parts = load_parts(desk)
    manifest = open_batch(folder, parts)
    answers = anyio.run(read_answers, results, folder, manifest, parts)
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    try:
        with replacing(out) as file:
            for row, votes in batch_rows(folder, manifest, parts, answers):
                file.write(to_lines([row]).encode())
                lost = [v.labeler for v in votes if v.status is VoteStatus.FAILED]
                failed.update(lost)
                counts.update(rows=1, answered=row["label"] is not None, errors="error" in row)
    except OSError as exc:
        raise InputError(f"{out}: {str(exc.strerror).lower()}") from exc
    _report(answers, counts, failed, as_json=as_json)
    return int(not answers.whole or bool(counts["errors"]))


def _report(
    answers: BatchAnswers, counts: Counter[str], failed: Counter[str], *, as_json: bool
) -> None:
    told = wide_console(stderr=True)
    for problem in answers.problems[:_PROBLEMS_SHOWN]:
        told.print(str(problem), markup=False)
    if len(answers.problems) > _PROBLEMS_SHOWN:
        told.print(f"and {len(answers.problems) - _PROBLEMS_SHOWN} more lines")
    data = {
        "rows": counts["rows"],
        "answered": counts["answered"],
        "errors": counts["errors"],
        "requests": answers.requests,
        "missing": answers.missing,
        "not_answered": dict(sorted(Counter(answers.errors.values()).items())),
        "repeated": answers.repeated,
        "conflicts": sorted(answers.conflicts),
        "bad_lines": len(answers.problems),
        "failed_votes": dict(sorted(failed.items())),
    }
    console = wide_console()
    if as_json:
        console.print_json(data=data)
        return
    console.print(f"{counted(counts['rows'], 'row')}, {counts['answered']} with an answer")
    for said in _notes(answers, counts["errors"], failed):
        console.print(f"note: {said}", markup=False)


def _notes(answers: BatchAnswers, errors: int, failed: Counter[str]) -> Iterator[str]:
    if answers.missing:
        yield f"no line tells of {answers.missing} of {counted(answers.requests, 'request')}"
    for why, count in sorted(Counter(answers.errors.values()).items()):
        yield f"{counted(count, 'request')} got no answer: {why}"
    if answers.conflicts:
        yield f"{counted(len(answers.conflicts), 'request')} got answers that differ, so no vote"
    if answers.repeated:
        yield f"{counted(answers.repeated, 'line')} repeated a request"
    if answers.problems:
        yield f"{counted(len(answers.problems), 'line')} could not be used, see above"
    if errors:
        yield f"{counted(errors, 'row')} without a readable ticket"
    for labeler, votes in sorted(failed.items()):
        yield f"{counted(votes, 'vote')} of {labeler} failed"
