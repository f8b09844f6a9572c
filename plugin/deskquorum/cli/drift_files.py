"""Alarms and new terms as text and as JSON, for every verb that tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from deskquorum.reconciliation import Alarm, remedy

if TYPE_CHECKING:
    from deskquorum.novelty import Term

__all__ = ["alarms_as_json", "terms_as_json", "told_alarms", "told_terms"]


def told_alarms(alarms: Sequence[Alarm]) -> Iterator[str]:
    """Two lines each: what was noticed since when, and what to do."""
    for alarm in alarms:
        since = "" if alarm.raised_at is None else f" (since {alarm.raised_at:%Y-%m-%d %H:%M} UTC)"
        yield f"  {alarm.title}: {alarm.noticed}{since}"
        yield f"    to do: {remedy(alarm)}"


def told_terms(terms: Sequence[Term]) -> str:
    """One line: each word with the conversations that hold it."""
    return ", ".join(f"{term.word} ({term.tickets})" for term in terms)


def alarms_as_json(alarms: Sequence[Alarm]) -> list[dict[str, str | None]]:
    """Alarms with what to do."""
    return [
        {
            "kind": alarm.kind,
            "question": alarm.question or None,
            "noticed": alarm.noticed,
            "raised_at": None if alarm.raised_at is None else alarm.raised_at.isoformat(),
            "to_do": remedy(alarm),
        }
        for alarm in alarms
    ]


def terms_as_json(terms: Sequence[Term]) -> list[dict[str, object]]:
    """Words with how many conversations hold them, and some of their decisions."""
    return [
        {"word": term.word, "tickets": term.tickets, "decisions": list(term.examples)}
        for term in terms
    ]
