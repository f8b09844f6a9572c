"""What suites showed, as a table, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console
from rich.table import Table

from deskquorum.cli.policy_folder import counted
from deskquorum.errors import InputError
from deskquorum.reporting.intervals import wilson
from deskquorum.stress import Change, Check, Comparison, Outcome, Run

__all__ = ["Cell", "StressReport", "as_json", "show", "write_page"]

_TEMPLATES = Path(__file__).parent / "templates"
ALL = "all"
_WIDE = 150
"""Columns that the table of suites by check takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How often a check held in a suite."""

    held: int
    of: int

    def __str__(self) -> str:
        return f"{self.held} of {self.of}" if self.of else "-"

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share, 95 % (Wilson)."""
        return wilson(self.held, self.of)

    @property
    def said(self) -> str:
        """The interval in words; "" where nothing was counted."""
        low, high = self.interval
        return f"{low:.0%} to {high:.0%}" if self.of else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StressReport:
    """A run and what it is held against."""

    desk: str
    run: Run
    against: Run | None
    """The accepted run, or that of the present files; None if there is none."""
    comparison: Comparison
    against_name: str = "the accepted run"

    @property
    def suites(self) -> list[str]:
        """Their names, in order."""
        return list(dict.fromkeys(outcome.suite for outcome in self.run.outcomes))

    @property
    def worse(self) -> bool:
        """Whether something became worse beyond noise."""
        return bool(self.comparison.worse)

    @property
    def untold(self) -> str:
        """Why the runs can't be compared, which is no pass; "" if they can."""
        before = () if self.against is None else self.against.outcomes
        broken = sum(outcome.broken for outcome in (*before, *self.run.outcomes))
        if broken:
            return f"{counted(broken, 'ticket')} late, or without a vote that failed"
        if self.against is not None and not self.comparison.pairs:
            return f"no ticket is one of {self.against_name}"
        return ""

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        if self.worse:
            worse = (f"{change.check} ({len(change.lost)})" for change in self.comparison.worse)
            return f"worse than {self.against_name}: {', '.join(worse)}"
        if self.untold:
            return f"it can't be told: {self.untold}"
        if self.against is None:
            return "nothing that never may happen did; there is no accepted run to compare with"
        return f"nothing is worse than {self.against_name} beyond noise"

    def cell(self, check: Check, suite: str) -> Cell:
        """How often a check held in a suite, or in all of them."""
        of = [o for o in self.run.outcomes if suite in {o.suite, ALL} and check in o.checks]
        return Cell(held=sum(outcome.checks[check] for outcome in of), of=len(of))

    def tickets(self, suite: str) -> int:
        """How many a suite has."""
        return sum(suite in {outcome.suite, ALL} for outcome in self.run.outcomes)

    @property
    def changed(self) -> list[tuple[str, str, str]]:
        """Parts that are others than before: name, what it was, what it is."""
        if self.against is None:
            return []
        was, now = self.against.basis, self.run.basis
        return [
            (name, was.get(name, "-")[:12], now.get(name, "-")[:12])
            for name in self.run.differs_from(self.against)
        ]

    @property
    def broken(self) -> list[Outcome]:
        """What was late, or lacks a vote."""
        return [outcome for outcome in self.run.outcomes if outcome.broken]

    def why(self, change: Change) -> list[tuple[str, str]]:
        """Each ticket that was lost, with what went wrong."""
        by_key = {outcome.key: outcome for outcome in self.run.outcomes}
        return [("/".join(key), by_key[key].why[change.check]) for key in change.lost]

    @property
    def notes(self) -> list[str]:
        """What to know of the run besides its figures."""
        return list(_notes(self))


def show(report: StressReport, console: Console) -> None:
    """Print suites by check, then what changed."""
    console.print(_by_suite(report) if console.width >= _WIDE else _by_check(report))
    for change in report.comparison.changes:
        _tell(change, report, console)
    for name, before, after in report.changed:
        console.print(f"changed: {name} {before} → {after}", markup=False)
    for note in report.notes:
        console.print(f"note: {note}", markup=False)


