"""`deskquorum audit`: which decisions people look at, what they said, and what that shows."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from getpass import getuser
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.cli.extras import needing_learn
from deskquorum.cli.options import DeskOption, JsonOption, LedgerOption
from deskquorum.errors import InputError

if TYPE_CHECKING:
    from deskquorum.assembly import Parts
    from deskquorum.ledger.audits import ChosenAudit

__all__ = ["audit_app"]

audit_app = typer.Typer(
    help="How wrong the desk is, by decisions that people look at.",
    no_args_is_help=True,
    add_completion=False,
)

_Batch = Annotated[
    str | None, typer.Option("--batch", help="Name of the batch; by default this week's.")
]


@audit_app.command()
def sample(
    *,
    out: Annotated[Path, typer.Option("--out", help="Sheet to fill in (CSV).")],
    desk: DeskOption = Path(),
    since: Annotated[
        str, typer.Option("--since", help="How far back decisions count: 7d, 24h.")
    ] = "7d",
    size: Annotated[int, typer.Option("--size", min=0, help="Decisions drawn at random.")] = 30,
    choose: Annotated[
        int,
        typer.Option("--choose", min=0, help="Decisions chosen besides, those that teach most."),
    ] = 0,
    batch: _Batch = None,
    ledger: LedgerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw decisions to be looked at, and write them into a sheet; the same batch once only.

    What is chosen teaches (`calibrate`, `distill`) and is counted in no report or certificate.
    """
    from deskquorum.auditing import draw_batch, entries_of, once_each, sorting_of, week_of
    from deskquorum.auditing.sheet import write_audit_sheet

    back, parts, now = _how_far(since), _parts(desk, ledger), datetime.now(UTC)
    questions, named = parts.rules.questions, batch or week_of(now)
    with closing(parts.ledger) as record:
        drawn = draw_batch(
            record,
            batch=named,
            size=size,
            since=now - back,
            now=now,
            by=sorting_of(questions, parts.rules.book),
        )
        chosen = _chosen(parts, batch=named, size=choose, since=now - back, now=now)
        rows = entries_of(record, once_each(chosen, drawn))
    sheet = StringIO()
    write_audit_sheet(sheet, rows, questions)
    _write_unless_filled_in(out, sheet.getvalue().encode())
    told = {"batch": named, "decisions": len(rows), "chosen": len(chosen), "out": str(out)}
    if as_json:
        typer.echo(json.dumps(told))
    else:
        besides = f", {len(chosen)} of them chosen" if chosen else ""
        typer.echo(f"{len(rows)} decisions of batch {named}{besides} in {out}")


def _how_far(since: str) -> timedelta:
    from deskquorum.policy.durations import read_duration

    back = read_duration(since)
    if back is None:
        raise InputError(f"--since '{since}': write a number with s, m, h or d, such as 7d")
    return back


def _chosen(
    parts: Parts, *, batch: str, size: int, since: datetime, now: datetime
) -> Sequence[ChosenAudit]:
    """What was chosen for a batch, filled up to a size."""
    from deskquorum.auditing import main_question
    from deskquorum.labeling import load_embedder
    from deskquorum.ledger.audits import all_chosen

    if size == 0:
        with parts.ledger.database.transaction() as tx:
            return all_chosen(tx, batch=batch)
    embedder = load_embedder()
    if embedder is None:
        raise InputError("wordllama is not installed; install it with: pip install wordllama")
    with needing_learn():
        from deskquorum.learning import choose_batch

        try:
            return choose_batch(
                parts.ledger,
                batch=batch,
                size=size,
                since=since,
                now=now,
                question=main_question(parts.rules.questions),
                embedder=embedder,
            )
        except ValueError as exc:
            raise InputError(f"--choose {size}: {exc}") from exc


def _write_unless_filled_in(out: Path, sheet: bytes) -> None:
    """Somebody's labels may stand in a sheet of that name; only the very same one is replaced."""
    try:
        if out.exists() and out.read_bytes() != sheet:
            raise InputError(f"{out}: there is another file, perhaps filled in; name a new one")
        out.write_bytes(sheet)
    except OSError as exc:
        raise InputError(f"{out}: {str(exc.strerror).lower()}") from exc


@audit_app.command("import")
def import_sheet(
    sheet: Annotated[Path, typer.Argument(metavar="FILE", help="The filled-in sheet (CSV).")],
    *,
    desk: DeskOption = Path(),
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who labelled, where the column is empty; your login name."),
    ] = None,
    ledger: LedgerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep the labels of a sheet; a sheet with a cell that can't be used changes nothing."""
    from deskquorum.auditing.importing import keep_labels
    from deskquorum.auditing.sheet import read_audit_sheet
    from deskquorum.ledger.audits import all_chosen, drawn_audits

    parts = _parts(desk, ledger)
    with closing(parts.ledger) as record:
        with record.database.transaction() as tx:
            drawn = {one.decision: one for one in drawn_audits(tx)}
            chosen = {one.decision for one in all_chosen(tx)}
        given = read_audit_sheet(
            sheet,
            drawn=drawn,
            chosen=chosen,
            questions=parts.rules.questions,
            modes=[mode.id for mode in parts.failure_modes],
            by=by or getuser(),
        )
        with record.database.transaction(writing=True) as tx:
            kept = keep_labels(tx, given)
    known = sum(len(one.answers) for one in given) - kept
    if as_json:
        typer.echo(json.dumps({"decisions": len(given), "labels": kept, "known": known}))
    else:
        before = f"; {known} were known" if known else ""
        typer.echo(f"{kept} labels of {len(given)} decisions kept{before}")


@audit_app.command()
def report(
    *,
    desk: DeskOption = Path(),
    batch: Annotated[
        str | None, typer.Option("--batch", help="One batch; by default all of them.")
    ] = None,
    ledger: LedgerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how wrong labelers and the desk are, where, and whether auditors agree."""
    from deskquorum.auditing.cases import audits_of
    from deskquorum.cli.audit_report import print_report, report_json

    parts = _parts(desk, ledger)
    with needing_learn():
        from deskquorum.auditing.report import audit_report

        with closing(parts.ledger) as record:
            audits = audits_of(record, batch=batch)
            if batch is not None and not audits.drawn + audits.chosen:
                raise InputError(f"no batch '{batch}' was drawn at this desk; see: audit sample")
        found = audit_report(audits, questions=parts.rules.questions, modes=parts.failure_modes)
    if as_json:
        wide_console().print_json(data=report_json(found))
    else:
        print_report(wide_console(), found)


def _parts(folder: Path, ledger: str | None) -> Parts:
    from deskquorum.assembly import demand_ledger, load_parts

    parts = load_parts(folder, models=False, ledger=ledger, host=os.environ)
    if ledger is not None:
        demand_ledger(parts.ledger_place)
    return parts
