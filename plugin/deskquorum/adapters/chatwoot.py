"""Chatwoot: an agent bot has what is pending, and hands it off by opening it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from deskquorum.adapters.api import Api
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
from deskquorum.adapters.html_text import plain
from deskquorum.domain import JsonValue
from deskquorum.errors import InputError

__all__ = ["Chatwoot", "told"]

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "0": "incoming",
        "1": "outgoing",
        "2": "activity",
        "3": "template",
        "incoming": "incoming",
        "outgoing": "outgoing",
        "activity": "activity",
        "template": "template",
    }
)
"""Webhooks name the kind of a message, the API numbers it."""

_PRIORITIES: Mapping[Priority, str] = MappingProxyType(
    {"low": "low", "normal": "medium", "high": "high", "urgent": "urgent"}
)


def told(payload: Mapping[str, JsonValue], *, now: datetime) -> Heard | Ignored:
    """What a webhook tells: only what a customer writes while the bot has the conversation.

    Raises:
        InputError: It is no payload of Chatwoot's.
    """
    if not either(payload.get("event")):
        raise InputError("field 'event' is missing")
    if payload.get("event") != "message_created":
        return Ignored(why="other-event")
    kind = _KINDS.get(words(payload.get("message_type")), "unknown")
    if payload.get("private") is True:
        return Ignored(why="private")
    if kind != "incoming":
        return Ignored(why=kind)
    talk = section(payload, "conversation")
    # The bot hears of a conversation still when a person has it.
    if talk.get("status") != "pending":
        return Ignored(why="not-pending")
    said = _line(payload, now=now)
    return Heard(
        conversation=ident(talk.get("id"), "conversation.id"),
        message=said.id,
        lines=(said,),
        requester=_requester(section(payload, "sender"), talk),
    )


class Chatwoot:
    """One account, by an agent bot's token; what a bot may not do, by a user's."""

    shows_after_s = 1.0

    def __init__(self, api: Api, *, account: str, user_token: str, team: str | None) -> None:
        """Take the account.

        Args:
            api: With the agent bot's token.
            account: Id of the account.
            user_token: Of a user, for reading and for labels.
            team: Id of the team that takes over; None only opens the conversation.
        """
        self._api, self._team = api, team
        self._root = f"/api/v1/accounts/{account}/conversations"
        self._as_user = {"api_access_token": user_token}

    async def read(self, conversation: str) -> Conversation:
        """The conversation with its newest messages."""
        where = f"{self._root}/{conversation}"
        talk = section(await self._api.get(where, headers=self._as_user))
        said = await self._api.get(f"{where}/messages", headers=self._as_user)
        messages = records(section(said).get("payload"))
        lines = [_line(message) for message in messages if _is_said(message)]
        return Conversation(
            id=conversation,
            lines=tuple(sorted(lines, key=lambda line: line.at)),
            labels=await self._labels(where),
            with_bot=talk.get("status") == "pending",
            requester=_requester(section(talk, "meta", "sender"), talk),
        )

    async def note(self, conversation: str, text: str) -> None:
        """A private message."""
        await self._say(conversation, text, private=True)

    async def reply(self, conversation: Conversation, text: str) -> None:
        """A message to the customer."""
        await self._say(conversation.id, text, private=False)

    async def label(self, conversation: Conversation, labels: Sequence[str]) -> None:
        """Labels are overwritten, so those that are there now are sent along."""
        where = f"{self._root}/{conversation.id}"
        there = await self._labels(where)
        if not set(labels) <= set(there):
            merged: list[JsonValue] = [*dict.fromkeys((*there, *labels))]
            path = f"{where}/labels"
            await self._api.put(path, {"labels": merged}, method="POST", headers=self._as_user)

    async def prioritise(self, conversation: str, priority: Priority) -> None:
        """Chatwoot knows four."""
        path = f"{self._root}/{conversation}/toggle_priority"
        await self._api.put(path, {"priority": _PRIORITIES[priority]}, method="POST")

    async def hand_off(self, conversation: Conversation, label: str) -> None:
        """Opened by a bot it goes to the team; opened by a user it would be that user's."""
        where = f"{self._root}/{conversation.id}"
        await self.label(conversation, [label])
        if self._team is not None:
            team: dict[str, JsonValue] = {"team_id": int(self._team)}
            await self._api.put(f"{where}/assignments", team, method="POST")
        await self._api.put(f"{where}/toggle_status", {"status": "open"}, method="POST")

    async def _say(self, conversation: str, text: str, *, private: bool) -> None:
        said: dict[str, JsonValue] = {
            "content": text,
            "message_type": "outgoing",
            "private": private,
        }
        await self._api.once(f"{self._root}/{conversation}/messages", said)

    async def _labels(self, where: str) -> tuple[str, ...]:
        answer = await self._api.get(f"{where}/labels", headers=self._as_user)
        found = section(answer).get("payload")
        return tuple(words(label) for label in found) if isinstance(found, list) else ()


def _is_said(message: Mapping[str, JsonValue]) -> bool:
    return _KINDS.get(words(message.get("message_type"))) in {"incoming", "outgoing"}


def _line(message: Mapping[str, JsonValue], *, now: datetime | None = None) -> Line:
    incoming = _KINDS.get(words(message.get("message_type"))) == "incoming"
    mail = message.get("content_type") == "incoming_email"
    return Line(
        id=ident(message.get("id"), "id"),
        role="customer" if incoming else "agent",
        text=with_attachments(
            plain(words(message.get("content")), html=mail),
            [either(file.get("file_type")) for file in records(message.get("attachments"))],
        ),
        at=moment(message.get("created_at"), otherwise=now or LONG_AGO),
        private=message.get("private") is True,
    )


def _requester(sender: Mapping[str, JsonValue], talk: Mapping[str, JsonValue]) -> Mapping[str, str]:
    """The identifier counts only where the site proved it; anybody can claim one."""
    meta = section(talk, "meta")
    proved = section(talk, "contact_inbox").get("hmac_verified") is True
    proved = proved or meta.get("hmac_verified") is True
    return {
        "name": either(sender.get("name")),
        "email": either(sender.get("email")),
        "phone": either(sender.get("phone_number")),
        "customer_id": either(sender.get("identifier")) if proved else "",
    }