def _by_suite(report: StressReport) -> Table:
    table = Table(title=f"stress suites, desk {report.desk}", title_justify="left")
    table.add_column("suite")
    for heading in ("tickets", *Check):
        table.add_column(heading, justify="right")
    for suite in [*report.suites, ALL]:
        cells = [str(report.cell(check, suite)) for check in Check]
        table.add_row(suite, str(report.tickets(suite)), *cells)
    total = [report.cell(check, ALL).said for check in Check]
    table.add_row("95 %, all", "", *total, end_section=True)
    return table


def _by_check(report: StressReport) -> Table:
    """For narrow terminals: a row a check, and the suites in which it did not always hold."""
    title = f"{report.tickets(ALL)} tickets of stress suites, desk {report.desk}"
    table = Table(title=title, title_justify="left")
    table.add_column("check")
    table.add_column("held", justify="right", no_wrap=True)
    table.add_column("95 %", justify="right", no_wrap=True)
    table.add_column("did not hold in")
    for check in Check:
        cell = report.cell(check, ALL)
        cells = {suite: report.cell(check, suite) for suite in report.suites}
        missed = [f"{suite} {c.of - c.held}" for suite, c in cells.items() if c.held < c.of]
        table.add_row(check, str(cell), cell.said, ", ".join(missed))
    return table


def _tell(change: Change, report: StressReport, console: Console) -> None:
    if not change.lost and not change.gained:
        return
    mark = "WORSE" if change.worse else "within noise"
    figures = f"{len(change.lost)} lost, {len(change.gained)} gained"
    console.print(f"{mark}: {change.check}: {figures} (p {change.p:.3g})", markup=False)
    for key, why in report.why(change):
        console.print(f"  lost {key}: {why}", markup=False)
    for gained in change.gained:
        console.print(f"  gained {'/'.join(gained)}", markup=False)


def _notes(report: StressReport) -> Iterator[str]:
    if report.against is None:
        yield "no run was accepted yet; `deskquorum stress --accept` accepts one"
    yield from report.run.notices
    if report.broken:
        ids = ", ".join("/".join(outcome.key) for outcome in report.broken)
        yield f"{counted(len(report.broken), 'ticket')} late, or without a vote that failed: {ids}"
    if report.comparison.unpaired:
        said = counted(len(report.comparison.unpaired), "ticket")
        yield f"{said} of new or other text, not compared"
    if report.comparison.gone:
        yield f"{counted(len(report.comparison.gone), 'ticket')} of that run in no suite any more"


def as_json(report: StressReport) -> dict[str, object]:
    """All of it, for scripts."""
    return {
        "desk": report.desk,
        "worse": report.worse,
        "untold": report.untold,
        "verdict": report.verdict,
        "at": report.run.at.isoformat(),
        "accepted_at": None if report.against is None else report.against.at.isoformat(),
        "suites": {
            suite: {"tickets": report.tickets(suite), "checks": _cells(report, suite)}
            for suite in [*report.suites, ALL]
        },
        "changes": [_change_row(change, report) for change in report.comparison.changes],
        "basis": report.run.basis,
        "changed": [name for name, _, _ in report.changed],
        "notes": report.notes,
        "outcomes": [outcome.model_dump(mode="json") for outcome in report.run.outcomes],
    }


def _cells(report: StressReport, suite: str) -> Mapping[str, object]:
    found = {}
    for check in Check:
        cell = report.cell(check, suite)
        low, high = cell.interval
        found[check.name.lower()] = {
            "held": cell.held,
            "of": cell.of,
            "low": round(low, 4),
            "high": round(high, 4),
        }
    return found


def _change_row(change: Change, report: StressReport) -> dict[str, object]:
    return {
        "check": change.check.name.lower(),
        "worse": change.worse,
        "p": change.p,
        "pairs": change.pairs,
        "lost": [{"ticket": key, "why": why} for key, why in report.why(change)],
        "gained": ["/".join(key) for key in change.gained],
    }


def write_page(
    path: Path, report: StressReport, *, parts: Sequence[tuple[str, str, str]] = ()
) -> None:
    """Write a page that stands alone: no script, nothing is loaded from elsewhere.

    Args:
        path: HTML file.
        report: What the suites showed.
        parts: Of a change: name, `ok`, `worse` or `unknown`, and what was found.

    Raises:
        InputError: The file can't be written.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    worse = report.worse or bool(report.untold) or any(state != "ok" for _, state, _ in parts)
    page = environment.get_template("stress.html").render(
        report=report, parts=parts, checks=list(Check), suites=[*report.suites, ALL], worse=worse
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc
