"""The weekly report as text, JSON and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.cli.drift_files import alarms_as_json, terms_as_json, told_alarms, told_terms
from deskquorum.cli.report_words import (
    SHARE,
    days_of,
    defined,
    shown,
    shown_change,
    shown_interval,
    shown_share,
)
from deskquorum.reporting import DEFINITIONS, Figure

if TYPE_CHECKING:
    from deskquorum.reporting import Span, Standing, Week, WeeklyReport

__all__ = ["as_json_text", "printed", "write_csv"]

_SECTIONS = {
    "reason": "Of what went to a person, the share with this first reason.",
    "shadow": "Of this action's suggestions in shadow mode that a reviewer judged, those that the"
    " reviewer put in force as they were.",
    "certificate": "Of audited decisions under this action's certificate, those that were wrong.",
}


def printed(report: WeeklyReport, currency: str | None) -> str:
    """The report for a terminal."""
    week = report.week
    lines = [
        f"{days_of(week.span)} (UTC), beside the {len(report.weeks) - 1} spans before it",
        f"{week.pending} conversations pend: their {report.window.days} days are not over",
        "",
    ]
    for figure in week.figures:
        unit = DEFINITIONS[figure.name]
        parts = f"{figure.numerator:f} of {figure.denominator}"
        value = f"{shown(figure.value, unit, currency)} ({shown_interval(figure, unit)})"
        change = shown_change(report, figure.name)
        lines.append(f"{unit.title:<32} {value:<34} {parts:<20} {change}".rstrip())
    for title, figures in (
        ("Why people decided", report.reasons),
        ("Shadow mode: people did the same", report.shadow),
    ):
        if figures:
            lines += ["", title]
            lines += [
                f"  {f.name}: {f.numerator:f} of {f.denominator}, {shown_share(f)}" for f in figures
            ]
    if report.certificates:
        lines += ["", "Certificates"]
        lines += [f"  {_told(standing)}" for standing in report.certificates]
    if report.alarms:
        lines += ["", "Alarms that stand: people decide until the desk is calibrated again"]
        lines += told_alarms(report.alarms)
    if report.ended:
        lines += ["", "Alarms that held up decisions of the week and were dealt with"]
        lines += [f"  {alarm.title}: {alarm.noticed}" for alarm in report.ended]
    if report.terms:
        lines += ["", "New terms of the week", f"  {told_terms(report.terms)}"]
    return "\n".join(lines)


def as_json_text(report: WeeklyReport, currency: str | None) -> str:
    """The report as JSON; amounts are text, so that none is rounded on the way."""
    data = {
        "since": report.week.span.since.isoformat(),
        "until": report.week.span.until.isoformat(),
        "made_at": report.made_at.isoformat(),
        "window_days": report.window.days,
        "currency": currency,
        "pending": report.week.pending,
        "figures": {f.name: _whole(report, f) for f in report.week.figures},
        "weeks": [_week(week) for week in report.weeks],
        "reasons": {f.name: _plain(f) for f in report.reasons},
        "shadow": {f.name: _plain(f) for f in report.shadow},
        "certificates": {s.certificate.action: _certificate(s) for s in report.certificates},
        "alarms": alarms_as_json(report.alarms),
        "ended_alarms": alarms_as_json(report.ended),
        "new_terms": terms_as_json(report.terms),
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def write_csv(path: Path, report: WeeklyReport) -> None:
    """Write one row a number: every figure of every week, then reasons, shadow, certificates.

    Raises:
        OSError: The file can't be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(next(_table(report))))
        writer.writeheader()
        writer.writerows(_table(report))


def _table(report: WeeklyReport) -> Iterator[Mapping[str, object]]:
    for week in report.weeks:
        for figure in week.figures:
            unit = DEFINITIONS[figure.name]
            about = {"unit": unit.unit, "definition": defined(report, figure.name)}
            yield _row(week.span, "figure", figure) | about
    wrong = [standing.wrong for standing in report.certificates]
    for section, figures in (
        ("reason", report.reasons),
        ("shadow", report.shadow),
        ("certificate", wrong),
    ):
        for figure in figures:
            about = {"unit": "share", "definition": _SECTIONS[section]}
            yield _row(report.week.span, section, figure) | about


def _row(span: Span, section: str, figure: Figure) -> dict[str, object]:
    days = {"since": span.since.date().isoformat(), "until": span.until.date().isoformat()}
    return {**days, "section": section, "name": figure.name, **_plain(figure, as_text=True)}


def _whole(report: WeeklyReport, figure: Figure) -> dict[str, object]:
    unit = DEFINITIONS[figure.name]
    about = {"title": unit.title, "definition": defined(report, figure.name), "unit": unit.unit}
    change = report.changes.get(figure.name)
    if change is None:
        return {**about, **_plain(figure), "change": None}
    as_text = unit.unit == "money"
    moved = {
        "by": _number(change.by, as_text=as_text),
        "low": _number(change.low, as_text=as_text),
        "high": _number(change.high, as_text=as_text),
        "clear": change.is_clear,
    }
    return {**about, **_plain(figure), "before": _plain(change.before), "change": moved}


def _week(week: Week) -> dict[str, object]:
    return {
        "since": week.span.since.isoformat(),
        "until": week.span.until.isoformat(),
        "pending": week.pending,
        "figures": {figure.name: _plain(figure) for figure in week.figures},
    }


def _certificate(standing: Standing) -> dict[str, object]:
    found = standing.certificate
    return {
        "state": standing.state,
        "expires_at": found.expires_at.isoformat(),
        "max_error": found.max_error,
        "confidence": found.confidence,
        "acted": standing.acted,
        "audited": standing.audited,
        "wrong": _plain(standing.wrong),
    }


def _plain(figure: Figure, *, as_text: bool = False) -> dict[str, object]:
    definition = DEFINITIONS.get(figure.name, SHARE)
    as_text = as_text or definition.unit == "money"
    return {
        "numerator": _number(figure.numerator, as_text=as_text),
        "denominator": figure.denominator,
        "value": _number(figure.value, as_text=as_text),
        "low": _number(figure.low, as_text=as_text),
        "high": _number(figure.high, as_text=as_text),
    }


def _number(value: Decimal | None, *, as_text: bool) -> float | int | str | None:
    if value is None:
        return None
    rounded = round(value, 9)
    if as_text:
        return f"{rounded.normalize():f}"
    return int(rounded) if rounded == int(rounded) else float(rounded)


def _told(standing: Standing) -> str:
    found = standing.certificate
    return (
        f"{found.action}: {standing.state}, until {found.expires_at.date()};"
        f" promised {found.max_error:.1%}, wrong {standing.wrong.numerator:f} of"
        f" {standing.wrong.denominator} evenly drawn of {standing.audited} audited of"
        f" {standing.acted} done"
    )
