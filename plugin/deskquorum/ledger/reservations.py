"""Counting what was taken from limits, and reserving, inside the transaction that records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select

from deskquorum.domain import Charge, Usage
from deskquorum.ledger.database import microseconds
from deskquorum.ledger.secrets import hashed, secret
from deskquorum.ledger.tables import reservations

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["take"]

_KEY = "reservations"

# Made once: to put a statement together costs more than to run it.
_USED = select(func.count(), func.coalesce(func.sum(reservations.c.amount_minor), 0)).where(
    reservations.c.limit_id == bindparam("limit"),
    reservations.c.subject == bindparam("subject"),
    reservations.c.at_us > bindparam("since_us"),
    reservations.c.action != bindparam("action"),
)
_TAKEN = select(reservations.c.limit_id).where(reservations.c.action == bindparam("action"))
_NEW = insert(reservations)


def take(
    tx: Transaction, charges: Sequence[Charge], *, action_key: str, taker: str | None
) -> Mapping[str, Usage]:
    """Limit to what other actions took from it in the window that ends now; take from it too.

    Args:
        tx: Of a writer. What was taken after its `now` counts too, should the clock have been set
            back.
        charges: What the action would take.
        action_key: Tells the action from every other; what it took itself does not count, and is
            not taken again.
        taker: Id of the decision that takes; None only counts.
    """
    connection, key = tx.connection, secret(tx.connection, _KEY)
    action = hashed(key, _of_tenant(tx, action_key))
    found: dict[str, Usage] = {}
    for charge in charges:
        asked = {
            "limit": charge.limit,
            "subject": _subject(key, tx, charge),
            "since_us": microseconds(tx.now - charge.window),
            "action": action,
        }
        count, amount = connection.execute(_USED, asked).one()
        found[charge.limit] = Usage(count=int(count), amount_minor=int(amount))
    if taker is not None:
        rows = list(_rows(key, action, charges, tx=tx, taker=taker))
        before = set(connection.execute(_TAKEN, {"action": action}).scalars())
        if new := [row for row in rows if row["limit_id"] not in before]:
            connection.execute(_NEW, new)
    return found


def _rows(
    key: bytes, action: str, charges: Sequence[Charge], *, tx: Transaction, taker: str
) -> Iterator[dict[str, str | int]]:
    for charge in charges:
        yield {
            "action": action,
            "limit_id": charge.limit,
            "subject": _subject(key, tx, charge),
            "at_us": tx.now_us,
            "amount_minor": charge.amount_minor,
            "decision": taker,
        }


def _subject(key: bytes, tx: Transaction, charge: Charge) -> str:
    """Whose limit; the desk's own needs no name but the desk's."""
    whose = _of_tenant(tx, charge.subject)
    return hashed(key, whose) if whose else ""


def _of_tenant(tx: Transaction, text: str) -> str:
    return f"{tx.tenant}\n{text}" if tx.tenant else text
