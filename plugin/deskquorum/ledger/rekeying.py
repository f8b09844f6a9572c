"""Wrapping every key in another host key; what is sealed or hidden with them stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from deskquorum.errors import LedgerError
from deskquorum.ledger.keyring import is_a_key, is_wrapped, unwrapped, wrapped
from deskquorum.ledger.tables import secrets, subject_keys

if TYPE_CHECKING:
    from sqlalchemy import Column

    from deskquorum.ledger.database import Database, Transaction

__all__ = ["Rekeying", "rekey"]

_KEPT = ((subject_keys.c.id, subject_keys.c.key), (secrets.c.name, secrets.c.value))
"""Where keys are kept, each beside what it is bound to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeying:
    """What wrapping anew did."""

    changed: int
    """Keys that are wrapped in the new host key now."""
    unchanged: int
    """Keys that were already."""
    files_clean: bool
    """Whether what was wrapped in the old key is gone from the database's own files too."""


def rekey(database: Database, *, old: bytes | None, new: bytes) -> Rekeying:
    """Wrap the keys of all persons and of digests, of all tenants, anew, in one transaction.

    A second run finds what processes with the old key have made since the first.

    Args:
        database: Where they are.
        old: The host key that they are wrapped in; None where they are bare.
        new: The host key that they shall be wrapped in.

    Raises:
        LedgerError: One is wrapped in neither key, or the database failed; nothing was changed.
    """
    with database.transaction(writing=True) as tx:
        done = [_wrap_anew(tx, *columns, old=old, new=new) for columns in _KEPT]
    clean = [database.forget(name.table.name) for name, _ in _KEPT]
    return Rekeying(
        changed=sum(changed for changed, _ in done),
        unchanged=sum(unchanged for _, unchanged in done),
        files_clean=all(clean),
    )


def _wrap_anew(
    tx: Transaction, name: Column[str], key: Column[str], *, old: bytes | None, new: bytes
) -> tuple[int, int]:
    """Of the keys in a column, how many were changed and how many were not."""
    changed = unchanged = 0
    kept = select(name.label("name"), key.label("key")).where(is_a_key(key))
    for row in tx.connection.execute(kept).all():
        if _is_in(row.key, row.name, new):
            unchanged += 1
            continue
        again = wrapped(unwrapped(row.key, row.name, old), row.name, new)
        tx.connection.execute(update(key.table).where(name == row.name).values({key.name: again}))
        changed += 1
    return changed, unchanged


def _is_in(kept: str, key_id: str, host_key: bytes) -> bool:
    """Whether a key is wrapped in this host key."""
    if not is_wrapped(kept):
        return False
    try:
        unwrapped(kept, key_id, host_key)
    except LedgerError:
        return False
    return True
