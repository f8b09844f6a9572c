"""The record as rows for others to read: decisions and evidence opened, with the chain's hashes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from deskquorum.domain import JsonValue
from deskquorum.ledger.database import ErasedError
from deskquorum.ledger.erasing import key_ids, owners
from deskquorum.ledger.keyring import key_id_of
from deskquorum.ledger.tables import decisions

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row

    from deskquorum.ledger.database import Database, Transaction

__all__ = ["exported"]

_PAGE = 500


def exported(
    database: Database,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tickets: Sequence[str] = (),
    subjects: Sequence[str] = (),
) -> Iterator[dict[str, JsonValue]]:
    """Yield the desk's entries, oldest first; of one that was erased only what is not sealed.

    Args:
        database: Whose tenant's entries they are.
        since: From when on; zoned.
        until: Before when; zoned.
        tickets: Only those about these tickets.
        subjects: Only those about these persons, named as `Ticket.subject` names them.

    Raises:
        LedgerError: The ledger can't be read.
    """
    last = 0
    while True:
        with database.transaction() as tx:
            which = [*_which(tx, since, until, tickets, subjects), decisions.c.seq > last]
            page = select(decisions).where(*which).order_by(decisions.c.seq).limit(_PAGE)
            rows = tx.connection.execute(page).all()
            lines = [_line(tx, row) for row in rows]
        yield from lines
        if len(rows) < _PAGE:
            return
        last = rows[-1].seq


def _which(
    tx: Transaction,
    since: datetime | None,
    until: datetime | None,
    tickets: Sequence[str],
    subjects: Sequence[str],
) -> Iterator[ColumnElement[bool]]:
    yield decisions.c.tenant.in_({tx.tenant, ""})
    if since is not None:
        yield decisions.c.recorded_at >= since.astimezone(UTC).isoformat()
    if until is not None:
        yield decisions.c.recorded_at < until.astimezone(UTC).isoformat()
    if tickets:
        yield decisions.c.ticket.in_(tickets)
    if subjects:
        yield key_id_of(decisions.c.decision).in_(key_ids(tx, owners(tx, subjects)))


def _line(tx: Transaction, row: Row[tuple[object, ...]]) -> dict[str, JsonValue]:
    plain: dict[str, JsonValue] = {
        "seq": row.seq,
        "id": row.id,
        "ticket": row.ticket,
        "recorded_at": row.recorded_at,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }
    try:
        said = tx.keyring.open(row.decision, of=f"decision {row.id}", tenant=row.tenant)
        basis = tx.keyring.open(row.evidence, of=f"evidence {row.id}", tenant=row.tenant)
    except ErasedError:
        return plain | {"erased": True}
    return plain | {"erased": False, "decision": json.loads(said), "evidence": json.loads(basis)}
