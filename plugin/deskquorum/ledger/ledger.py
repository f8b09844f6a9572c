"""The append-only record of decisions, each entry chained to the one before by its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from deskquorum.domain import Charge, Decision, Evidence, Reason, Route, Usage
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

    from deskquorum.ledger.switches import Stop

__all__ = ["ChainReport", "Entry", "HeldError", "Ledger", "is_database_url", "open_ledger"]

_GENESIS = "0" * 64
"""Stands where the first entry's previous hash would."""

_HASHED = ("seq", "id", "ticket", "recorded_at", "decision", "evidence")
"""Columns that an entry's hash covers, besides the hash before, in this order."""

_PAGE = 500


def _wall_clock() -> datetime:
    return datetime.now(UTC)


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


class HeldError(LedgerError):
    """A decision was not recorded, because it would act by itself and may not."""

    def __init__(self, *, used: Mapping[str, Usage], reasons: tuple[Reason, ...]) -> None:
        """Take what was used of the action's limits, and what was stopped."""
        super().__init__("an action that was stopped, or that would pass a limit")
        self.used = used
        self.reasons = reasons


class Ledger:
    """A ledger in one database; safe to share between threads and processes."""

    def __init__(
        self,
        connect: Callable[[], Engine],
        *,
        clock: Callable[[], datetime] = _wall_clock,
    ) -> None:
        """Take what gives the engine; it is asked on first use, so that loading writes nothing."""
        self._connect = connect
        self._clock = clock
        self._connecting = Lock()
        self._writing = Lock()
        self._engine: Engine | None = None

    def append(
        self,
        decision: Decision,
        evidence: Evidence,
        *,
        charges: Sequence[Charge] = (),
        action_key: str = "",
    ) -> Entry:
        """Record a decision with its evidence, in one transaction.

        INVARIANT: what acts by itself is recorded only while nobody stopped it, and together with
        what it takes from its limits, so that no two requests pass a limit at the same time.

        Args:
            decision: What was decided.
            evidence: What it rests on; recorded with what was used of the limits.
            charges: What the decision's action takes from its limits.
            action_key: Tells that action from every other; the same one is charged once.

        Raises:
            HeldError: The decision would act by itself and may not; nothing was recorded.
            LedgerError: Nothing was recorded.
        """
        from deskquorum.ledger.reservations import take

        recorded_at = self._clock()
        said = decision_to_json(decision)
        # Written down before others have to wait, unless what was used is still to be counted.
        basis = None if charges else evidence_to_json(evidence)
        with self._transaction(writing=True) as connection:
            if charges:
                used = take(
                    connection,
                    charges,
                    action_key=action_key,
                    now=recorded_at,
                    # A decision that is held after all takes nothing: all of this is rolled back.
                    taker=decision.id if decision.route is Route.AUTO else None,
                )
                evidence = replace(evidence, used=used)
            if decision.route is not Route.HUMAN:
                _admit(connection, decision, evidence, charges)
            row = {
                "id": decision.id,
                "ticket": decision.ticket,
                "recorded_at": recorded_at.isoformat(),
                "decision": said,
                "evidence": basis or evidence_to_json(evidence),
            }
            seq, previous, own = _chain(connection, row)
        return Entry(
            seq=seq,
            decision=decision,
            evidence=evidence,
            recorded_at=recorded_at,
            previous_hash=previous,
            hash=own,
        )

    def stop(self, action: str = "", *, by: str, why: str) -> None:
        """Send an action, or without a name everything, to people from the next decision on.

        Raises:
            LedgerError: Nothing was stopped.
        """
        self._throw(action, stopped=True, by=by, why=why)

    def resume(self, action: str = "", *, by: str, why: str) -> None:
        """Undo a stop of the same name.

        Raises:
            LedgerError: Nothing was resumed.
        """
        self._throw(action, stopped=False, by=by, why=why)

    def stops(self) -> tuple[Stop, ...]:
        """What is stopped now.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from deskquorum.ledger import switches

        with self._transaction() as connection:
            return switches.stops(connection)

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

    def _throw(self, action: str, *, stopped: bool, by: str, why: str) -> None:
        from deskquorum.ledger import switches

        with self._transaction(writing=True) as connection:
            switches.throw(connection, action, stopped=stopped, by=by, why=why, at=self._clock())

    def _one(self, query: Select[tuple[object, ...]]) -> Entry | None:
        with self._transaction() as connection:
            row = connection.execute(query).first()
        return None if row is None else _entry(row)

    @contextmanager
    def _transaction(self, *, writing: bool = False) -> Iterator[Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        # Writers of one process queue up here: SQLite lets them poll, and some wait for long.
        turn = self._writing if writing else nullcontext()
        try:
            engine = self._opened().execution_options(writing=writing)
            with turn, engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError, UnicodeError) as exc:
            # The statement's parameters hold the ticket, so only the driver's own words are told,
            # and of them the first line: PostgreSQL shows rows on the next one.
            words = str(getattr(exc, "orig", None) or exc).partition("\n")[0]
            raise LedgerError(f"the ledger failed: {words}") from None

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


def open_ledger(
    where: Path | str,
    *,
    busy_timeout_s: float = 5.0,
    clock: Callable[[], datetime] = _wall_clock,
) -> Ledger:
    """A ledger in an SQLite file, made on first use with the folders above it, or in PostgreSQL.

    Args:
        where: The file, or the URL of a PostgreSQL database.
        busy_timeout_s: Longest wait for another process that is writing.
        clock: Tells when a decision is recorded, which is when limits count it.
    """

    def connect() -> Engine:
        from deskquorum.ledger.engines import postgres_engine, sqlite_engine

        if is_database_url(where):
            return postgres_engine(str(where), busy_timeout_s=busy_timeout_s)
        return sqlite_engine(Path(where), busy_timeout_s=busy_timeout_s)

    return Ledger(connect, clock=clock)


def is_database_url(where: Path | str) -> bool:
    """Whether a ledger's place is a database server, not a file."""
    return isinstance(where, str) and where.startswith(("postgresql:", "postgresql+psycopg:"))


def _admit(
    connection: Connection, decision: Decision, evidence: Evidence, charges: Sequence[Charge]
) -> None:
    from deskquorum.ledger.switches import stops

    named = [] if decision.action is None else [decision.action.name]
    if decision.reply is not None:
        named.append("reply")
    stopped = stops(connection, named)
    acts = decision.route is Route.AUTO
    full = acts and any(not charge.fits(evidence.used[charge.limit]) for charge in charges)
    if stopped or full:
        raise HeldError(used=evidence.used, reasons=tuple(stop.reason for stop in stopped))


def _chain(connection: Connection, row: Mapping[str, str]) -> tuple[int, str, str]:
    """Add a row behind the newest one; its number, the hash before and its own."""
    from sqlalchemy import insert, select

    from deskquorum.ledger.tables import decisions

    newest = select(decisions.c.seq, decisions.c.hash).order_by(decisions.c.seq.desc())
    last = connection.execute(newest.limit(1)).first()
    seq, previous = (1, _GENESIS) if last is None else (last.seq + 1, last.hash)
    own = chain_hash(previous, str(seq), *(row[name] for name in _HASHED[1:]))
    numbered = {**row, "seq": seq, "previous_hash": previous, "hash": own}
    connection.execute(insert(decisions).values(numbered))
    return seq, previous, own
