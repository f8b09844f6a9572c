"""Rows that a link of the chain stands for: labels, draws and choices of audits, by one hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from deskquorum.ledger.codec import chain_hash
from deskquorum.ledger.tables import audits, chosen_audits, labels, proofs

if TYPE_CHECKING:
    from sqlalchemy import Table

    from deskquorum.ledger.database import Transaction

__all__ = ["digest_of", "is_proved", "rows_digest", "unproved_rows"]

_HASHED: Mapping[str, tuple[Table, Sequence[str]]] = {
    "labels": (labels, ("id", "tenant", "decision", "question", "label", "source", "by", "at_us")),
    "audits": (
        audits,
        ("decision", "tenant", "ticket", "batch", "stratum", "inclusion", "until_us", "drawn_us"),
    ),
    "chosen_audits": (chosen_audits, ("decision", "tenant", "ticket", "batch", "chosen_us")),
}
"""Columns of a row that its hash covers, in this order."""


def digest_of(table: str, rows: Iterable[Mapping[str, object]]) -> str:
    """One hash of rows of a table, in whatever order they come."""
    _, names = _HASHED[table]
    return rows_digest([row[name] for name in names] for row in rows)


def rows_digest(rows: Iterable[Sequence[object]]) -> str:
    """SHA-256 over the hashes of rows, sorted, as databases sort texts each in their own way."""
    return chain_hash("", *sorted(chain_hash("", *map(str, row)) for row in rows))


def is_proved(tx: Transaction, proof: Mapping[str, object]) -> bool:
    """Whether the rows that a link stands for are those that were written with it."""
    found = _HASHED.get(str(proof["covers"]))
    if found is None:
        return False
    table, names = found
    rows = select(*(table.c[name] for name in names)).where(table.c.proof == proof["id"])
    return rows_digest(map(tuple, tx.connection.execute(rows))) == proof["digest"]


def unproved_rows(tx: Transaction) -> int:
    """How many rows stand in their table, and no link stands for them."""
    return sum(
        tx.connection.execute(
            select(func.count())
            .select_from(table)
            .where(~exists().where(proofs.c.covers == name, proofs.c.id == table.c.proof))
        ).scalar_one()
        for name, (table, _) in _HASHED.items()
    )
