"""`deskquorum ledger`: verbs on the record itself."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ledger_app"]

ledger_app = typer.Typer(
    help="Look after the record of decisions.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@ledger_app.callback()
def _verbs() -> None:
    """Look after the record of decisions."""


@ledger_app.command()
def verify(
    *,
    desk: Annotated[Path, typer.Option("--desk", help="Desk folder.")] = Path(),
    ledger: Annotated[
        str | None,
        typer.Option("--ledger", help="Ledger file, or postgresql: URL, instead of desk.yaml's."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Hash the whole chain again; exits with 1 and names the first entry that does not fit."""
    from deskquorum.assembly import ledger_of
    from deskquorum.cli.batch import wide_console

    with closing(ledger_of(desk, ledger)) as record:
        report = record.verify()
    console = wide_console()
    if as_json:
        console.print_json(
            json.dumps({"entries": report.entries, "first_broken": report.first_broken})
        )
    elif report.first_broken is None:
        console.print(f"{report.entries} entries, the chain is whole")
    else:
        console.print(
            f"entry {report.first_broken} does not fit the one before it: it, or an entry before"
            " it, was changed, removed or added by hand"
        )
    raise typer.Exit(int(report.first_broken is not None))
