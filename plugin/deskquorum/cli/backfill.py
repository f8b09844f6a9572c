"""`deskquorum backfill`: labels anew, of any number of tickets or recorded decisions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from deskquorum.assembly import Parts, demand_ledger, load_parts
from deskquorum.backfill import (
    Finished,
    RecordedDecisions,
    Relabel,
    RelabelRules,
    TicketFile,
    begin,
    begun_at,
    desk_identity,
)
from deskquorum.backfill.durable import replacing
from deskquorum.backfill.rows import to_lines
from deskquorum.cli.backfill_run import BulkOptions, finished, manifest_of
from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_folder import counted
from deskquorum.errors import InputError

__all__ = ["api_keys", "label_in_bulk", "questions_of", "rejected_of", "write_rejected"]


def label_in_bulk(
    tickets: Path | None,
    *,
    folder: Path,
    questions: Sequence[str],
    ledger: str | None,
    model_url: str | None,
    models: bool,
    skip_bad: bool,
    how: BulkOptions,
) -> int:
    """Label a file, or without one the decisions of a ledger; returns 1 if anything is left out.

    Raises:
        ConfigError: Files of the desk, or rows, that can't be used: every one.
        InputError: The input can't be read, or what was begun can't be gone on with.
        LedgerError: The ledger can't be read.
    """
    parts = load_parts(folder, models=models, ledger=ledger)
    asked = questions_of(parts, questions)
    before = begun_at(how.out)
    at = datetime.now(UTC) if before is None else before.started_at
    source: TicketFile | RecordedDecisions
    if tickets is not None:
        source = TicketFile(tickets, at=at, skip_bad=skip_bad)
    else:
        demand_ledger(parts.ledger_place)
        last = None if before is None else before.input.last
        source = RecordedDecisions(parts.ledger, last=last)
    options: dict[str, str | int | bool | list[str] | None] = {
        "question": sorted(asked),
        "no-model": not models,
        "skip-bad": skip_bad,
        "backtest": False,
    }
    with closing(parts.ledger):
        manifest = manifest_of(
            source, identity=desk_identity(parts), how=how, options=options, started_at=at
        )
        rules = RelabelRules(
            folder=folder.resolve(),
            questions=asked,
            at=at,
            identity=manifest.desk,
            models=models,
        )
        job = Relabel(rules=rules, model_url=model_url, keys=api_keys(parts))
        begun = begin(how.out, manifest, resume=how.resume)
        rejected = rejected_of(source)
        if skip_bad:
            write_rejected(rejected, how.out)
        result = finished(begun, source, job, how, title="labeling")
    return _report(result, len(rejected), as_json=how.as_json)


def questions_of(parts: Parts, named: Sequence[str]) -> tuple[str, ...]:
    """The questions named, or all of the desk, in the desk's order.

    Raises:
        InputError: The desk asks no such question, or none at all.
    """
    known = parts.rules.questions
    unknown = [name for name in named if name not in known]
    if unknown or not known:
        listed = ", ".join(known) or "none"
        missing = f"'{', '.join(unknown)}'" if unknown else "at all"
        raise InputError(f"the desk has no question {missing}; it asks {listed}")
    return tuple(name for name in known if not named or name in named)


def api_keys(parts: Parts) -> Mapping[str, str]:
    """Of the environment, those that the desk's models name."""
    names = {model.api_key_env for model in parts.desk.models.values()}
    return {name: os.environ[name] for name in names if name and name in os.environ}


def rejected_of(source: TicketFile | RecordedDecisions) -> list[dict[str, object]]:
    """The rows that are left out, each with its reason."""
    rejected = source.rejected if isinstance(source, TicketFile) else ()
    return [{"line": row.line, "id": row.id, "error": row.why} for row in rejected]


def write_rejected(rows: Sequence[Mapping[str, object]], out: Path) -> None:
    """Put them beside the output; what an earlier run left there is replaced.

    Raises:
        InputError: The file can't be written.
    """
    path = out.with_name(out.name + ".rejected.jsonl")
    try:
        with replacing(path) as file:
            file.write(to_lines(rows).encode())
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc


def _report(result: Finished, rejected: int, *, as_json: bool) -> int:
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for summary in result.summaries:
        for name, count in summary.items():
            if isinstance(count, int):
                counts[name] += count
            elif isinstance(count, dict):
                failed.update({k: v for k, v in count.items() if isinstance(v, int)})
    data = {
        "rows": counts["rows"],
        "answered": counts["answered"],
        "errors": counts["errors"],
        "rejected": rejected,
        "failed_votes": dict(sorted(failed.items())),
        "lost": list(result.lost),
    }
    console = wide_console()
    if as_json:
        console.print_json(data=data)
    else:
        said = f"{counted(counts['rows'], 'row')}, {counts['answered']} with an answer"
        more = {"without a readable ticket": counts["errors"], "input rows rejected": rejected}
        console.print(", ".join([said, *(f"{n} {what}" for what, n in more.items() if n)]))
        for labeler, votes in sorted(failed.items()):
            console.print(f"note: {counted(votes, 'vote')} of {labeler} failed", markup=False)
    return int(bool(rejected or counts["errors"] or result.lost))
