"""The ledger's tables, as the newest of `migrations/versions` leaves them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

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
