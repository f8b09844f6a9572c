"""Facts that are too old to act on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from deskquorum.domain import Fact, Facts, Reason

__all__ = ["fresh"]


def fresh(
    facts: Facts, max_age: Mapping[str, timedelta], now: datetime
) -> tuple[Facts, tuple[Reason, ...]]:
    """Leave out the facts that are older than they may be, and say which. Pure.

    Args:
        facts: The snapshot.
        max_age: Name of a fact, or of a record (`order` for all of `order.*`), to the oldest that
            it may be; the longest name that fits counts, and what no name fits has no age.
        now: The moment to act at, with its zone.
    """
    kept: dict[str, Fact] = {}
    stale = []
    for name, fact in facts.values.items():
        limit = _limit(name, max_age)
        if limit is None or now - fact.read_at <= limit:
            kept[name] = fact
        else:
            stale.append(_stale(name, fact, limit))
    return Facts(values=kept), tuple(stale)


def _limit(name: str, max_age: Mapping[str, timedelta]) -> timedelta | None:
    while name:
        if name in max_age:
            return max_age[name]
        name = name.rpartition(".")[0]
    return None


def _stale(name: str, fact: Fact, limit: timedelta) -> Reason:
    params = {
        "fact": name,
        "source": fact.source,
        "read_at": fact.read_at.isoformat(),
        "max_age": str(limit),
    }
    return Reason(code="stale-fact", params=params)
