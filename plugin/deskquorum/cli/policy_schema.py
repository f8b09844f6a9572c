"""`deskquorum policy schema`: what editors complete and check policy files by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import typer

from deskquorum.cli.batch import wide_console, writing
from deskquorum.errors import Problem
from deskquorum.policy.schema import SCHEMA_FILE, schema_text
from deskquorum.proposal.playbook import PlaybookShape

__all__ = ["stale_schema", "write_schema"]


def write_schema(folder: Path | None, *, as_json: bool) -> int:
    """Write `schema.json` into a folder, or print it; returns 0.

    Raises:
        InputError: The file can't be written.
    """
    text = schema_text(PlaybookShape)
    path = None if folder is None else folder / SCHEMA_FILE
    with writing(path) as file:
        file.write(text)
    if path is not None and as_json:
        wide_console().print_json(data={"written": str(path)})
    elif path is not None:
        typer.echo(f"wrote {path}; begin policy files with this line:")
        typer.echo(f"# yaml-language-server: $schema={SCHEMA_FILE}")
    return 0


def stale_schema(folder: Path) -> Iterator[Problem]:
    """A schema in a policy folder that is not what this version writes."""
    path = folder / SCHEMA_FILE
    if not path.is_file():
        return
    try:
        same = json.loads(path.read_text(encoding="utf-8")) == json.loads(
            schema_text(PlaybookShape)
        )
    except (OSError, ValueError):
        same = False
    if not same:
        hint = f"write it anew: deskquorum policy schema --out {folder}"
        message = "editors check by a schema of another version"
        yield Problem(path=str(path), message=message, hint=hint)
