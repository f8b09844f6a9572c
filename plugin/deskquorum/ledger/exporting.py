"""The record as rows for others to read: everything that happened, with sealed values opened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, tuple_

from deskquorum.domain import JsonValue
from deskquorum.ledger.database import ErasedError, microseconds, moment
from deskquorum.ledger.erasing import key_ids, owners
from deskquorum.ledger.export_kinds import KINDS, Kind
from deskquorum.ledger.keyring import key_id_of
from deskquorum.ledger.tables import decisions

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, RowMapping

    from deskquorum.ledger.database import Database, Transaction

__all__ = ["Line", "exported"]

Line = dict[str, JsonValue | float]
"""One record; a probability is a number."""

_PAGE = 500
_BEFORE_TENANTS = frozenset({"decision", "stop", "proof"})
"""Kinds whose rows with an empty tenant are every desk's."""
_YES_OR_NO = frozenset({"stopped", "doubt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Which rows are exported."""

    since: datetime | None
    until: datetime | None
    tickets: Sequence[str]
    subjects: Sequence[str]


def exported(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tickets: Sequence[str] = (),
    subjects: Sequence[str] = (),
) -> Iterator[Line]:
    """Yield the desk's records, kind by kind and oldest first, each with its kind as `record`.

    Of what was erased only what is not sealed is told, and `erased` is true. Rows are read page by
    page, so that a ledger of any length fits into memory.

    Args:
        database: Whose tenant's records they are.
        since: From when on; zoned.
        until: Before when; zoned.
        tickets: Only those about these tickets.
        subjects: Only those about these persons, named as `Ticket.subject` names them.

    Raises:
        LedgerError: The ledger can't be read.
    """
    wanted = _Wanted(since=since, until=until, tickets=tickets, subjects=subjects)
    for kind in KINDS:
        if kind.link is not None or not (tickets or subjects):
            yield from _of_kind(database, kind, wanted)


def _of_kind(database: Database, kind: Kind, wanted: _Wanted) -> Iterator[Line]:
    place = [kind.table.c[name] for name in kind.order]
    later: list[ColumnElement[bool]] = []
    while True:
        with database.transaction() as tx:
            which = (*_which(tx, kind, wanted), *later)
            page = select(kind.table).where(*which).order_by(*place).limit(_PAGE)
            rows = tx.connection.execute(page).mappings().all()
            lines = [_line(tx, kind, row) for row in rows]
        yield from lines
        if len(rows) < _PAGE:
            return
        later = [tuple_(*place) > tuple_(*(rows[-1][column] for column in place))]


def _which(tx: Transaction, kind: Kind, wanted: _Wanted) -> Iterator[ColumnElement[bool]]:
    tenant, at = kind.table.c.tenant, kind.table.c[kind.at]
    yield tenant.in_({tx.tenant, ""} if kind.name in _BEFORE_TENANTS else {tx.tenant})
    if wanted.until is not None:
        yield at < _written(kind, wanted.until)
    if wanted.since is not None:
        yield at >= _written(kind, wanted.since)
    if wanted.tickets:
        yield _named(kind, decisions.c.ticket.in_(wanted.tickets), tickets=wanted.tickets)
    if wanted.subjects:
        whose = owners(tx, wanted.subjects)
        ids = key_ids(tx, whose)
        theirs = [key_id_of(kind.table.c[name]).in_(ids) for name in kind.sealed]
        yield or_(_named(kind, key_id_of(decisions.c.decision).in_(ids), owners=whose), *theirs)


def _named(
    kind: Kind,
    which: ColumnElement[bool],
    *,
    tickets: Sequence[str] = (),
    owners: Sequence[str] = (),
) -> ColumnElement[bool]:
    """Whether a row is about certain decisions, their tickets, these tickets or these persons."""
    name, names = kind.link or ("tenant", "person")
    column = kind.table.c[name]
    if names == "person":
        return column.in_(owners)
    of = decisions.c.id if names == "decision" else decisions.c.ticket
    found = column.in_(select(of).where(which))
    return or_(found, column.in_(tickets)) if names == "ticket" else found


def _written(kind: Kind, at: datetime) -> int | str:
    """A moment as the kind's table holds it."""
    return microseconds(at) if kind.at.endswith("_us") else at.astimezone(UTC).isoformat()


def _line(tx: Transaction, kind: Kind, row: RowMapping) -> Line:
    line: Line = {"record": kind.name}
    line |= {_name(column): _plain(column, row[column]) for column in kind.told}
    if not kind.sealed:
        return line
    line["erased"] = False
    for column, noun in kind.sealed.items():
        sealed, of = row[column], f"{noun} {row[kind.id]}"
        if sealed is None:
            continue
        try:
            line[column] = json.loads(tx.keyring.open(sealed, of=of, tenant=row["tenant"]))
        except ErasedError:
            line["erased"] = True
    return line


def _name(column: str) -> str:
    """`at_us` is told as `at`, `due_us` as `due_at`."""
    if not column.endswith("_us"):
        return column
    return "at" if column == "at_us" else f"{column.removesuffix('_us')}_at"


def _plain(column: str, value: str | float | None) -> JsonValue | float:
    if column.endswith("_us") and isinstance(value, int):
        return moment(value).isoformat()
    if column in _YES_OR_NO:
        return bool(value)
    if column == "reasons":
        reasons: JsonValue = json.loads(str(value))
        return reasons
    return value
