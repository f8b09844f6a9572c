"""Front: webhooks may be previews, so a conversation is always read; tags go by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

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

__all__ = ["Front", "told"]

_HEARD = frozenset({"inbound", "inbound_received", "message_received"})


def told(payload: Mapping[str, JsonValue], *, now: datetime) -> Heard | Ignored:
    """What a webhook tells, an application's or a rule's: a message that came in.

    Raises:
        InputError: It is no event of Front's.
    """
    event = section(payload, "payload") or payload
    kind = either(payload.get("type"), event.get("type"))
    if kind not in _HEARD:
        return Ignored(why="outgoing" if kind.startswith("out") else "other-event")
    message = section(event, "target", "data")
    if message.get("is_inbound") is False:
        return Ignored(why="outgoing")
    said = _line({**message, "is_inbound": True}, now=now)
    return Heard(
        conversation=ident(section(event, "conversation").get("id"), "conversation.id"),
        message=said.id,
        lines=(said,),
        requester=_requester(section(event, "conversation", "recipient")),
        subject=either(section(event, "conversation").get("subject")),
    )


class Front(AgentAccount):
    """One company, by an API token.

    The bot is the teammate in whose name it writes, None the token's app; the team is the id of an
    inbox, the label that of a tag.
    """

    shows_after_s = 10.0

    async def read(self, conversation: str) -> Conversation:
        """The conversation with its messages and comments."""
        where = f"/conversations/{conversation}"
        talk = section(await self._api.get(where))
        said = section(await self._api.get(f"{where}/messages", {"limit": "100"}))
        noted = section(await self._api.get(f"{where}/comments"))
        labels = tuple(words(tag.get("id")) for tag in records(talk.get("tags")))
        owner = words(section(talk, "assignee").get("id"))
        # Newest first: within one second the order of the list is all that tells.
        messages = [_line(m) for m in reversed(records(said.get("_results"))) if not _is_draft(m)]
        notes = [_note(comment) for comment in reversed(records(noted.get("_results")))]
        return Conversation(
            id=conversation,
            lines=tuple(sorted((*messages, *notes), key=lambda line: line.at)),
            labels=labels,
            with_bot=owner in {"", self._bot} and self._label not in labels,
            requester=_requester(section(talk, "recipient")),
            subject=either(talk.get("subject")),
        )

    async def note(self, conversation: str, text: str) -> None:
        """A comment, which only teammates see."""
        await self._api.once(f"/conversations/{conversation}/comments", self._by({"body": text}))

    async def reply(self, conversation: Conversation, text: str) -> None:
        """A message; the conversation stays where it is."""
        said: dict[str, JsonValue] = {
            "body": as_html(text),
            "text": text,
            "options": {"archive": False},
        }
        await self._api.once(f"/conversations/{conversation.id}/messages", self._by(said))

    async def label(self, conversation: Conversation, labels: Sequence[str]) -> None:
        """Changing the conversation would overwrite its tags; these are added."""
        tags: list[JsonValue] = [*labels]
        path = f"/conversations/{conversation.id}/tags"
        await self._api.put(path, {"tag_ids": tags}, method="POST")

    async def prioritise(self, conversation: str, priority: Priority) -> None:
        """Front knows none; the review queue does."""

    async def hand_off(self, conversation: Conversation, label: str) -> None:
        """Open, in the team's inbox, and marked."""
        change: dict[str, JsonValue] = {"status": "open"}
        if self._team is not None:
            change["inbox_id"] = self._team
        await self._api.put(f"/conversations/{conversation.id}", change, method="PATCH")
        await self.label(conversation, [label])

    def _by(self, said: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return said if self._bot is None else {**said, "author_id": self._bot}


def _is_draft(message: Mapping[str, JsonValue]) -> bool:
    return message.get("is_draft") is True


def _line(message: Mapping[str, JsonValue], *, now: datetime | None = None) -> Line:
    text = either(message.get("text")) or plain(words(message.get("body")), html=True)
    kinds = [either(file.get("content_type")) for file in records(message.get("attachments"))]
    return Line(
        id=ident(message.get("id"), "target.data.id"),
        role="customer" if message.get("is_inbound") is True else "agent",
        text=with_attachments(text, kinds),
        at=moment(message.get("created_at"), otherwise=now or LONG_AGO),
    )


def _note(comment: Mapping[str, JsonValue]) -> Line:
    return Line(
        id=ident(comment.get("id"), "comments.id"),
        role="agent",
        text=words(comment.get("body")),
        at=moment(comment.get("posted_at"), otherwise=LONG_AGO),
        private=True,
    )


def _requester(recipient: Mapping[str, JsonValue]) -> Mapping[str, str]:
    handle = either(recipient.get("handle"))
    return {
        "name": either(recipient.get("name")),
        "email": handle if "@" in handle else "",
        "phone": handle if handle.startswith("+") else "",
    }
