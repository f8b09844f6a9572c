"""Closing what waits for a person about an order that turned out to be done after all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from deskquorum.ledger.events import emit
from deskquorum.ledger.orders import Order
from deskquorum.ledger.tables import reviews

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["settle_reviews"]


def settle_reviews(tx: Transaction, order: Order) -> None:
    """Close the open reviews of an order's end, whoever holds them; a verdict comes too late then.

    Args:
        tx: Of the note that the order is done: the reason names its key and the moment.
        order: What was done.
    """
    waiting = select(reviews.c.id, reviews.c.reasons).where(
        reviews.c.tenant == tx.tenant,
        reviews.c.conversation == order.conversation,
        reviews.c.kind == "execution",
        reviews.c.state == "open",
    )
    note = {"code": "done-late", "params": {"key": order.key, "at": tx.now.isoformat()}}
    for row in tx.connection.execute(waiting).all():
        reasons = json.loads(row.reasons)
        if not any(reason["params"].get("key") == order.key for reason in reasons):
            continue
        settled = {"state": "settled", "assignee": None, "lease_until_us": None}
        told = {"reasons": json.dumps([*reasons, note])}
        tx.connection.execute(
            update(reviews).where(reviews.c.id == row.id).values({**settled, **told})
        )
        emit(tx, "review-settled", order.conversation, row.id)
