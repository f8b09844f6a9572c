"""Facts that are too old to act on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from deskquorum.domain import Fact, Facts, Unread
from deskquorum.facts.ticket_facts import TICKET_SOURCE

__all__ = ["fresh"]


def fresh(facts: Facts, max_age: Mapping[str, timedelta], now: datetime) -> Facts:
    """Move the facts that are older than they may be to those that were not read. Pure.

    What the ticket brought has no age: its host told it for this ticket.

    Args:
        facts: The snapshot.
        max_age: Name of a fact, or of a record (`order` for all of `order.*`), to the oldest that
            it may be; the longest name that fits counts, and what no name fits has no age.
        now: The moment to act at, with its zone.
    """
    kept: dict[str, Fact] = {}
    unread = dict(facts.unread)
    for name, fact in facts.values.items():
        limit = None if fact.source == TICKET_SOURCE else _limit(name, max_age)
        if limit is None or now - fact.read_at <= limit:
            kept[name] = fact
        else:
            unread[name] = Unread(source=fact.source, why=f"older-than-{_short(limit)}")
    return Facts(values=kept, unread=unread)


def _limit(name: str, max_age: Mapping[str, timedelta]) -> timedelta | None:
    while name:
        if name in max_age:
            return max_age[name]
        name = name.rpartition(".")[0]
    return None


def _short(age: timedelta) -> str:
    """`1h` for an hour, `90s` for a minute and a half."""
    seconds = age.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size:.0f}{unit}"
    return f"{seconds:g}s"
