"""Tells a helpdesk what became of a conversation; done twice it is done once.

Before anything is added that a second call would add again, the conversation is read and what was
added before is looked for: a note by the mark in its text, a reply by its words behind the
customer's last message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio

from deskquorum.adapters.conversations import Conversation, Line, row_of
from deskquorum.adapters.helpdesk import PRIORITIES, Helpdesk, HelpdeskError, Priority
from deskquorum.adapters.html_text import seen_text
from deskquorum.domain import JsonValue

__all__ = ["Note", "Reply", "give_to_team", "send_reply"]

_LOOKS = 3
_MOST_TIMES = 2
"""So often a conversation is told the same by software; then a person has a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to the customer."""

    text: str = field(repr=False)
    mark: str
    """Told apart by it, where it becomes a note."""
    last: Mapping[str, JsonValue] | None = field(repr=False)
    """The customer's message that it answers; None where a person wants it sent as things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A hand-off to the team."""

    text: str | None = field(repr=False)
    """What only colleagues see; None leaves it."""
    mark: str
    """Stands in the text, and in no other's."""
    priority: Priority | None = None
    suggests: bool = True
    """Whether it helps somebody who has the conversation already."""


async def send_reply(helpdesk: Helpdesk, name: str, conversation: str, reply: Reply) -> str:
    """Answer, unless somebody did, the customer wrote again, or a person has it.

    Returns what was done, in kebab case.

    Raises:
        HelpdeskError: It was not sent, as when it was said twice before; or, `maybe`, nobody knows.
    """
    seen = await helpdesk.read(conversation)
    if _was_sent(seen, reply.text):
        return "sent-before"
    if reply.last is not None:
        if not seen.with_bot:
            text = f"This reply was to be sent:\n\n{reply.text}\n\ndeskquorum {reply.mark}"
            await _note_once(helpdesk, seen, text, reply.mark)
            return "noted-for-a-person"
        if (why := _is_stale(seen, name, reply.last)) is not None:
            return why
        if _times_said(seen, reply.text) >= _MOST_TIMES:
            # Two machines that answer each other, or a customer whom it does not help.
            raise HelpdeskError("said-twice-before", maybe=False)
    await _sent_once(helpdesk, seen, reply.text)
    return "sent"


async def give_to_team(helpdesk: Helpdesk, conversation: str, note: Note, *, label: str) -> str:
    """Write the note, then mark, prioritise and give it to the team.

    Returns what was done, in kebab case.

    Raises:
        HelpdeskError: Not all of it was done; all of it may be done again.
    """
    seen = await helpdesk.read(conversation)
    if not (seen.with_bot or note.suggests):
        return "a-person-has-it"
    if note.text is not None:
        await _note_once(helpdesk, seen, note.text, note.mark)
    if not seen.with_bot:
        return "noted-for-a-person"
    if note.priority is not None:
        await helpdesk.prioritise(conversation, note.priority)
    await helpdesk.hand_off(seen, label)
    return "handed-off"


def priority_of(value: JsonValue) -> Priority | None:
    """A priority by its name."""
    return next((known for known in PRIORITIES if known == value), None)


async def _note_once(helpdesk: Helpdesk, seen: Conversation, text: str, mark: str) -> None:
    def is_there(now: Conversation) -> bool:
        return any(line.private and mark in line.text for line in now.lines)

    for look in range(_LOOKS):
        if is_there(seen):
            return None
        try:
            return await helpdesk.note(seen.id, text)
        except HelpdeskError as exc:
            if not exc.maybe or look == _LOOKS - 1:
                raise
        seen = await _read_later(helpdesk, seen)
    return None


async def _sent_once(helpdesk: Helpdesk, seen: Conversation, text: str) -> None:
    for look in range(_LOOKS):
        try:
            return await helpdesk.reply(seen, text)
        except HelpdeskError as exc:
            if not exc.maybe or look == _LOOKS - 1:
                raise
        seen = await _read_later(helpdesk, seen)
        if _was_sent(seen, text):
            return None
    return None


async def _read_later(helpdesk: Helpdesk, seen: Conversation) -> Conversation:
    await anyio.sleep(helpdesk.shows_after_s)
    return await helpdesk.read(seen.id)


def _was_sent(seen: Conversation, text: str) -> bool:
    words = seen_text(text)
    return any(seen_text(line.text) == words for line in _answers(seen))


def _times_said(seen: Conversation, text: str) -> int:
    words = seen_text(text)
    said = [line for line in seen.lines if line.role == "agent" and not line.private]
    return sum(seen_text(line.text) == words for line in said)


def _answers(seen: Conversation) -> list[Line]:
    """What was said to the customer after the customer's last message."""
    lines = [line for line in seen.lines if not line.private]
    last = max((i for i, line in enumerate(lines) if line.role == "customer"), default=-1)
    return lines[last + 1 :]


def _is_stale(seen: Conversation, name: str, last: Mapping[str, JsonValue]) -> str | None:
    """Why a reply no longer fits; its conversation went on."""
    if _answers(seen):
        return "answered-by-somebody"
    rows = row_of(name, seen).get("messages")
    said = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    customers = [row for row in said if row.get("role") == "customer"]
    if not customers or not _is_same(customers[-1], last):
        return "customer-wrote-again"
    return None


def _is_same(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> bool:
    times = [datetime.fromisoformat(str(row.get("at"))).astimezone(UTC) for row in (one, other)]
    return times[0] == times[1] and one.get("text") == other.get("text")
