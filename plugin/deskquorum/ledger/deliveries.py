"""Webhooks that were taken, so that one that is sent again, or replayed, is not taken twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from deskquorum.ledger.secrets import keyed_hash
from deskquorum.ledger.tables import deliveries

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["forget_deliveries", "take_delivery"]


def take_delivery(tx: Transaction, helpdesk: str, delivery: str) -> bool:
    """Note a delivery by the id that the helpdesk gave it; False when it was taken before."""
    row = {
        "tenant": tx.tenant,
        "helpdesk": helpdesk,
        "delivery": keyed_hash(tx.connection, "deliveries", delivery),
    }
    same = [deliveries.c[name] == value for name, value in row.items()]
    if tx.connection.execute(select(deliveries.c.at_us).where(*same)).first() is not None:
        return False
    tx.connection.execute(insert(deliveries).values({**row, "at_us": tx.now_us}))
    return True


def forget_deliveries(tx: Transaction, *, before_us: int) -> int:
    """Drop what is older than any replay that the signature would still allow."""
    old = (deliveries.c.tenant == tx.tenant, deliveries.c.at_us < before_us)
    return tx.connection.execute(delete(deliveries).where(*old)).rowcount
