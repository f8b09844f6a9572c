"""The ledger's tables."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    event,
)
from sqlalchemy.schema import ExecutableDDLElement

__all__ = ["decisions", "metadata", "reservations", "secrets", "switches"]

metadata = MetaData()

decisions = Table(
    "decisions",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("ticket", String, nullable=False, index=True),
    Column("recorded_at", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("evidence", String, nullable=False),
    Column("previous_hash", String, nullable=False, unique=True),
    Column("hash", String, nullable=False, unique=True),
)

reservations = Table(
    "reservations",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("action", String, nullable=False),
    Column("limit_id", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("decision", String, nullable=False),
    UniqueConstraint("action", "limit_id"),
    Index("reservations_by_subject", "limit_id", "subject", "at_us"),
)
"""What automatic actions took from limits; `action` and `subject` are keyed hashes."""

switches = Table(
    "switches",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("action", String, nullable=False),
    Column("stopped", Integer, nullable=False),
    Column("set_by", String, nullable=False),
    Column("why", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Each time somebody stopped or resumed an action, or (with an empty name) everything."""

secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""Keys of hashes, made at random with the tables."""

_REFUSE = "CREATE OR REPLACE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
_REFUSE += " RAISE EXCEPTION 'the ledger only grows'; END $$"


def _on(dialect: str, statement: str) -> ExecutableDDLElement:
    ddl = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
    return ddl.execute_if(dialect=dialect)


event.listen(metadata, "before_create", _on("postgresql", _REFUSE))

# INVARIANT: the ledger only grows.
for _table in (decisions, reservations, switches):
    for _change in ("UPDATE", "DELETE"):
        _name = f"{_table.name}_no_{_change.lower()} BEFORE {_change} ON {_table.name}"
        _sqlite = f"CREATE TRIGGER {_name} BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
        event.listen(_table, "after_create", _on("sqlite", _sqlite))
    _name = f"{_table.name}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {_table.name}"
    _postgres = f"CREATE TRIGGER {_name} EXECUTE FUNCTION only_grows()"
    event.listen(_table, "after_create", _on("postgresql", _postgres))
