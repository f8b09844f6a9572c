"""Opening a folder of policies for a verb, and saying what keeps it from being opened."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from deskquorum.cli.batch import wide_console
from deskquorum.errors import ConfigError, PolicyFileError, Problem
from deskquorum.policy import PolicyBook, load_policies

__all__ = [
    "counted",
    "desk_of",
    "folder_of",
    "indented",
    "open_policies",
    "problem_rows",
    "refusing",
]


def folder_of(folder: Path) -> Path:
    """The folder that holds the policy files: a desk folder has them in `policies`."""
    inner = folder / "policies"
    inside = inner if inner.is_dir() else folder
    # The desk's other files are looked for beside the folder, and `.` has no parent by its name.
    return inside if inside.name not in {"", ".."} else inside.resolve()


def desk_of(folder: Path) -> Path:
    """The desk that a folder is, or that a folder of policy files belongs to.

    Raises:
        ConfigError: There is no such folder; what is above it is perhaps another desk.
    """
    if not folder.is_dir():
        raise ConfigError([Problem(path=str(folder), message="no such folder")])
    return folder_of(folder).parent


def open_policies(folder: Path) -> PolicyBook:
    """Load a folder of policies, or the policies of a desk folder.

    Raises:
        PolicyFileError: Every problem of every file, or that there are no policies at all.
    """
    inside = folder_of(folder)
    book = load_policies(inside)
    if book.desk is None and not (
        book.rules or book.clauses or book.actions or book.facts or book.environment.parts
    ):
        # A wrong folder must not look like policies in which nothing is wrong.
        hint = "name the folder that holds TOPIC.yaml, or a desk folder"
        raise PolicyFileError([Problem(path=str(inside), message="no policy file", hint=hint)])
    return book


def refusing(work: Callable[[], int], *, as_json: bool) -> int:
    """Run a verb; files that can't be used are told as JSON where JSON was asked for.

    Raises:
        ConfigError: The same problems, where they are to be told in words.
    """
    try:
        return work()
    except ConfigError as exc:
        if not as_json:
            raise
        data = {"loaded": False, "problems": problem_rows(exc.problems)}
        wide_console().print_json(data=data)
        return 2


def problem_rows(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """Problems as they stand in JSON output."""
    return [
        {
            "path": problem.path,
            "line": problem.line or None,
            "column": problem.column or None,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]


def counted(number: int, what: str) -> str:
    """A number with its noun: `1 rule`, `2 rules`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def indented(text: str, depth: int) -> None:
    """Print a text, its lines folded under its own beginning."""
    margin = "  " * depth
    folded = textwrap.fill(
        text,
        width=wide_console().width,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    typer.echo(folded)
