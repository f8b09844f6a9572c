"""`deskquorum policy lint`: all that is wrong in policy files, or probably not meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.cli.policy_folder import counted, folder_of, open_policies, problem_rows, refusing
from deskquorum.cli.policy_schema import stale_schema
from deskquorum.cli.stress_running import suites_for
from deskquorum.errors import ConfigError, Problem
from deskquorum.pack import starter_pack
from deskquorum.policy import PolicyBook, lint
from deskquorum.policy.failure_modes import (
    FAILURE_MODES_FILE,
    FailureMode,
    lint_failure_modes,
    load_failure_modes,
)
from deskquorum.proposal import load_playbook
from deskquorum.stress import suite_names

__all__ = ["lint_folder"]


def lint_folder(folder: Path, *, as_json: bool) -> int:
    """Print every finding; returns 1 if there is one, and 2 if the files can't be used.

    Raises:
        ConfigError: Every problem of files that can't be used, where no JSON was asked for.
    """
    return refusing(lambda: _lint(folder, as_json=as_json), as_json=as_json)


def _lint(folder: Path, *, as_json: bool) -> int:
    book, modes = _opened(folder)
    inside = folder_of(folder)
    suites = suites_for(inside.parent, None)
    provoked = lint_failure_modes(modes, suites=suite_names(suites), folder=suites)
    remarks = [*lint(book), *provoked, *stale_schema(inside)]
    findings = sorted(remarks)
    if as_json:
        data = {"loaded": True, "problems": problem_rows(findings), "hash": book.hash}
        wide_console().print_json(data=data)
    else:
        _tell(book, findings)
    return int(bool(findings))


def _opened(folder: Path) -> tuple[PolicyBook, tuple[FailureMode, ...]]:
    """The policies; files beside them are checked with them, so that all is told at once."""
    problems: list[Problem] = []
    book: PolicyBook | None = None
    modes: tuple[FailureMode, ...] = ()

    def policies() -> None:
        nonlocal book
        book = open_policies(folder)

    def failure_modes() -> None:
        nonlocal modes
        modes = load_failure_modes(inside / FAILURE_MODES_FILE)

    _gather(problems, policies)
    inside = folder_of(folder)
    playbook = inside / "playbook.yaml"
    replies = (inside.parent / "prompts" / "replies", starter_pack("prompts") / "replies")
    if playbook.is_file():
        _gather(problems, lambda: load_playbook(playbook, book=book, reply_folders=replies))
    if (inside / FAILURE_MODES_FILE).is_file():
        _gather(problems, failure_modes)
    if problems or book is None:
        raise ConfigError(problems)
    return book, modes


def _gather(problems: list[Problem], load: Callable[[], object]) -> None:
    try:
        load()
    except ConfigError as exc:
        problems += exc.problems


def _tell(book: PolicyBook, findings: Sequence[Problem]) -> None:
    for finding in findings:
        typer.echo(str(finding))
    held = ", ".join(
        [
            counted(len(book.rules), "rule"),
            counted(len(book.clauses), "clause"),
            counted(len(book.actions), "action"),
            counted(len(book.cases), "case"),
        ]
    )
    typer.echo(f"{counted(len(findings), 'finding') if findings else 'no findings'} in {held}")
