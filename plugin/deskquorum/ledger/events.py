"""Writes what happened, in order, for those who follow a conversation; ids only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from deskquorum.ledger.tables import events

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["emit"]


def emit(tx: Transaction, kind: str, conversation: str, ref: str) -> None:
    """Tell that something happened.

    Args:
        tx: Of a writer; what is rolled back did not happen.
        kind: Such as `review.opened`.
        conversation: Id of the ticket.
        ref: Id of what it happened to.
    """
    row = {
        "tenant": tx.tenant,
        "conversation": conversation,
        "kind": kind,
        "ref": ref,
        "at_us": tx.now_us,
    }
    tx.connection.execute(insert(events).values(row))
