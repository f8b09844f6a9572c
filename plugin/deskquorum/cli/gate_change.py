"""`deskquorum gate-change`: a changed copy of a desk against the desk, before it replaces it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.table import Table
from rich.text import Text

from deskquorum.assembly import Parts, ledger_place
from deskquorum.backtesting import Redecided, Tally
from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_backtest import Window, decided_again, load_each, notes_on
from deskquorum.cli.policy_folder import counted
from deskquorum.cli.stress import desk_file
from deskquorum.cli.stress_report import StressReport, as_json, show, write_page
from deskquorum.cli.stress_running import run_suites, suites_for
from deskquorum.domain import Route
from deskquorum.policy import run_cases
from deskquorum.stress import compare, read_suites

__all__ = ["Part", "held_against", "hold_change"]

_AGAINST = "the present files"
_MOST_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "worse", "unknown"]
    """`unknown` where it could not be told, which is no pass."""
    found: str
    details: tuple[str, ...] = ()

    @property
    def row(self) -> dict[str, object]:
        """As JSON."""
        return {
            "part": self.name,
            "state": self.state,
            "found": self.found,
            "details": list(self.details),
        }


def hold_change(
    folder: Path,
    candidate: Path,
    *,
    suites: Path | None,
    new_auto: int,
    html: Path | None,
    ledger: str | None,
    model_url: str | None,
    models: bool,
    jobs: int,
    json_wanted: bool,
) -> int:
    """Look at a change from all sides and tell; returns 1 unless every side is fine.

    Raises:
        ConfigError: Every problem of files that can't be used.
        InputError: The page can't be written.
        LedgerError: The ledger can't be read.
    """
    tickets = read_suites(suites_for(folder, suites))
    # The desk's decisions, whatever the candidate says of its own.
    place = ledger_place(desk_file(folder), folder, ledger)
    new, old = load_each([candidate, folder], str(place))
    # Both run now, so that what models do today falls on both.
    before, after = (
        run_suites(files, tickets, model_url=model_url, models=models, jobs=jobs)
        for files in (folder, candidate)
    )
    report = StressReport(
        desk=new.desk.desk,
        run=after,
        against=before,
        comparison=compare(before.outcomes, after.outcomes),
        against_name=_AGAINST,
    )
    parts = [_cases(old, new), _suites(report), held_against(old, new, place, new_auto)]
    if json_wanted:
        data = {"worse": _fails(parts), "parts": [part.row for part in parts]}
        wide_console().print_json(data={**data, "stress": as_json(report)})
    else:
        show(report, wide_console())
        _show(parts)
    if html is not None:
        write_page(html, report, parts=[(part.name, part.state, part.found) for part in parts])
    return int(_fails(parts))


def _fails(parts: Sequence[Part]) -> bool:
    """What could not be told has not passed."""
    return any(part.state != "ok" for part in parts)


def _suites(report: StressReport) -> Part:
    found = f"{counted(len(report.run.outcomes), 'ticket')}: {report.verdict}"
    state: Literal["ok", "worse", "unknown"] = "unknown" if report.untold else "ok"
    return Part(name="stress suites", state="worse" if report.worse else state, found=found)


def _cases(old: Parts, new: Parts) -> Part:
    before, after = run_cases(old.rules.book), run_cases(new.rules.book)
    failed = [case for case in after if not case.passed]
    found = f"{len(failed)} of {counted(len(after), 'case')} fail; there were {len(before)}"
    worse = bool(failed) or (bool(before) and not after)
    details = tuple(
        f"{case.path}:{case.line}: {case.name}: expected {case.expected}, got {case.got}"
        for case in failed
    )
    state: Literal["ok", "worse"] = "worse" if worse else "ok"
    return Part(name="policy cases", state=state, found=found, details=details)


def held_against(old: Parts, new: Parts, place: Path | str, allowed: int) -> Part:
    """What recorded decisions come to by the new files beside the old ones.

    Args:
        old: The present files.
        new: The candidate's, over the same ledger.
        place: Where the decisions are; a file that is not there holds none.
        allowed: So many may newly go by themselves.
    """
    name = "recorded decisions"
    if isinstance(place, Path) and not place.is_file():
        return Part(name=name, state="ok", found="none are recorded")
    tally = decided_again(new, old, Window(), max(_MOST_KEPT, allowed + 1))
    newly = [redecided for redecided in tally.kept if _goes_newly(redecided)]
    worse = len(newly) > allowed
    said = f"{counted(tally.decisions, 'decision')}, by the votes cast then: {_turns(tally)}"
    if worse:
        said += f"; {len(newly)} would newly go by themselves, {allowed} may (--new-auto)"
    details = tuple(
        f"{found.recorded.id}, ticket {found.recorded.ticket}: {found.before.route} → auto,"
        f" {'a reply' if found.after.action is None else found.after.action.name}"
        for found in newly[:_MOST_KEPT]
    )
    state: Literal["ok", "worse"] = "worse" if worse else "ok"
    return Part(
        name=name,
        state=state,
        found=said,
        details=(*(details if worse else ()), *notes_on(tally)),
    )


def _goes_newly(redecided: Redecided) -> bool:
    """Software would do or say by itself what it did not; told from the evidence or not."""
    noticed = {"route", "action", "reply"} & set(redecided.differs)
    return redecided.after.route is Route.AUTO and bool(noticed)


def _turns(tally: Tally) -> str:
    """What changes, in words."""
    turned = [
        f"{count} {old} → {new}"
        for (old, new), count in sorted(tally.turns.items())
        if old is not new
    ]
    same_route = tally.changed - sum(
        count for (old, new), count in tally.turns.items() if old is not new
    )
    if same_route:
        turned.append(f"{same_route} otherwise on the same way")
    if tally.untold:
        turned.append(f"{tally.untold} can't be told")
    return ", ".join(turned) or "nothing changes"


def _show(parts: Sequence[Part]) -> None:
    table = Table("part", "result", "found", title="gate", title_justify="left")
    for part in parts:
        table.add_row(*(Text(cell) for cell in (part.name, part.state, part.found)))
    console = wide_console()
    console.print(table)
    for part in parts:
        for detail in part.details:
            console.print(f"{part.name}: {detail}", markup=False)
    fails = _fails(parts)
    console.print("worse: leave the desk as it is" if fails else "not worse: the change may go in")
