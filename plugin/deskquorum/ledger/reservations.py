"""Counting what was taken from limits, and reserving, inside the transaction that records."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from deskquorum.domain import Charge, Usage
from deskquorum.ledger.tables import reservations, secrets

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["take"]

_EPOCH = datetime.fromtimestamp(0, UTC)
_KEY = "reservations"


def take(
    connection: Connection,
    charges: Sequence[Charge],
    *,
    action_key: str,
    now: datetime,
    taker: str | None,
) -> Mapping[str, Usage]:
    """Limit to what other actions took from it in the window that ends now; take from it too.

    Args:
        connection: In a transaction that holds the writers' lock.
        charges: What the action would take.
        action_key: Tells the action from every other; what it took itself does not count, and is
            not taken again.
        now: Present time. What was taken later counts too, should the clock have been set back.
        taker: Id of the decision that takes; None only counts.
    """
    key = _secret(connection)
    action = _hash(key, action_key)
    found: dict[str, Usage] = {}
    for charge in charges:
        query = select(func.count(), func.coalesce(func.sum(reservations.c.amount_minor), 0)).where(
            reservations.c.limit_id == charge.limit,
            reservations.c.subject == _subject(key, charge),
            reservations.c.at_us > _microseconds(now - charge.window),
            reservations.c.action != action,
        )
        count, amount = connection.execute(query).one()
        found[charge.limit] = Usage(count=int(count), amount_minor=int(amount))
    if taker is not None:
        rows = list(_rows(key, action, charges, now=now, taker=taker))
        taken = select(reservations.c.limit_id).where(reservations.c.action == action)
        before = set(connection.execute(taken).scalars())
        if new := [row for row in rows if row["limit_id"] not in before]:
            connection.execute(insert(reservations), new)
    return found


def _rows(
    key: bytes, action: str, charges: Sequence[Charge], *, now: datetime, taker: str
) -> Iterator[dict[str, str | int]]:
    for charge in charges:
        yield {
            "action": action,
            "limit_id": charge.limit,
            "subject": _subject(key, charge),
            "at_us": _microseconds(now),
            "amount_minor": charge.amount_minor,
            "decision": taker,
        }


def _secret(connection: Connection) -> bytes:
    """The key that makes ids of customers unreadable here."""
    found = connection.execute(select(secrets.c.value).where(secrets.c.name == _KEY)).scalar()
    if found is None:
        found = random.token_hex(32)
        connection.execute(insert(secrets).values(name=_KEY, value=found))
    return bytes.fromhex(found)


def _subject(key: bytes, charge: Charge) -> str:
    return _hash(key, charge.subject) if charge.subject else ""


def _hash(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
