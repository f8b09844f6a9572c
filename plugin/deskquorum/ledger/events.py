"""What happened, in order, for those who follow a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from deskquorum.ledger.tables import events

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["Event", "emit", "events_after", "newest_event"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; it names ids only."""

    seq: int
    """Writers take turns, so a later event never has a smaller number than one that was read."""
    conversation: str
    kind: str
    ref: str
    at_us: int


_NEW = insert(events)
"""Made once: to put a statement together costs more than to run it."""


def emit(tx: Transaction, kind: str, conversation: str, ref: str) -> None:
    """Note that something happened.

    Args:
        tx: Writing; told with what it commits, or not at all.
        kind: Kebab case: `decided`.
        conversation: Where.
        ref: Id of what it is about; never a value.
    """
    row = {
        "tenant": tx.tenant,
        "conversation": conversation,
        "kind": kind,
        "ref": ref,
        "at_us": tx.now_us,
    }
    tx.connection.execute(_NEW, row)


def events_after(
    tx: Transaction, seq: int, *, conversation: str | None = None, limit: int = 500
) -> list[Event]:
    """Events with a higher number, oldest first.

    Args:
        tx: Tells whose events.
        seq: The last one that is known.
        conversation: Only those of one conversation.
        limit: So many at once.
    """
    query = select(events).where(events.c.tenant == tx.tenant, events.c.seq > seq)
    if conversation is not None:
        query = query.where(events.c.conversation == conversation)
    return [
        Event(
            seq=row.seq,
            conversation=row.conversation,
            kind=row.kind,
            ref=row.ref,
            at_us=row.at_us,
        )
        for row in tx.connection.execute(query.order_by(events.c.seq).limit(limit))
    ]


def newest_event(tx: Transaction) -> int:
    """The number of the newest event, 0 before there is one."""
    newest = select(func.max(events.c.seq)).where(events.c.tenant == tx.tenant)
    return tx.connection.execute(newest).scalar() or 0
