"""The database that a ledger and the tables beside it stand in: transactions, by one writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from anyio import CancelScope, to_thread

from deskquorum.errors import LedgerError
from deskquorum.ledger.writing import Writer

if TYPE_CHECKING:
    from concurrent.futures import Future

    from sqlalchemy import Connection, Engine

    from deskquorum.ledger.keyring import Keyring

__all__ = [
    "Database",
    "ErasedError",
    "Transaction",
    "microseconds",
    "moment",
    "told",
    "wall_clock",
]

_T = TypeVar("_T")

_EPOCH = datetime.fromtimestamp(0, UTC)


def wall_clock() -> datetime:
    """The present time, in UTC."""
    return datetime.now(UTC)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, as moments that are compared stand in the tables."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class ErasedError(LedgerError):
    """What is asked for was erased: its key was destroyed, by request or by its age."""


def moment(us: int) -> datetime:
    """A moment from the tables, in UTC."""
    return _EPOCH + timedelta(microseconds=us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What one piece of work in the database needs; all of it is committed, or nothing."""

    connection: Connection
    now: datetime
    """When it began, in UTC."""
    tenant: str
    """Whose rows are read and written; those of other tenants do not exist here."""
    keyring: Keyring
    """Seals and opens what is about a person."""

    @property
    def now_us(self) -> int:
        """When it began, in microseconds since 1970."""
        return microseconds(self.now)

    def after_us(self, seconds: float) -> int:
        """The moment that many seconds later, in microseconds since 1970."""
        return self.now_us + round(seconds * 1_000_000)


class Database:
    """One database, seen as one tenant; safe to share between threads and processes."""

    def __init__(
        self,
        connect: Callable[[], Engine],
        *,
        clock: Callable[[], datetime] = wall_clock,
        tenant: str = "",
        host_key: bytes | None = None,
    ) -> None:
        """Take what gives the engine; it is asked on first use, so that loading writes nothing.

        Args:
            connect: Gives the engine, its tables up to date.
            clock: Tells when something is written.
            tenant: Name of the desk whose rows these are.
            host_key: 32 bytes that the keys of persons are wrapped in; None leaves them bare.
        """
        self._connect = connect
        self._clock = clock
        self._connecting = Lock()
        self._writing = Lock()
        self._engine: Engine | None = None
        self._writer = Writer(self)
        self._host_key = host_key
        self.tenant = tenant

    @property
    def has_host_key(self) -> bool:
        """Whether values that were not redacted may be kept here, sealed."""
        return self._host_key is not None

    @contextmanager
    def transaction(self, *, writing: bool = False) -> Iterator[Transaction]:
        """Work that is committed as a whole; writers of all processes take turns.

        Raises:
            LedgerError: The database failed; nothing was written.
        """
        from sqlalchemy.exc import SQLAlchemyError

        # Writers of one process queue up here: SQLite lets them poll, and some wait for long.
        turn = self._writing if writing else nullcontext()
        try:
            engine = self._opened().execution_options(writing=writing)
            with turn, engine.begin() as connection:
                yield self.begun(connection)
        except (SQLAlchemyError, OSError, UnicodeError) as exc:
            raise told(exc) from None

    def begun(self, connection: Connection) -> Transaction:
        """A piece of work of its own in a transaction that has begun.

        Its keyring is its own too: a key that is made for what is then undone is undone as well.
        """
        from deskquorum.ledger.keyring import Keyring

        now = self._clock()
        keyring = Keyring(connection, tenant=self.tenant, host_key=self._host_key, now=now)
        return Transaction(connection=connection, now=now, tenant=self.tenant, keyring=keyring)

    def submit(self, work: Callable[[Transaction], _T]) -> Future[_T]:
        """Have something written, committed together with what others have to write just then.

        Whatever the work raises, or a `LedgerError` where the database failed, is the future's.

        Raises:
            LedgerError: Too many wait.
        """
        return self._writer.submit(work)

    def write(self, work: Callable[[Transaction], _T]) -> _T:
        """The same, and wait for it.

        Raises:
            LedgerError: The database failed; nothing was written.
        """
        return self.submit(work).result()

    def forget(self, table: str) -> bool:
        """Have the database's own files let go of what was overwritten in a table, if they can.

        Raises:
            LedgerError: The database can't be reached.
        """
        from sqlalchemy.exc import SQLAlchemyError

        from deskquorum.ledger.engines import forget

        try:
            return forget(self._opened(), table)
        except (SQLAlchemyError, OSError) as exc:
            raise LedgerError(f"the ledger failed: {type(exc).__name__}") from None

    async def run(self, work: Callable[[Transaction], _T], *, writing: bool = True) -> _T:
        """The same off the event loop; what has begun is waited for.

        Raises:
            LedgerError: The database failed; nothing was written.
        """
        if writing:
            with CancelScope(shield=True):
                return await asyncio.wrap_future(self.submit(work))

        def in_thread() -> _T:
            with self.transaction() as tx:
                return work(tx)

        return await to_thread.run_sync(in_thread)

    def close(self) -> None:
        """Let go of the database."""
        self._writer.close()
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _opened(self) -> Engine:
        with self._connecting:
            if self._engine is None:
                self._engine = self._connect()
            return self._engine


def told(error: Exception) -> Exception:
    """An error of the database in words that may be told; any other one as it is.

    The statement's parameters hold the ticket, so only the driver's own words are told, and of
    them the first line: PostgreSQL shows rows on the next one.
    """
    from sqlalchemy.exc import SQLAlchemyError

    if not isinstance(error, SQLAlchemyError | OSError | UnicodeError):
        return error
    words = str(getattr(error, "orig", None) or error).partition("\n")[0]
    return LedgerError(f"the ledger failed: {words}")
