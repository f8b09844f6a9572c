"""`deskquorum stress`: suites of hard tickets on a desk's files, against the accepted run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.cli.options import DeskOption, JobsOption, JsonOption, ModelUrlOption, NoModelOption
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.policy import DeskFile, load_desk_file

__all__ = ["HtmlOption", "SuitesOption", "desk_file", "stress"]

SuitesOption = Annotated[
    Path | None,
    typer.Option(
        "--suites", help="Folder of suites; the desk's `stress`, or those of the package."
    ),
]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a page, too.")]


def stress(
    *,
    desk: DeskOption = Path(),
    suites: SuitesOption = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take this run as what later ones are held against.")
    ] = False,
    html: HtmlOption = None,
    model_url: ModelUrlOption = None,
    no_model: NoModelOption = False,
    jobs: JobsOption = 4,
    as_json: JsonOption = False,
) -> None:
    """Decide suites of hard tickets; exits with 1 if it became worse at something."""
    from deskquorum.cli.stress_report import StressReport, show, write_page
    from deskquorum.cli.stress_report import as_json as rows_of
    from deskquorum.cli.stress_running import run_suites, suites_for
    from deskquorum.stress import compare, read_accepted, read_suites, write_accepted

    tickets = read_suites(suites_for(desk, suites))
    file = desk_file(desk)
    learned = desk / file.learned
    accepted = read_accepted(learned)
    run = run_suites(desk, tickets, model_url=model_url, models=not no_model, jobs=jobs)
    before = None if accepted is None else accepted.outcomes
    report = StressReport(
        desk=file.desk, run=run, against=accepted, comparison=compare(before, run.outcomes)
    )
    console = wide_console()
    if as_json:
        console.print_json(data=rows_of(report))
    else:
        show(report, console)
        console.print(report.verdict, markup=False)
    if html is not None:
        write_page(html, report)
    if not accept:
        raise typer.Exit(int(report.worse))
    if report.broken:
        said = "not accepted: some tickets were late or lack a vote that failed; run it again"
        raise InputError(said)
    path = write_accepted(learned, run)
    typer.echo(f"accepted: {path}", err=True)


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
