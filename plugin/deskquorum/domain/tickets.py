"""Tickets as a host hands them in, and the redacted form that every later room sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from deskquorum.domain.actions import Proposal
from deskquorum.domain.json_values import JsonValue

__all__ = ["Message", "RedactedTicket", "Requester", "Ticket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: Literal["customer", "agent"]
    text: str
    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a message needs a time with its zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The record that the helpdesk holds of the person who writes."""

    record: Mapping[str, str] = field(default_factory=dict)
    """Field name (`name`, `email`, `phone`, `customer_id`, `address`, ...) to its value."""

    @property
    def customer_id(self) -> str | None:
        """The id of the requester's account, None when the record has none."""
        return self.record.get("customer_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A conversation with its requester and the desk's trusted facts. Holds raw personal data."""

    id: str
    messages: tuple[Message, ...]
    requester: Requester = Requester()
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    """The ticket's trusted fields, nested as the host sent them, read from its own systems."""
    proposal: Proposal | None = None
    """What the host's own bot wants to do; without one the playbook proposes."""
    language: str | None = None
    """BCP 47 tag, or tags joined by `-` for a mix (`es-en`); None means detect."""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.messages:
            raise ValueError("a ticket needs at least one message")

    @property
    def subject(self) -> str:
        """Whom the ticket is about, as far as its record tells; what is kept is sealed for them."""
        email = self.requester.record.get("email", "").strip().casefold()
        if self.requester.customer_id:
            return f"customer:{self.requester.customer_id}"
        return f"email:{email}" if email else f"ticket:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactedTicket:
    """A ticket that holds placeholders where personal data stood; safe for models and logs."""

    id: str
    messages: tuple[Message, ...]
    languages: tuple[str, ...]
    """Primary language subtags, as declared or detected; `und` where nothing could be told."""
    tags: tuple[str, ...] = ()
    redactions: Mapping[str, int] = field(default_factory=dict)
    """Entity type to the number of distinct values replaced."""

    @property
    def last_at(self) -> datetime:
        """Time of the last message: the ticket's own `now`."""
        return max(m.at for m in self.messages)
