"""`deskquorum keys`: who may call the service, and the host's own key."""

from __future__ import annotations

import json
import os
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from deskquorum.errors import ConfigError, InputError, Problem

if TYPE_CHECKING:
    from deskquorum.ledger import Ledger
    from deskquorum.ledger.api_keys import ApiKey, Scope

__all__ = ["keys_app"]

keys_app = typer.Typer(
    help="Keys of those who call the service.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_Desk = Annotated[Path, typer.Option("--desk", help="Desk folder.")]
_Ledger = Annotated[
    str | None,
    typer.Option("--ledger", help="Ledger file, or postgresql: URL, instead of desk.yaml's."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@keys_app.callback()
def _verbs() -> None:
    """Keys of those who call the service."""


@keys_app.command()
def host() -> None:
    """Print a new key of the host's own, for the variable DESKQUORUM_KEY."""
    from deskquorum.host_key import new_host_key

    typer.echo(new_host_key())


@keys_app.command()
def create(
    *,
    scope: Annotated[
        list[str], typer.Option("--scope", help="bot, agent or ops; may be given several times.")
    ],
    name: Annotated[str, typer.Option("--name", help="Whose key it is.")],
    expires: Annotated[
        str | None, typer.Option("--expires", help="For how long: 90d, 12h. Left out: for ever.")
    ] = None,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
    as_json: _Json = False,
) -> None:
    """Make a key for this desk; it is shown once and never again."""
    from deskquorum.cli.batch import wide_console
    from deskquorum.ledger.api_keys import create as make

    if not name.strip():
        raise InputError("--name is empty; say whose key it is")
    scopes = frozenset(_scope(word) for word in scope)
    lasts = None if expires is None else _duration(expires)
    # Before a service first starts there may be no ledger yet.
    record = _ledger(desk, ledger, may_be_new=True)
    with closing(record), record.database.transaction(writing=True) as tx:
        key, text = make(tx, name=name, scopes=scopes, lasts=lasts)
    if as_json:
        wide_console().print_json(json.dumps({**_row(key), "key": text}))
        return
    typer.echo(text)
    typer.echo(f"key {key.id} of '{name}': keep it now, it can't be shown again", err=True)


@keys_app.command("list")
def show(*, desk: _Desk = Path(), ledger: _Ledger = None, as_json: _Json = False) -> None:
    """List the desk's keys, without what they are secret about."""
    from deskquorum.cli.batch import wide_console
    from deskquorum.ledger.api_keys import keys

    with closing(_ledger(desk, ledger)) as record, record.database.transaction() as tx:
        rows = [_row(key) for key in keys(tx)]
    console = wide_console()
    if as_json:
        console.print_json(json.dumps({"keys": rows}))
        return
    for row in rows:
        scopes = ",".join(row["scopes"])
        ends = "no end" if row["expires_at"] is None else f"to {row['expires_at'][:10]}"
        console.print(f"{row['id']}  {scopes:<14} {row['state']:<8} {ends:<13} {row['name']}")
    if not rows:
        console.print("there are no keys; make one with `deskquorum keys create`")


@keys_app.command()
def revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, as listed.")],
    *,
    desk: _Desk = Path(),
    ledger: _Ledger = None,
) -> None:
    """Make a key useless; a running service knows within two seconds."""
    from deskquorum.ledger.api_keys import revoke as undo

    with closing(_ledger(desk, ledger)) as record, record.database.transaction(writing=True) as tx:
        found = undo(tx, identity)
    if not found:
        raise InputError(f"the desk has no key '{identity}'; `deskquorum keys list` shows them")
    typer.echo(f"key {identity} is revoked")


@keys_app.command()
def link(
    *,
    name: Annotated[str, typer.Option("--name", help="Who signs in; stands beside verdicts.")],
    role: Annotated[str, typer.Option("--role", help="agent, lead or ops.")] = "agent",
    url: Annotated[
        str, typer.Option("--url", help="Where the service is reached.")
    ] = "http://127.0.0.1:8080",
    minutes: Annotated[
        int, typer.Option("--minutes", min=1, max=1440, help="For how long the link is good.")
    ] = 15,
    desk: _Desk = Path(),
) -> None:
    """Print a link with which somebody signs in to the pages, once."""
    from deskquorum.cli.extras import needing_server
    from deskquorum.host_key import read_host_key
    from deskquorum.policy import load_desk_file

    host_key = read_host_key(os.environ)
    if host_key is None:
        raise InputError("DESKQUORUM_KEY is not set; links are signed with it")
    problems = list[Problem]()
    found = load_desk_file(desk / "policies" / "desk.yaml", problems)
    if found is None or problems:
        raise ConfigError(problems)
    with needing_server():
        from deskquorum.server.sessions import Role, Sessions

        if role not in set(Role):
            raise InputError(f"unknown role '{role}'; roles are {', '.join(Role)}")
        sessions = Sessions(host_key, tenant=found.desk)
        secret = sessions.link(
            name=name, role=Role(role), now=datetime.now(UTC), lasts=timedelta(minutes=minutes)
        )
    typer.echo(f"{url.rstrip('/')}/sign-in#{secret}")


def _ledger(desk: Path, ledger: str | None, *, may_be_new: bool = False) -> Ledger:
    from deskquorum.assembly import ledger_of

    record = ledger_of(desk, ledger, keys=os.environ, may_be_new=may_be_new)
    if not record.database.tenant:
        record.close()
        raise InputError(f"{desk}: no desk whose keys these could be; name its folder with --desk")
    return record


def _scope(word: str) -> Scope:
    from deskquorum.ledger.api_keys import Scope

    try:
        return Scope(word)
    except ValueError:
        raise InputError(f"unknown scope '{word}'; scopes are {', '.join(Scope)}") from None


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([dh])", text)
    if found is None or not int(found[1]):
        raise InputError(f"'{text}' is no duration; write days or hours: 90d, 12h")
    number = int(found[1])
    return timedelta(days=number) if found[2] == "d" else timedelta(hours=number)


class _Row(TypedDict):
    id: str
    name: str
    scopes: list[str]
    state: str
    created_at: str
    expires_at: str | None


def _row(key: ApiKey) -> _Row:
    expires, now = key.expires_at, datetime.now(UTC)
    state = "valid" if key.valid(now) else "revoked" if key.revoked_at else "expired"
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(scope.value for scope in key.scopes),
        "state": state,
        "created_at": key.created_at.isoformat(),
        "expires_at": None if expires is None else expires.isoformat(),
    }
