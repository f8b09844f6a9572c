"""The databases that a ledger may stand in: an SQLite file, or PostgreSQL for many replicas."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from deskquorum.errors import LedgerError
from deskquorum.ledger.upgrading import upgrade

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["forget", "postgres_engine", "sqlite_engine"]

_LOCK = 0x6465736B
"""Names the lock that writers of one database queue up for."""

_SILENCE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server whose machine is gone without a word is given up within seconds, not hours."""


def sqlite_engine(path: Path, *, busy_timeout_s: float) -> Engine:
    """An engine on an SQLite file in WAL mode; makes the folders, the file and the tables."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", partial(_configure_sqlite, round(busy_timeout_s * 1000)))
    event.listen(engine, "begin", _begin_sqlite)
    return _with_tables(engine)


def postgres_engine(url: str, *, busy_timeout_s: float) -> Engine:
    """An engine on a PostgreSQL database, by psycopg; makes the tables.

    Passwords may come from the URL, from PGPASSWORD or from a password file.
    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(round(busy_timeout_s), 2),
            "options": f"-c lock_timeout={round(busy_timeout_s * 1000)}",
            **_SILENCE,
        },
    )
    event.listen(engine, "begin", _begin_postgres)
    return _with_tables(engine)


def forget(engine: Engine, table: str) -> bool:
    """Have the database's own files let go of what was overwritten in a table.

    Returns:
        False where somebody else kept it from doing so for too long.
    """
    # Outside any transaction, which SQLAlchemy would begin.
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        if engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (blocked, *_) = cursor.fetchone() or (1,)
            return not blocked
        # An update leaves the old row behind; only a new file is surely free of it.
        driver = connection.driver_connection
        if driver is None:
            return False
        driver.autocommit = True
        try:
            cursor.execute(f"VACUUM (FULL) {table}")
        except engine.dialect.loaded_dbapi.OperationalError:
            return False
        finally:
            driver.autocommit = False
    return True


def _with_tables(engine: Engine) -> Engine:
    try:
        with engine.execution_options(writing=True).begin() as connection:
            upgrade(connection)
    except (SQLAlchemyError, LedgerError):
        engine.dispose()
        raise
    return engine


def _configure_sqlite(
    busy_timeout_ms: int, connection: DBAPIConnection, _: ConnectionPoolEntry
) -> None:
    # Transactions are begun by hand below: the driver's own begin only when something is written.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is overwritten is gone from the file: a person's key above all.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Immediate, so that two writers queue up instead of both reading the same last hash; readers
    # see a snapshot and keep nobody waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _begin_postgres(connection: Connection) -> None:
    # For the same reason; each later statement sees what the writer before committed.
    if _writes(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writing", False))
