"""The append-only record of decisions, each entry chained to the one before by its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from deskquorum.domain import Charge, Decision, Evidence, Reason, Route, Usage
from deskquorum.errors import LedgerError
from deskquorum.ledger.codec import (
    decision_from_json,
    decision_to_json,
    evidence_from_json,
    evidence_to_json,
)
from deskquorum.ledger.database import Database, ErasedError, Transaction, wall_clock

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine, Row, Select

    from deskquorum.ledger.chain import Link
    from deskquorum.ledger.switches import Stop

__all__ = ["Also", "ChainReport", "Entry", "HeldError", "Ledger", "is_database_url", "open_ledger"]

_PAGE = 500

Also = Callable[[Transaction], None]
"""Something written in the transaction that records a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded decision."""

    seq: int
    """Its place in the chain, from 1; verdicts and proofs of labels have places too."""
    decision: Decision
    evidence: Evidence
    recorded_at: datetime
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What verifying the chain found."""

    entries: int
    """Links looked at, the broken one included."""
    first_broken: int | None
    """`seq` of the first one that does not fit; None when the chain is whole."""
    unproved_reviews: int = 0
    """Reviews that are called resolved and have no verdict in the chain, or the other way round;
    and those that are called settled where no order of the conversation is done."""
    unproved_labels: int = 0
    """Audited labels and draws of audits for which no link of the chain stands."""

    @property
    def is_whole(self) -> bool:
        """Whether all is as it was recorded."""
        unproved = self.unproved_reviews + self.unproved_labels
        return self.first_broken is None and not unproved


class HeldError(LedgerError):
    """A decision was not recorded, because it would act by itself and may not."""

    def __init__(
        self, *, reasons: tuple[Reason, ...], used: Mapping[str, Usage] | None = None
    ) -> None:
        """Take why, and what was used of the action's limits where that was counted."""
        super().__init__("an action that may not be done by itself as it was decided")
        self.used = used
        self.reasons = reasons


class Ledger:
    """A ledger in one database; safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        """Take the database that it stands in."""
        self.database = database
        self.on_append: Callable[[float], None] | None = None
        """Told how many seconds each record took, whether or not it was written; for metrics."""

    def append(
        self,
        decision: Decision,
        evidence: Evidence,
        *,
        charges: Sequence[Charge] = (),
        action_key: str = "",
        subject: str = "",
        also: Sequence[Also] = (),
    ) -> Entry:
        """Record a decision with its evidence, in one transaction.

        INVARIANT: what acts by itself is recorded only while nobody stopped it, and together with
        what it takes from its limits, so that no two requests pass a limit at the same time.

        Args:
            decision: What was decided.
            evidence: What it rests on; recorded with what was used of the limits.
            charges: What the decision's action takes from its limits.
            action_key: Tells that action from every other; the same one is charged once.
            subject: Whom the ticket is about, whose key seals the entry; empty is the ticket alone.
            also: What else is written with it, or not at all: a place in the outbox or the queue.

        Raises:
            HeldError: The decision would act by itself and may not; nothing was recorded.
            LedgerError: Nothing was recorded.
        """
        said = decision_to_json(decision)
        # Written down before others have to wait, unless what was used is still to be counted.
        basis = None if charges else evidence_to_json(evidence)

        def write(tx: Transaction) -> Entry:
            found = _charged(tx, decision, evidence, charges, action_key)
            texts = {"decision": said, "evidence": basis or evidence_to_json(found)}
            link = _linked(tx, decision, texts, subject or f"ticket:{decision.ticket}")
            for add in also:
                add(tx)
            return Entry(decision=decision, evidence=found, recorded_at=tx.now, **link)

        with self._timed():
            return self.database.write(write)

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

        with self.database.transaction() as tx:
            return switches.stops(tx)

    def get(self, decision_id: str) -> Entry | None:
        """The entry of a decision, None when there is none.

        Raises:
            ErasedError: It was erased.
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        return self._one(select(decisions).where(decisions.c.id == decision_id))

    def latest(self, ticket_id: str) -> Entry | None:
        """The newest entry about a ticket, None when there is none.

        Raises:
            ErasedError: It was erased.
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
        is left open for long; what is recorded meanwhile is yielded too, what was erased is not.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import select

        from deskquorum.ledger.tables import decisions

        about = (self._own(), *_within(since, until))
        query = select(decisions).where(*about).order_by(decisions.c.seq)
        last = 0
        while True:
            with self.database.transaction() as tx:
                page = query.where(decisions.c.seq > last).limit(_PAGE)
                rows = tx.connection.execute(page).all()
                entries = [entry for row in rows if (entry := _kept(tx, row)) is not None]
            yield from entries
            if len(rows) < _PAGE:
                return
            last = rows[-1].seq

    def count(self, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many entries were recorded from `since` on and before `until`, erased ones too.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from sqlalchemy import func, select

        from deskquorum.ledger.tables import decisions

        about = (self._own(), *_within(since, until))
        with self.database.transaction() as tx:
            counted = select(func.count()).select_from(decisions).where(*about)
            return tx.connection.execute(counted).scalar_one()

    def verify(self) -> ChainReport:
        """Hash the whole chain, of all tenants, again and name the first link that does not hold.

        Raises:
            LedgerError: The ledger can't be read.
        """
        from deskquorum.ledger.chain import verify_chain

        with self.database.transaction() as tx:
            return verify_chain(tx)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        finally:
            if self.on_append is not None:
                self.on_append(perf_counter() - began)

    def _throw(self, action: str, *, stopped: bool, by: str, why: str) -> None:
        from deskquorum.ledger import switches

        with self.database.transaction(writing=True) as tx:
            switches.throw(tx, action, stopped=stopped, by=by, why=why)

    def _one(self, query: Select[tuple[object, ...]]) -> Entry | None:
        with self.database.transaction() as tx:
            row = tx.connection.execute(query.where(self._own())).first()
            return None if row is None else _entry(tx, row)

    def _own(self) -> ColumnElement[bool]:
        """Without a tenant, as for maintenance, everybody's."""
        from sqlalchemy import true

        from deskquorum.ledger.tables import decisions

        tenant = self.database.tenant
        return decisions.c.tenant.in_({tenant, ""}) if tenant else true()


