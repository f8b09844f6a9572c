"""Wrapping every person's key in another host key; what is sealed with them stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from deskquorum.errors import LedgerError
from deskquorum.ledger.keyring import is_wrapped, unwrapped, wrapped
from deskquorum.ledger.tables import subject_keys

if TYPE_CHECKING:
    from deskquorum.ledger.database import Database

__all__ = ["Rekeying", "rekey"]


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
    """Wrap the keys of all persons, of all tenants, anew, in one transaction.

    A second run finds what processes with the old key have made since the first.

    Args:
        database: Where they are.
        old: The host key that they are wrapped in; None where they are bare.
        new: The host key that they shall be wrapped in.

    Raises:
        LedgerError: One is wrapped in neither key, or the database failed; nothing was changed.
    """
    changed = unchanged = 0
    with database.transaction(writing=True) as tx:
        kept = select(subject_keys.c.id, subject_keys.c.key).where(subject_keys.c.key != "")
        for row in tx.connection.execute(kept).all():
            if _is_in(row.key, row.id, new):
                unchanged += 1
                continue
            again = wrapped(unwrapped(row.key, row.id, old), row.id, new)
            one = update(subject_keys).where(subject_keys.c.id == row.id)
            tx.connection.execute(one.values(key=again))
            changed += 1
    clean = database.forget(subject_keys.name)
    return Rekeying(changed=changed, unchanged=unchanged, files_clean=clean)


def _is_in(kept: str, key_id: str, host_key: bytes) -> bool:
    """Whether a key is wrapped in this host key."""
    if not is_wrapped(kept):
        return False
    try:
        unwrapped(kept, key_id, host_key)
    except LedgerError:
        return False
    return True
