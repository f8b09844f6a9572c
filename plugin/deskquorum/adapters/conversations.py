"""A helpdesk's conversation as the desk sees it, from a webhook or read anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from deskquorum.domain import JsonValue

__all__ = [
    "LONG_AGO",
    "Conversation",
    "Heard",
    "Ignored",
    "Line",
    "row_of",
    "ticket_id",
    "with_attachments",
]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a message without a time: older than every other, so that it is never the newest."""

_MOST_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message."""

    id: str
    role: Literal["customer", "agent"]
    text: str = field(repr=False)
    at: datetime
    private: bool = False
    """A note that customers don't see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A customer wrote; what the webhook tells of it."""

    conversation: str
    message: str
    """Id of what was written; empty where the webhook names none."""
    lines: tuple[Line, ...]
    """Oldest first; the last one is the customer's."""
    requester: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the record that the helpdesk holds."""
    subject: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Nothing to decide."""

    why: str
    """Kebab case: `private`, `outgoing`, `activity`, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation as it stands."""

    id: str
    lines: tuple[Line, ...]
    """Oldest first, notes included."""
    labels: tuple[str, ...] = ()
    with_bot: bool
    """Whether no person has it."""
    requester: Mapping[str, str] = field(default_factory=dict, repr=False)
    subject: str = field(default="", repr=False)
    channel: str = ""
    """How the customer's last message came, where that decides how it is answered."""


def with_attachments(text: str, kinds: Sequence[str]) -> str:
    """A text with what came beside it, by its type only."""
    named = [f"[attachment: {kind or 'of unknown type'}]" for kind in kinds]
    return "\n".join((text, *named)).strip()


def ticket_id(helpdesk: str, conversation: str) -> str:
    """The ticket's id: two helpdesks of one desk may number alike."""
    return f"{helpdesk}:{conversation}"


def row_of(helpdesk: str, told: Heard | Conversation) -> Mapping[str, JsonValue]:
    """The row of the batch format for a conversation, its newest messages."""
    identity = told.conversation if isinstance(told, Heard) else told.id
    lines = _public(told.lines)[-_MOST_LINES:]
    texts = [line.text for line in lines]
    if texts and told.subject and told.subject not in texts[0]:
        texts[0] = f"{told.subject}\n\n{texts[0]}"
    return {
        "id": ticket_id(helpdesk, identity),
        "messages": [
            {"role": line.role, "text": text, "at": line.at.isoformat()}
            for line, text in zip(lines, texts, strict=True)
        ],
        "requester": {name: value for name, value in told.requester.items() if value},
    }


def _public(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not line.private]
