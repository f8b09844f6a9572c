"""Decisions and their evidence come in redacted; a hash-chained, append-only record goes out."""

from deskquorum.ledger.codec import (
    decision_from_json,
    decision_to_json,
    evidence_from_json,
    evidence_to_json,
)
from deskquorum.ledger.database import Database, ErasedError, Transaction
from deskquorum.ledger.ledger import (
    Also,
    ChainReport,
    Entry,
    HeldError,
    Ledger,
    is_database_url,
    open_ledger,
)
from deskquorum.ledger.orders import Order, order_of

__all__ = [
    "Also",
    "ChainReport",
    "Database",
    "Entry",
    "ErasedError",
    "HeldError",
    "Ledger",
    "Order",
    "Transaction",
    "decision_from_json",
    "decision_to_json",
    "evidence_from_json",
    "evidence_to_json",
    "is_database_url",
    "open_ledger",
    "order_of",
]
