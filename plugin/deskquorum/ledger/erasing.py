"""To erase a person, or what is too old, is to destroy the keys that it is sealed with.

The sealed texts stay where they are, so the chain of hashes holds and every count stays the same.
What somebody still has to work on is not erased from under them, unless it is forced.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, insert, or_, select, union, update

from deskquorum.errors import LedgerError
from deskquorum.ledger.keyring import key_id_of
from deskquorum.ledger.secrets import keyed_hash
from deskquorum.ledger.tables import decisions, erasures, executions, intake, reviews, subject_keys

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, CompoundSelect, Select

    from deskquorum.ledger.database import Database, Transaction

__all__ = ["Erasure", "OpenWorkError", "Retention", "erase", "key_ids", "owners", "retain"]

_CLOSED = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Rows of one table that somebody still has to work on."""

    sealed: Column[str]
    decision: Column[str]
    is_open: ColumnElement[bool]


_WORK: Mapping[str, _Work] = {
    "accepted tickets": _Work(
        sealed=intake.c.request, decision=intake.c.decision, is_open=intake.c.state == "open"
    ),
    "reviews": _Work(
        sealed=reviews.c.suggestion, decision=reviews.c.decision, is_open=reviews.c.state == "open"
    ),
    "executions": _Work(
        sealed=executions.c.args,
        decision=executions.c.decision,
        is_open=executions.c.state.not_in(_CLOSED),
    ),
}


class OpenWorkError(LedgerError):
    """Somebody still has to work on what is about the person; nothing was erased."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Take how much is open, by kind."""
        self.counts = counts
        told = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        super().__init__(f"still open about this person: {told}; close them first, or use --force")


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What an erasure did."""

    keys: int
    """Keys destroyed."""
    earlier: int
    """Keys of the person that had been destroyed before."""
    entries: int
    """Recorded decisions about the person, none of which can be read any more."""
    in_clear: int
    """Entries of the desk from before values were sealed: nobody can tell whose, nor erase them."""
    files_clean: bool
    """Whether the old bytes are gone from the database's own files too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What destroying keys by their age did, or would do."""

    keys: int
    """Keys destroyed."""
    held: int
    """Keys as old that open work still needs."""
    in_clear: int
    """Entries as old from before values were sealed, which nobody can erase."""
    files_clean: bool
    """Whether the old bytes are gone from the database's own files too."""


def erase(
    database: Database,
    subjects: Sequence[str],
    *,
    by: str,
    why: str,
    tickets: Sequence[str] = (),
    force: bool = False,
) -> Erasure:
    """Destroy every key of a person.

    Args:
        database: Whose tenant's person it is.
        subjects: Names of the person, as `Ticket.subject` gives them.
        by: Who erases.
        why: In words for colleagues, without the person's name: this is kept.
        tickets: Tickets of the person.
        force: Erase what somebody still has to work on too.

    Raises:
        OpenWorkError: Something is still open, and it is not forced.
        LedgerError: Nothing was erased.
    """
    with database.transaction(writing=True) as tx:
        whose = owners(tx, subjects, tickets)
        if not force and (counts := _open_work(tx, whose)):
            raise OpenWorkError(counts)
        # New keys carry no date, so all that have one were destroyed before.
        earlier = _count(tx, subject_keys.c.subject.in_(whose), _is_destroyed())
        keys = sum(_destroy_of(tx, owner, by=by, why=why) for owner in whose)
    clean = database.forget(subject_keys.name)
    with database.transaction() as tx:
        return Erasure(
            keys=keys,
            earlier=earlier,
            entries=_entries(tx, key_id_of(decisions.c.decision).in_(key_ids(tx, whose))),
            in_clear=_entries(tx, key_id_of(decisions.c.decision).is_(None)),
            files_clean=clean,
        )


def retain(database: Database, before: datetime, *, by: str, dry_run: bool = False) -> Retention:
    """Destroy the keys of all months that ended before a moment.

    Args:
        database: Whose tenant's keys they are.
        before: Zoned; keys of its own month stay.
        by: Who has it done.
        dry_run: Only count.

    Raises:
        LedgerError: Nothing was destroyed.
    """
    month = f"{before.astimezone(UTC):%Y-%m}"
    with database.transaction(writing=not dry_run) as tx:
        old = (subject_keys.c.month < month, ~_is_destroyed())
        needed = subject_keys.c.id.in_(_in_use())
        held = _count(tx, *old, needed)
        keys = _count(tx, *old, ~needed) if dry_run else _destroy(tx, *old, ~needed)
        if keys and not dry_run:
            _note(tx, None, by=by, why=f"retention: before {month}", keys=keys)
        plain = (key_id_of(decisions.c.decision).is_(None), decisions.c.recorded_at < month)
        in_clear = _entries(tx, *plain)
    clean = dry_run or database.forget(subject_keys.name)
    return Retention(keys=keys, held=held, in_clear=in_clear, files_clean=clean)


