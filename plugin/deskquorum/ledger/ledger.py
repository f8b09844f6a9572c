"""The append-only record of decisions, each entry chained to the one before by its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
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
    from sqlalchemy import Connection, Engine, Select

__all__ = ["ChainReport", "Entry", "Ledger", "open_ledger"]

_GENESIS = "0" * 64
"""Stands where the first entry's previous hash would."""


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
    first_broken: int | None
    """`seq` of the first entry that does not fit; None when the chain is whole."""


class Ledger:
    """A ledger in one database; safe to share between threads and processes."""

    def __init__(self, connect: Callable[[], Engine]) -> None:
        """Take what gives the engine; it is asked on first use, so that loading writes nothing."""
        self._connect = connect
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
        with self._transaction() as connection:
            last = self._last(connection)
            seq, previous = (1, _GENESIS) if last is None else (last[0] + 1, last[1])
            own = chain_hash(previous, str(seq), recorded_at.isoformat(), said, basis)
            connection.execute(
                insert(decisions).values(
                    seq=seq,
                    id=decision.id,
                    ticket=decision.ticket,
                    recorded_at=recorded_at.isoformat(),
                    decision=said,
                    evidence=basis,
                    previous_hash=previous,
                    hash=own,
                )
            )
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

    def verify(self) -> ChainReport:
        """Hash the whole chain again and name the first link that does not hold.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        previous, count = _GENESIS, 0
        with self._transaction() as connection:
            rows = connection.execute(select(decisions).order_by(decisions.c.seq))
            for row in rows:
                count += 1
                parts = (str(count), row.recorded_at, row.decision, row.evidence)
                expected = chain_hash(previous, *parts)
                if (row.seq, row.previous_hash, row.hash) != (count, previous, expected):
                    return ChainReport(entries=count, first_broken=row.seq)
                previous = row.hash
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
        if row is None:
            return None
        return Entry(
            seq=row.seq,
            decision=decision_from_json(row.decision),
            evidence=evidence_from_json(row.evidence),
            recorded_at=datetime.fromisoformat(row.recorded_at),
            previous_hash=row.previous_hash,
            hash=row.hash,
        )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            if self._engine is None:
                self._engine = self._connect()
            with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as exc:
            # The statement's parameters hold the ticket, so only the driver's own words are told.
            raise LedgerError(f"the ledger failed: {getattr(exc, 'orig', None) or exc}") from None


def open_ledger(path: Path) -> Ledger:
    """A ledger in an SQLite file, made on first use with the folders above it."""

    def connect() -> Engine:
        from deskquorum.ledger.tables import sqlite_engine

        return sqlite_engine(path)

    return Ledger(connect)
