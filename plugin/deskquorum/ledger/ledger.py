"""The append-only record of decisions, each entry chained to the one before by its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from deskquorum.domain import Decision, Evidence
from deskquorum.errors import LedgerError
from deskquorum.ledger.codec import (
    chain_hash,
    decision_from_json,
    decision_to_json,
    evidence_from_json,
    evidence_to_json,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine, Row, Select

__all__ = ["ChainReport", "Entry", "Ledger", "open_ledger"]

_GENESIS = "0" * 64
"""Stands where the first entry's previous hash would."""

_HASHED = ("seq", "id", "ticket", "recorded_at", "decision", "evidence")
"""Columns that an entry's hash covers, besides the hash before, in this order."""

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded decision."""

    seq: int
    """1-based, without gaps."""
    decision: Decision
    evidence: Evidence
    recorded_at: datetime
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What verifying the chain found."""

    entries: int
    """Entries looked at, the broken one included."""
    first_broken: int | None
    """`seq` of the first entry that does not fit; None when the chain is whole."""


class Ledger:
    """A ledger in one database; safe to share between threads and processes."""

    def __init__(self, connect: Callable[[], Engine]) -> None:
        """Take what gives the engine; it is asked on first use, so that loading writes nothing."""
        self._connect = connect
        self._connecting = Lock()
        self._engine: Engine | None = None

    def append(self, decision: Decision, evidence: Evidence) -> Entry:
        """Record a decision with its evidence, in one transaction.

        Raises:
            LedgerError: Nothing was recorded.
        """
        from sqlalchemy import insert

        from deskquorum.ledger.tables import decisions

        recorded_at = datetime.now(UTC)
        said, basis = decision_to_json(decision), evidence_to_json(evidence)
        with self._transaction(writing=True) as connection:
            last = self._last(connection)
            seq, previous = (1, _GENESIS) if last is None else (last[0] + 1, last[1])
            parts = (str(seq), decision.id, decision.ticket, recorded_at.isoformat(), said, basis)
            own = chain_hash(previous, *parts)
            row = {**dict(zip(_HASHED, parts, strict=True)), "seq": seq}
            connection.execute(insert(decisions).values(**row, previous_hash=previous, hash=own))
        return Entry(
            seq=seq,
            decision=decision,
            evidence=evidence,
            recorded_at=recorded_at,
            previous_hash=previous,
            hash=own,
        )

    def get(self, decision_id: str) -> Entry | None:
        """The entry of a decision, None when there is none.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        return self._one(select(decisions).where(decisions.c.id == decision_id))

    def latest(self, ticket_id: str) -> Entry | None:
        """The newest entry about a ticket, None when there is none.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        about = select(decisions).where(decisions.c.ticket == ticket_id)
        return self._one(about.order_by(decisions.c.seq.desc()).limit(1))

    def entries(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Entry]:
        """Yield the entries recorded from `since` on and before `until`, oldest first.

        They are read page by page, so that a ledger of any length fits into memory and no reader
        is left open for long; what is recorded meanwhile is yielded too.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        query = select(decisions).where(*_within(since, until)).order_by(decisions.c.seq)
        last = 0
        while True:
            with self._transaction() as connection:
                rows = connection.execute(query.where(decisions.c.seq > last).limit(_PAGE)).all()
            yield from map(_entry, rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1].seq

    def count(self, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many entries were recorded from `since` on and before `until`.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import func, select

        from deskquorum.ledger.tables import decisions

        with self._transaction() as connection:
            counted = select(func.count()).select_from(decisions).where(*_within(since, until))
            return connection.execute(counted).scalar_one()

    def verify(self) -> ChainReport:
        """Hash the whole chain again and name the first link that does not hold.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        previous, count = _GENESIS, 0
        hashed = [decisions.c[name] for name in _HASHED]
        query = select(*hashed, decisions.c.previous_hash, decisions.c.hash)
        with self._transaction() as connection:
            # Page by page, so that a ledger of any length fits into memory.
            rows = connection.execution_options(yield_per=_PAGE).execute(
                query.order_by(decisions.c.seq)
            )
            for seq, *parts, before, own in rows:
                count += 1
                # Text, whatever an editor of the file left there.
                expected = chain_hash(previous, str(count), *map(str, parts))
                if (seq, before, own) != (count, previous, expected):
                    return ChainReport(entries=count, first_broken=seq)
                previous = own
        return ChainReport(entries=count, first_broken=None)

    def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _last(self, connection: Connection) -> tuple[int, str] | None:
        """Number and hash of the newest entry."""
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        newest = select(decisions.c.seq, decisions.c.hash).order_by(decisions.c.seq.desc())
        row = connection.execute(newest.limit(1)).first()
        return None if row is None else (row.seq, row.hash)

    def _one(self, query: Select[tuple[object, ...]]) -> Entry | None:
        with self._transaction() as connection:
            row = connection.execute(query).first()
        return None if row is None else _entry(row)

    @contextmanager
    def _transaction(self, *, writing: bool = False) -> Iterator[Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            engine = self._opened().execution_options(writing=writing)
            with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError, UnicodeError) as exc:
            # The statement's parameters hold the ticket, so only the driver's own words are told.
            raise LedgerError(f"the ledger failed: {getattr(exc, 'orig', None) or exc}") from None

    def _opened(self) -> Engine:
        with self._connecting:
            if self._engine is None:
                self._engine = self._connect()
            return self._engine


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(
        seq=row.seq,
        decision=decision_from_json(row.decision),
        evidence=evidence_from_json(row.evidence),
        recorded_at=datetime.fromisoformat(row.recorded_at),
        previous_hash=row.previous_hash,
        hash=row.hash,
    )


def _within(since: datetime | None, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    """The time of recording is text in UTC, which sorts as its moments do."""
    from deskquorum.ledger.tables import decisions

    if since is not None:
        yield decisions.c.recorded_at >= since.astimezone(UTC).isoformat()
    if until is not None:
        yield decisions.c.recorded_at < until.astimezone(UTC).isoformat()


def open_ledger(path: Path, *, busy_timeout_s: float = 5.0) -> Ledger:
    """A ledger in an SQLite file, made on first use with the folders above it.

    Args:
        path: The file.
        busy_timeout_s: Longest wait for another process that is writing.
    """

    def connect() -> Engine:
        from deskquorum.ledger.tables import sqlite_engine

        return sqlite_engine(path, busy_timeout_s=busy_timeout_s)

    return Ledger(connect)
