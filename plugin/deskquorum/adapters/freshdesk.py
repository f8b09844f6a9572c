"""Freshdesk: rules send what their author wrote into them; tags are overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from deskquorum.adapters.agent_account import AgentAccount
from deskquorum.adapters.conversations import (
    LONG_AGO,
    Conversation,
    Heard,
    Ignored,
    Line,
    with_attachments,
)
from deskquorum.adapters.fields import either, ident, moment, records, section, words
from deskquorum.adapters.helpdesk import Priority
from deskquorum.adapters.html_text import as_html, plain
from deskquorum.domain import JsonValue
from deskquorum.errors import InputError

__all__ = ["Freshdesk", "told"]

_PRIORITIES: Mapping[Priority, int] = MappingProxyType(
    {"low": 1, "normal": 2, "high": 3, "urgent": 4}
)
_OPEN, _CLOSED = 2, 5


def told(payload: Mapping[str, JsonValue], *, now: datetime) -> Heard | Ignored:
    """What a rule's webhook tells: the fields that Freshdesk offers, or a ticket as its API has it.

    Raises:
        InputError: It is neither.
    """
    if isinstance(payload.get("freshdesk_webhook"), dict):
        return _by_rule(section(payload, "freshdesk_webhook"), now=now)
    ticket = section(payload, "ticket")
    if not ticket:
        raise InputError("neither 'freshdesk_webhook' nor 'ticket' is there")
    lines = _lines(ticket, records(payload.get("conversations")), now=now)
    newest = lines[-1]
    if newest.private:
        return Ignored(why="private")
    if newest.role != "customer":
        return Ignored(why="outgoing")
    return Heard(
        conversation=ident(ticket.get("id"), "ticket.id"),
        message=newest.id,
        lines=lines,
        requester=_requester(section(ticket, "requester")),
        subject=either(ticket.get("subject")),
    )


class Freshdesk(AgentAccount):
    """One account, by the API key of the bot's own agent. The team is a group's id."""

    async def read(self, conversation: str) -> Conversation:
        """The ticket with its first message and the conversation after it."""
        where = f"/api/v2/tickets/{conversation}"
        ticket = section(await self._api.get(where, {"include": "requester"}))
        said = await self._said(where)
        labels = _tags(ticket)
        owner = words(ticket.get("responder_id"))
        over = ticket.get("status") == _CLOSED
        return Conversation(
            id=conversation,
            lines=_lines(ticket, said),
            labels=labels,
            with_bot=owner in {"", self._bot} and self._label not in labels and not over,
            requester=_requester(section(ticket, "requester")),
            subject=either(ticket.get("subject")),
        )

    async def note(self, conversation: str, text: str) -> None:
        """A private note."""
        note: dict[str, JsonValue] = {"body": as_html(text), "private": True}
        await self._api.once(f"/api/v2/tickets/{conversation}/notes", note)

    async def reply(self, conversation: Conversation, text: str) -> None:
        """A reply to the requester."""
        await self._api.once(f"/api/v2/tickets/{conversation.id}/reply", {"body": as_html(text)})

    async def label(self, conversation: Conversation, labels: Sequence[str]) -> None:
        """Tags are overwritten, so those that are there now are sent along."""
        where = f"/api/v2/tickets/{conversation.id}"
        there = _tags(section(await self._api.get(where)))
        if not set(labels) <= set(there):
            merged: list[JsonValue] = [*dict.fromkeys((*there, *labels))]
            await self._api.put(where, {"tags": merged})

    async def prioritise(self, conversation: str, priority: Priority) -> None:
        """Freshdesk numbers the same four."""
        path = f"/api/v2/tickets/{conversation}"
        await self._api.put(path, {"priority": _PRIORITIES[priority]})

    async def hand_off(self, conversation: Conversation, label: str) -> None:
        """Open, in the team's group, and marked."""
        change: dict[str, JsonValue] = {"status": _OPEN}
        if self._team is not None:
            change["group_id"] = int(self._team)
        await self._api.put(f"/api/v2/tickets/{conversation.id}", change)
        await self.label(conversation, [label])

    async def _said(self, where: str) -> list[Mapping[str, JsonValue]]:
        """All pages: Freshdesk gives the oldest first, and the newest is what counts."""
        found: list[Mapping[str, JsonValue]] = []
        for page in range(1, _MOST_PAGES + 1):
            query = {"per_page": str(_PAGE), "page": str(page)}
            said = records(await self._api.get(f"{where}/conversations", query))
            found += said
            if len(said) < _PAGE:
                break
        return found


_PAGE, _MOST_PAGES = 100, 10


def _by_rule(fields: Mapping[str, JsonValue], *, now: datetime) -> Heard | Ignored:
    """A rule fires for what its author chose, so who wrote is looked up before it is decided."""
    conversation = ident(fields.get("ticket_id"), "freshdesk_webhook.ticket_id")
    text = either(fields.get("ticket_latest_public_comment"), fields.get("ticket_description"))
    said = Line(
        # Such a webhook names no message: each one is looked at.
        id="",
        role="customer",
        text=plain(text, html="<" in text),
        at=now,
    )
    return Heard(
        conversation=conversation,
        message="",
        lines=(said,),
        requester={
            "name": either(fields.get("ticket_contact_name")),
            "email": either(fields.get("ticket_contact_email")),
            "phone": either(fields.get("ticket_contact_phone")),
        },
        subject=either(fields.get("ticket_subject")),
    )


def _lines(
    ticket: Mapping[str, JsonValue],
    said: Sequence[Mapping[str, JsonValue]],
    *,
    now: datetime | None = None,
) -> tuple[Line, ...]:
    first = Line(
        id="first",
        role="customer",
        text=with_attachments(_text(ticket, "description"), _kinds(ticket)),
        at=moment(ticket.get("created_at"), otherwise=now or LONG_AGO),
    )
    later = [
        Line(
            id=ident(message.get("id"), "conversations.id"),
            role="customer" if message.get("incoming") is True else "agent",
            text=with_attachments(_text(message, "body"), _kinds(message)),
            at=moment(message.get("created_at"), otherwise=now or LONG_AGO),
            private=message.get("private") is not False,
        )
        for message in said
    ]
    # Not in the order of time, whatever the list looks like.
    return tuple(sorted((first, *later), key=lambda line: line.at))


def _text(message: Mapping[str, JsonValue], name: str) -> str:
    written = either(message.get(f"{name}_text"))
    return written or plain(words(message.get(name)), html=True)


def _kinds(message: Mapping[str, JsonValue]) -> list[str]:
    return [either(file.get("content_type")) for file in records(message.get("attachments"))]


def _tags(ticket: Mapping[str, JsonValue]) -> tuple[str, ...]:
    found = ticket.get("tags")
    return tuple(words(tag) for tag in found) if isinstance(found, list) else ()


def _requester(person: Mapping[str, JsonValue]) -> Mapping[str, str]:
    return {
        "name": either(person.get("name")),
        "email": either(person.get("email")),
        "phone": either(person.get("phone"), person.get("mobile")),
        "customer_id": either(person.get("unique_external_id")),
    }
