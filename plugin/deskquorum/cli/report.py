"""`deskquorum report`: what a week came to, beside the weeks before."""

from __future__ import annotations

import os
import re
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deskquorum.cli.options import DeskOption, JsonOption, LedgerOption
from deskquorum.errors import ConfigError, InputError, Problem

if TYPE_CHECKING:
    from deskquorum.reporting import Span, WeeklyReport

__all__ = ["report"]

_ISO_WEEK = re.compile(r"(\d{4})-W(\d{1,2})")


def report(
    *,
    desk: DeskOption = Path(),
    week: Annotated[
        str | None, typer.Option("--week", help="ISO week: 2026-W48; the last whole one.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="First day (UTC) instead: 2026-11-23.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Day after the last one; today.")
    ] = None,
    before: Annotated[
        int, typer.Option("--before", min=0, max=52, help="Weeks before, to compare with.")
    ] = 4,
    window_days: Annotated[
        int,
        typer.Option("--window-days", min=1, max=90, help="How long closed has to stay closed."),
    ] = 3,
    out_csv: Annotated[Path | None, typer.Option("--csv", help="Write the numbers as CSV.")] = None,
    out_html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with plots, in one file.")
    ] = None,
    ledger: LedgerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what a week came to: resolutions that held, escalations, cost, certificates, drift."""
    from deskquorum.cli.report_files import as_json_text, printed, write_csv

    now = datetime.now(UTC)
    span = _span(week, since, until, today=now.date())
    made, currency = _made(
        desk, ledger, span, now=now, before=before, window=timedelta(days=window_days)
    )
    try:
        if out_csv is not None:
            write_csv(out_csv, made)
        if out_html is not None:
            from deskquorum.cli.extras import needing_learn

            with needing_learn():
                from deskquorum.cli.report_page import page_of

                out_html.write_text(page_of(made, currency=currency), encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{exc.filename}: {str(exc.strerror).lower()}") from exc
    typer.echo(as_json_text(made, currency) if as_json else printed(made, currency))


def _made(
    folder: Path,
    ledger: str | None,
    span: Span,
    *,
    now: datetime,
    before: int,
    window: timedelta,
) -> tuple[WeeklyReport, str | None]:
    from deskquorum.assembly import ledger_of
    from deskquorum.novelty import new_terms, read_reference
    from deskquorum.policy import load_desk_file
    from deskquorum.reconciliation import read_learned
    from deskquorum.reporting import read_rows, texts_of, weekly_report

    problems: list[Problem] = []
    record = ledger_of(folder, ledger, keys=os.environ)
    desk = load_desk_file(folder / "policies" / "desk.yaml", problems)
    if desk is None or problems:
        raise ConfigError(problems)
    learned = read_learned(folder / desk.learned, desk.questions)
    reference = read_reference(folder / desk.learned)
    with closing(record):
        rows = read_rows(record, since=span.since - before * (span.until - span.since))
        week = record.entries(since=span.since, until=span.until)
        terms = [] if reference is None else new_terms(texts_of(week), reference)
    made = weekly_report(
        rows,
        span,
        now=now,
        weeks_before=before,
        window=window,
        certificates=list(learned.certificates.values()),
        alarms=learned.alarms,
        terms=terms,
    )
    return made, desk.currency


def _span(week: str | None, since: str | None, until: str | None, *, today: date) -> Span:
    if week is not None and (since or until):
        raise InputError("--week and --since or --until: give one or the other")
    if until is not None and since is None:
        raise InputError("--until without --since; give the first day, too")
    if since is not None:
        return _days(_day("--since", since), today if until is None else _day("--until", until))
    monday = _monday(week) if week else today - timedelta(days=today.weekday() + 7)
    return _days(monday, monday + timedelta(days=7))


def _days(first: date, end: date) -> Span:
    from deskquorum.reporting import Span

    if end <= first:
        raise InputError(f"the span ends on {end} and begins on {first}; give a later --until")
    return Span(
        since=datetime.combine(first, time(), tzinfo=UTC),
        until=datetime.combine(end, time(), tzinfo=UTC),
    )


def _monday(week: str) -> date:
    found = _ISO_WEEK.fullmatch(week)
    try:
        if found is not None:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        pass
    raise InputError(f"--week '{week}' is no ISO week; write one like 2026-W48")


def _day(option: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InputError(f"{option} '{written}' is no day; write one like 2026-11-23") from None