def owners(tx: Transaction, subjects: Sequence[str], tickets: Sequence[str] = ()) -> list[str]:
    """Keyed hashes under which a person's keys stand, the person of a ticket found by its rows."""
    names = {*subjects, *(f"ticket:{ticket}" for ticket in tickets)}
    found = {keyed_hash(tx.connection, "subjects", name) for name in names}
    if tickets:
        about = [
            (decisions.c.decision, decisions.c.ticket),
            (intake.c.request, intake.c.conversation),
            (intake.c.answer, intake.c.conversation),
        ]
        ids = union(*(select(key_id_of(text)).where(at.in_(tickets)) for text, at in about))
        named = select(subject_keys.c.subject).where(
            subject_keys.c.tenant == tx.tenant, subject_keys.c.id.in_(ids)
        )
        found |= set(tx.connection.execute(named).scalars())
    return sorted(found)


def key_ids(tx: Transaction, whose: Sequence[str]) -> Select[tuple[str]]:
    """The ids of all keys of a person, destroyed ones too, as a query."""
    return select(subject_keys.c.id).where(
        subject_keys.c.tenant == tx.tenant, subject_keys.c.subject.in_(whose)
    )


def _open_work(tx: Transaction, whose: Sequence[str]) -> Mapping[str, int]:
    """How much of each kind is still open about a person, as far as anything is."""
    ids = key_ids(tx, whose)
    counts = {}
    for kind, work in _WORK.items():
        decided = exists().where(
            decisions.c.id == work.decision, key_id_of(decisions.c.decision).in_(ids)
        )
        theirs = or_(key_id_of(work.sealed).in_(ids), decided)
        counted = select(func.count()).select_from(work.sealed.table)
        counts[kind] = tx.connection.execute(counted.where(work.is_open, theirs)).scalar_one()
    return {kind: number for kind, number in counts.items() if number}


def _in_use() -> CompoundSelect[tuple[str | None]]:
    """The ids of all keys that open work needs."""
    queries = []
    for work in _WORK.values():
        decided = decisions.c.id.in_(select(work.decision).where(work.is_open))
        needed = [(work.sealed, work.is_open), (decisions.c.decision, decided)]
        for text, which in needed:
            # One NULL in a list would make everything seem to be on it.
            queries.append(select(key_id_of(text)).where(which, key_id_of(text).is_not(None)))
    return union(*queries)


def _destroy_of(tx: Transaction, owner: str, *, by: str, why: str) -> int:
    keys = _destroy(tx, subject_keys.c.subject == owner, ~_is_destroyed())
    if keys:
        _note(tx, owner, by=by, why=why, keys=keys)
    return keys


def _destroy(tx: Transaction, *which: ColumnElement[bool]) -> int:
    destroying = update(subject_keys).where(subject_keys.c.tenant == tx.tenant, *which)
    values = {"key": "", "destroyed_at": tx.now.isoformat()}
    return tx.connection.execute(destroying.values(values)).rowcount


def _note(tx: Transaction, owner: str | None, *, by: str, why: str, keys: int) -> None:
    row = {
        "id": f"x_{random.token_hex(16)}",
        "tenant": tx.tenant,
        "subject": owner,
        "by": by,
        "why": why,
        "at_us": tx.now_us,
        "keys": keys,
    }
    tx.connection.execute(insert(erasures).values(row))


def _is_destroyed() -> ColumnElement[bool]:
    return subject_keys.c.destroyed_at.is_not(None)


def _count(tx: Transaction, *which: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(subject_keys)
    own = subject_keys.c.tenant == tx.tenant
    return tx.connection.execute(counted.where(own, *which)).scalar_one()


def _entries(tx: Transaction, *which: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(decisions)
    own = decisions.c.tenant.in_({tx.tenant, ""})
    return tx.connection.execute(counted.where(own, *which)).scalar_one()
