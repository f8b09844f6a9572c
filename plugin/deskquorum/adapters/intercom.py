"""Intercom: parts of conversations; the bot writes in the name of an admin of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

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
from deskquorum.adapters.html_text import as_html, plain
from deskquorum.domain import JsonValue
from deskquorum.errors import InputError

__all__ = ["Intercom", "told"]

_CUSTOMERS = frozenset({"user", "lead", "contact"})
_STAFF = frozenset({"admin", "team"})
"""Greetings and the like of Intercom's own bot are no answer."""
_HEARD = frozenset({"conversation.user.created", "conversation.user.replied"})
_NOBODY = frozenset({"", "0"})


def told(payload: Mapping[str, JsonValue], *, now: datetime) -> Heard | Ignored:
    """What a webhook tells: a conversation that a customer began, or went on with.

    Raises:
        InputError: It is no notification of Intercom's.
    """
    if payload.get("type") != "notification_event":
        raise InputError("field 'type' is not notification_event")
    if payload.get("topic") not in _HEARD:
        return Ignored(why="other-event")
    talk = section(payload, "data", "item")
    conversation = ident(talk.get("id"), "data.item.id")
    lines = _lines(talk, now=now)
    if not lines:
        return Ignored(why="nothing-said")
    newest = lines[-1]
    if newest.private:
        return Ignored(why="private")
    if newest.role != "customer":
        return Ignored(why="outgoing")
    return Heard(
        conversation=conversation,
        message=newest.id,
        lines=lines,
        requester=_requester(talk),
        subject=_subject(talk),
    )


class Intercom:
    """One workspace, by its app's access token."""

    shows_after_s = 1.0

    def __init__(self, api: Api, *, bot: str, team: str | None, label: str) -> None:
        """Take the bot.

        Args:
            api: With the token.
            bot: Id of the admin in whose name it writes.
            team: Id of the team that takes over; None only opens the conversation.
            label: Tag of what a person has.
        """
        self._api, self._bot, self._team, self._label = api, bot, team, label

    async def read(self, conversation: str) -> Conversation:
        """The conversation with its newest parts, which Intercom bounds at 500."""
        talk = section(await self._api.get(f"/conversations/{conversation}"))
        labels = tuple(words(tag.get("name")) for tag in records(section(talk, "tags").get("tags")))
        owner = words(talk.get("admin_assignee_id"))
        return Conversation(
            id=conversation,
            lines=_lines(talk),
            labels=labels,
            with_bot=owner in {*_NOBODY, self._bot} and self._label not in labels,
            requester=_requester(talk),
            subject=_subject(talk),
        )

    async def note(self, conversation: str, text: str) -> None:
        """A note."""
        await self._say(conversation, text, kind="note")

    async def reply(self, conversation: Conversation, text: str) -> None:
        """A comment."""
        await self._say(conversation.id, text, kind="comment")

    async def label(self, conversation: Conversation, labels: Sequence[str]) -> None:
        """Tags are made by their names, and added one by one."""
        for name in labels:
            tag = section(await self._api.put("/tags", {"name": name}, method="POST"))
            added: dict[str, JsonValue] = {"id": tag.get("id"), "admin_id": self._bot}
            path = f"/conversations/{conversation.id}/tags"
            await self._api.put(path, added, method="POST")

    async def prioritise(self, conversation: str, priority: Priority) -> None:
        """The API sets none; a tag tells it, by which a workflow can."""
        if priority in {"high", "urgent"}:
            await self.label(_bare(conversation), [f"priority-{priority}"])

    async def hand_off(self, conversation: Conversation, label: str) -> None:
        """Open, assigned to the team, and marked."""
        where = f"/conversations/{conversation.id}/parts"
        opened: dict[str, JsonValue] = {"message_type": "open", "admin_id": self._bot}
        await self._api.put(where, opened, method="POST")
        if self._team is not None:
            assigned: dict[str, JsonValue] = {
                "message_type": "assignment",
                "type": "team",
                "admin_id": self._bot,
                "assignee_id": self._team,
            }
            await self._api.put(where, assigned, method="POST")
        await self.label(conversation, [label])

    async def _say(self, conversation: str, text: str, *, kind: str) -> None:
        said: dict[str, JsonValue] = {
            "message_type": kind,
            "type": "admin",
            "admin_id": self._bot,
            "body": as_html(text),
        }
        await self._api.once(f"/conversations/{conversation}/reply", said)


def _bare(conversation: str) -> Conversation:
    return Conversation(id=conversation, lines=(), with_bot=True)


def _lines(talk: Mapping[str, JsonValue], *, now: datetime | None = None) -> tuple[Line, ...]:
    source = section(talk, "source") or section(talk, "conversation_message")
    created = {"created_at": talk.get("created_at"), "part_type": "comment", **source}
    parts = section(talk, "conversation_parts")
    said = [created, *records(parts.get("conversation_parts"))]
    lines = [_line(part, now) for part in said if _is_said(part)]
    return tuple(sorted(lines, key=lambda line: line.at))


def _is_said(part: Mapping[str, JsonValue]) -> bool:
    """Assignments, snoozes and the like have no words, or are nobody's."""
    known = section(part, "author").get("type") in _CUSTOMERS | _STAFF
    return known and (bool(words(part.get("body"))) or bool(records(part.get("attachments"))))


def _line(part: Mapping[str, JsonValue], now: datetime | None) -> Line:
    kinds = [either(file.get("content_type")) for file in records(part.get("attachments"))]
    kind = section(part, "author").get("type")
    return Line(
        id=ident(part.get("id"), "conversation_parts.id"),
        role="customer" if kind in _CUSTOMERS else "agent",
        text=with_attachments(plain(words(part.get("body")), html=True), kinds),
        at=moment(part.get("created_at"), otherwise=now or LONG_AGO),
        private=part.get("part_type") == "note",
    )


def _subject(talk: Mapping[str, JsonValue]) -> str:
    return plain(words(section(talk, "source").get("subject")), html=True)


def _requester(talk: Mapping[str, JsonValue]) -> Mapping[str, str]:
    author = section(talk, "source", "author")
    contacts = records(section(talk, "contacts").get("contacts"))
    contact = contacts[0] if contacts else {}
    return {
        "name": either(author.get("name")),
        "email": either(author.get("email")),
        "customer_id": either(contact.get("external_id")),
    }
