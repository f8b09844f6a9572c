"""What stops a YAML file from being read, in words, where it has its cause."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.errors import Problem

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

__all__ = ["character_problem", "syntax_problem"]

_QUOTES = "put a text that starts with a special character in quotes"
_WORDS = (
    ("'\\t'", "a tab where spaces are expected", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a second ':' in this line",
        "put a text that holds ': ' in quotes",
    ),
    ("undefined alias", "", _QUOTES),
    ("cannot start any token", "", _QUOTES),
    ("another document", "a second document", "one file holds one; remove the line before it"),
    ("expected <block end>", "not indented like the lines before it", "align it with them"),
    ("maximum depth", "lists and mappings nested too deeply", "write it flatter"),
)
"""A part of what the parser says; our message, "" to keep its own; the mend."""

_FROM_ITS_START = {
    "while scanning a quoted scalar": (
        "a text without its closing quote",
        "a quote inside of it is written twice",
    ),
    "while scanning a simple key": ("a line without ': '", "write KEY: VALUE"),
}
"""What is best shown where it begins, because the parser notices late."""


def syntax_problem(path: Path, exc: MarkedYAMLError) -> Problem:
    """A text that is no YAML."""
    mark = exc.problem_mark or exc.context_mark
    message, hint = (exc.problem or exc.context or "not YAML").lower(), ""
    for part, told, mend in _WORDS:
        if part in message:
            message, hint = told or message, mend
            break
    else:
        if exc.context in _FROM_ITS_START and exc.context_mark is not None:
            message, hint = _FROM_ITS_START[exc.context]
            mark = exc.context_mark
        elif "flow" in (exc.context or "") and exc.context_mark is not None:
            hint = f"close the bracket of line {exc.context_mark.line + 1}, or add a comma"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return Problem(path=str(path), line=line, column=column, message=message, hint=hint)


def character_problem(path: Path, text: str, exc: ReaderError) -> Problem:
    """A character that no YAML file may hold."""
    before = text[: exc.position]
    return Problem(
        path=str(path),
        line=before.count("\n") + 1,
        column=exc.position - (before.rfind("\n") + 1) + 1,
        message=f"a character that can't be written here: U+{ord(text[exc.position]):04X}",
        hint="remove it, and save the file as UTF-8",
    )
