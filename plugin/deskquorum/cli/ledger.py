"""`deskquorum ledger`: verbs on the record itself."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ledger_app"]

_Desk = Annotated[Path, typer.Option("--desk", help="Desk folder.")]
_Ledger = Annotated[
    str | None,
    typer.Option("--ledger", help="Ledger file, or postgresql: URL, instead of desk.yaml's."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_By = Annotated[str | None, typer.Option("--by", help="Who; the user of this machine.")]

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
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    as_json: _Json = False,
) -> None:
    """Hash the whole chain again; exits with 1 and names the first entry that does not fit."""
    from deskquorum.assembly import ledger_of
    from deskquorum.cli.batch import wide_console

    with closing(ledger_of(desk, ledger)) as record:
        report = record.verify()
    console = wide_console()
    if as_json:
        console.print_json(json.dumps(asdict(report)))
    elif report.first_broken is not None:
        console.print(
            f"entry {report.first_broken} does not fit the one before it: it, or an entry before"
            " it, was changed, removed or added by hand"
        )
    elif report.unproved_reviews:
        console.print(
            f"{report.unproved_reviews} reviews do not fit their verdicts: a review was called"
            " resolved, settled or open, or a verdict removed, by hand"
        )
    elif report.unproved_labels:
        console.print(
            f"{report.unproved_labels} audited labels or draws of audits stand in no entry: they"
            " were added, or an entry removed, by hand"
        )
    else:
        console.print(f"{report.entries} entries, the chain is whole")
    raise typer.Exit(int(not report.is_whole))


@ledger_app.command()
def erase(
    *,
    customer: Annotated[
        list[str] | None, typer.Option("--customer", help="Customer id of the person.")
    ] = None,
    email: Annotated[
        list[str] | None, typer.Option("--email", help="E-mail address of the person.")
    ] = None,
    ticket: Annotated[
        list[str] | None, typer.Option("--ticket", help="A ticket of the person.")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="Why; kept, so without the person's name.")],
    by: _By = None,
    force: Annotated[
        bool, typer.Option("--force", help="Even what somebody still has to work on.")
    ] = False,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    as_json: _Json = False,
) -> None:
    """Make what is kept about a person unreadable for ever; the chain stays whole."""
    from deskquorum.cli.ledger_erasing import Person, erase_person

    person = Person(customers=customer or (), emails=email or (), tickets=ticket or ())
    raise typer.Exit(
        erase_person(
            person, folder=desk, ledger=ledger, by=by, why=why, force=force, as_json=as_json
        )
    )


@ledger_app.command()
def retain(
    *,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="Instead of desk.yaml's retention.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    by: _By = None,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    as_json: _Json = False,
) -> None:
    """Make unreadable what is about persons and older than so many days, month by month."""
    from deskquorum.cli.ledger_erasing import retain_days

    raise typer.Exit(
        retain_days(days, folder=desk, ledger=ledger, by=by, dry_run=dry_run, as_json=as_json)
    )


@ledger_app.command()
def export(
    *,
    out: Annotated[Path, typer.Option("--out", help="Output file, JSON Lines; may not be there.")],
    since: Annotated[
        str | None, typer.Option("--since", help="From when on: 2026-11-20, or with a time.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Before when.")] = None,
    ticket: Annotated[
        list[str] | None, typer.Option("--ticket", help="Only about this ticket.")
    ] = None,
    customer: Annotated[
        list[str] | None, typer.Option("--customer", help="Only about this customer id.")
    ] = None,
    email: Annotated[
        list[str] | None, typer.Option("--email", help="Only about this e-mail address.")
    ] = None,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    as_json: _Json = False,
) -> None:
    """Write all that happened, opened, with the hashes of the chain: one record a line."""
    from deskquorum.cli.ledger_erasing import Person
    from deskquorum.cli.ledger_export import export_entries

    person = Person(customers=customer or (), emails=email or (), tickets=ticket or ())
    raise typer.Exit(
        export_entries(
            person, folder=desk, ledger=ledger, out=out, since=since, until=until, as_json=as_json
        )
    )


@ledger_app.command()
def rekey(*, desk: _Desk = Path(), ledger: _Ledger = None, as_json: _Json = False) -> None:
    """Change the host key: DESKQUORUM_KEY_OLD (unset: there was none) to DESKQUORUM_KEY."""
    from deskquorum.cli.ledger_upkeep import rekey_ledger

    raise typer.Exit(rekey_ledger(folder=desk, ledger=ledger, as_json=as_json))


@ledger_app.command("after-restore")
def after_restore(
    *, by: _By = None, desk: _Desk = Path(), ledger: _Ledger = None, as_json: _Json = False
) -> None:
    """After a backup was restored: hold what may have been sent since, and stop everything."""
    from deskquorum.cli.ledger_upkeep import hold_after_restore

    raise typer.Exit(hold_after_restore(folder=desk, ledger=ledger, by=by, as_json=as_json))
