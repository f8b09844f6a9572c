"""`deskquorum execution`: what was carried out, what a person has, and how to undo it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from deskquorum.ledger.outbox import Execution

__all__ = ["execution_app"]

execution_app = typer.Typer(
    help="Show and undo what was carried out.", no_args_is_help=True, add_completion=False
)

_Desk = Annotated[Path, typer.Option("--desk", help="Desk folder.")]
_Ledger = Annotated[
    str | None,
    typer.Option("--ledger", help="Ledger file, or postgresql: URL, instead of desk.yaml's."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Key = Annotated[str, typer.Argument(help="Key of the order, as `execution list` prints it.")]


@execution_app.command("list")
def list_orders(
    *,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    person: Annotated[bool, typer.Option("--person", help="Only what a person has.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many, newest first.")] = 100,
    as_json: _Json = False,
) -> None:
    """List orders, the newest first."""
    import os

    from deskquorum.assembly import ledger_of
    from deskquorum.ledger.outbox import executions_after

    record = ledger_of(desk, ledger, keys=os.environ)
    with closing(record), record.database.transaction() as tx:
        rows = executions_after(tx, person=person, limit=limit)
    _print({"executions": [asdict(row) for row in rows]} if as_json else None, rows)


@execution_app.command()
def show(
    key: _Key, *, desk: _Desk = Path(), ledger: _Ledger = None, as_json: _Json = False
) -> None:
    """Show one order with its arguments, and what was said of it."""
    import os

    from deskquorum.assembly import ledger_of
    from deskquorum.errors import InputError
    from deskquorum.ledger.outbox import execution, order_in, result_of

    record = ledger_of(desk, ledger, keys=os.environ)
    with closing(record), record.database.transaction() as tx:
        row, order = execution(tx, key), order_in(tx, key)
        result = result_of(tx, key)
    if row is None or order is None:
        raise InputError(f"no order {key}")
    told = {
        "args": json.loads(order.args),
        "result": None if result is None else json.loads(result),
        "by": order.by or None,
        "why": order.why or None,
    }
    _print({**asdict(row), **told} if as_json else None, [row])
    if not as_json:
        typer.echo(json.dumps(told, indent=2))


@execution_app.command()
def compensate(
    key: _Key,
    *,
    why: Annotated[str, typer.Option("--why", help="Why it is undone; recorded.")],
    by: Annotated[str | None, typer.Option("--by", help="Who undoes it.")] = None,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    as_json: _Json = False,
) -> None:
    """Order that what was carried out be undone; once."""
    import os

    from deskquorum.assembly import ledger_of
    from deskquorum.executing import compensate as order_undo

    with closing(ledger_of(desk, ledger, keys=os.environ)) as record:
        undo = order_undo(record.database, key, by=by or getuser(), why=why)
    if as_json:
        typer.echo(json.dumps({"key": undo.key, "compensates": key}))
    else:
        typer.echo(f"ordered: {undo.key}")


def _print(told: dict[str, Any] | None, rows: list[Execution]) -> None:
    if told is not None:
        typer.echo(json.dumps(told))
        return
    for row in rows:
        whose = "a person has it" if row.handed_us is not None else ""
        typer.echo("  ".join(filter(None, [row.key, row.action, row.state, row.error, whose])))
    if not rows:
        typer.echo("no orders")