def _kept(tx: Transaction, row: Row[tuple[object, ...]]) -> Entry | None:
    try:
        return _entry(tx, row)
    except ErasedError:
        return None


def _entry(tx: Transaction, row: Row[tuple[object, ...]]) -> Entry:
    said = tx.keyring.open(row.decision, of=f"decision {row.id}", tenant=row.tenant)
    basis = tx.keyring.open(row.evidence, of=f"evidence {row.id}", tenant=row.tenant)
    return Entry(
        seq=row.seq,
        decision=decision_from_json(said),
        evidence=evidence_from_json(basis),
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
    clock: Callable[[], datetime] = wall_clock,
    tenant: str = "",
    host_key: bytes | None = None,
) -> Ledger:
    """A ledger in an SQLite file, made on first use with the folders above it, or in PostgreSQL.

    Args:
        where: The file, or the URL of a PostgreSQL database.
        busy_timeout_s: Longest wait for another process that is writing.
        clock: Tells when a decision is recorded, which is when limits count it.
        tenant: Name of the desk, where several share a database.
        host_key: 32 bytes of the host's own, in which the keys of persons are wrapped.
    """

    def connect() -> Engine:
        from deskquorum.ledger.engines import postgres_engine, sqlite_engine

        if is_database_url(where):
            return postgres_engine(str(where), busy_timeout_s=busy_timeout_s)
        return sqlite_engine(Path(where), busy_timeout_s=busy_timeout_s)

    return Ledger(Database(connect, clock=clock, tenant=tenant, host_key=host_key))


def is_database_url(where: Path | str) -> bool:
    """Whether a ledger's place is a database server, not a file."""
    return isinstance(where, str) and where.startswith(("postgresql:", "postgresql+psycopg:"))


def _charged(
    tx: Transaction,
    decision: Decision,
    evidence: Evidence,
    charges: Sequence[Charge],
    action_key: str,
) -> Evidence:
    """The evidence with what was used of the limits, which the decision takes from.

    Raises:
        HeldError: The decision would act by itself and may not.
    """
    from deskquorum.ledger.reservations import take

    if charges:
        # A decision that is held after all takes nothing: all of this is rolled back.
        taker = decision.id if decision.route is Route.AUTO else None
        used = take(tx, charges, action_key=action_key, taker=taker)
        evidence = replace(evidence, used=used)
    if decision.route is not Route.HUMAN:
        _admit(tx, decision, evidence, charges)
    return evidence


def _linked(tx: Transaction, decision: Decision, texts: Mapping[str, str], subject: str) -> Link:
    """Where the decision stands in the chain, its texts sealed."""
    from deskquorum.ledger.chain import add_link
    from deskquorum.ledger.tables import decisions

    sealed = {
        name: tx.keyring.seal(text, subject=subject, of=f"{name} {decision.id}")
        for name, text in texts.items()
    }
    row = {"id": decision.id, "ticket": decision.ticket, "recorded_at": tx.now.isoformat()}
    return add_link(tx, decisions, row | sealed)


def _admit(
    tx: Transaction, decision: Decision, evidence: Evidence, charges: Sequence[Charge]
) -> None:
    from deskquorum.ledger.switches import stops

    named = [] if decision.action is None else [decision.action.name]
    if decision.reply is not None:
        named.append("reply")
    stopped = stops(tx, named)
    acts = decision.route is Route.AUTO
    full = acts and any(not charge.fits(evidence.used[charge.limit]) for charge in charges)
    if stopped or full:
        raise HeldError(used=evidence.used, reasons=tuple(stop.reason for stop in stopped))
