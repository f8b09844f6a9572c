"""The ledger's tables, and the SQLite engine that holds them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import (
    DDL,
    URL,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["decisions", "sqlite_engine"]

_metadata = MetaData()

decisions = Table(
    "decisions",
    _metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("ticket", String, nullable=False, index=True),
    Column("recorded_at", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("evidence", String, nullable=False),
    Column("previous_hash", String, nullable=False, unique=True),
    Column("hash", String, nullable=False, unique=True),
)

# INVARIANT: the ledger only grows.
for _change in ("UPDATE", "DELETE"):
    _trigger = DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
        f"CREATE TRIGGER decisions_no_{_change.lower()} BEFORE {_change} ON decisions "
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    )
    event.listen(decisions, "after_create", _trigger)


def sqlite_engine(path: Path, *, busy_timeout_s: float) -> Engine:
    """An engine on an SQLite file in WAL mode; makes the folders, the file and the table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", partial(_configure, round(busy_timeout_s * 1000)))
    event.listen(engine, "begin", _begin)
    try:
        _metadata.create_all(engine.execution_options(writing=True))
    except SQLAlchemyError:
        engine.dispose()
        raise
    return engine


def _configure(busy_timeout_ms: int, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # Transactions are begun by hand below: the driver's own begin only when something is written.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # Immediate, so that two writers queue up instead of both reading the same last hash; readers
    # see a snapshot and keep nobody waiting.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
