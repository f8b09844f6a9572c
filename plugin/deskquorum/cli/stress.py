"""`deskquorum stress`: suites of hard tickets on a desk's files, against the accepted run."""

from __future__ import annotations

from pathlib import Path

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.cli.stress_report import StressReport, as_json, show, write_page
from deskquorum.cli.stress_running import run_suites, suites_for
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.policy import DeskFile, load_desk_file
from deskquorum.stress import compare, read_accepted, read_suites, write_accepted

__all__ = ["desk_file", "stress_desk"]


def stress_desk(
    folder: Path,
    *,
    suites: Path | None,
    accept: bool,
    html: Path | None,
    model_url: str | None,
    models: bool,
    jobs: int,
    json_wanted: bool,
) -> int:
    """Run the suites, tell what came of them, and accept the run if asked to.

    Returns 1 if something is worse than in the accepted run, or can't be told, and this one is not
    accepted.

    Raises:
        ConfigError: Every problem of files that can't be used.
        InputError: The run is to be accepted and is no measure; or the page can't be written.
    """
    tickets = read_suites(suites_for(folder, suites))
    file = desk_file(folder)
    learned = folder / file.learned
    accepted = read_accepted(learned)
    run = run_suites(folder, tickets, model_url=model_url, models=models, jobs=jobs)
    before = None if accepted is None else accepted.outcomes
    report = StressReport(
        desk=file.desk, run=run, against=accepted, comparison=compare(before, run.outcomes)
    )
    console = wide_console()
    if json_wanted:
        console.print_json(data=as_json(report))
    else:
        show(report, console)
        console.print(report.verdict, markup=False)
    if html is not None:
        write_page(html, report)
    if not accept:
        return int(report.worse or bool(report.untold))
    if report.broken:
        said = "not accepted: some tickets were late or lack a vote that failed; run it again"
        raise InputError(said)
    typer.echo(f"accepted: {write_accepted(learned, run)}", err=True)
    return 0


def desk_file(folder: Path) -> DeskFile:
    """A desk's `desk.yaml`.

    Raises:
        ConfigError: It can't be used.
    """
    path, problems = folder / "policies" / "desk.yaml", list[Problem]()
    if not path.is_file():
        raise ConfigError([Problem(path=str(path), message="no such file")])
    file = load_desk_file(path, problems)
    if file is None or problems:
        raise ConfigError(problems)
    return file
