"""Zendesk: public and private comments of tickets; the bot is silent once a person has one."""

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
from deskquorum.domain import JsonValue

__all__ = ["Zendesk", "told"]

_CREATED = "zen:event-type:ticket.created"
_COMMENTED = "zen:event-type:ticket.comment_added"


def told(payload: Mapping[str, JsonValue], *, now: datetime) -> Heard | Ignored:
    """What a webhook tells: a new ticket, or a customer's public comment.

    Raises:
        InputError: It is no event of Zendesk's.
    """
    ticket, comment = section(payload, "detail"), section(payload, "event", "comment")
    event = payload.get("type")
    if event not in {_CREATED, _COMMENTED}:
        ident(payload.get("id"), "id")
        return Ignored(why="other-event")
    conversation = ident(ticket.get("id"), "detail.id")
    at = moment(payload.get("time"), otherwise=now)
    if event == _CREATED:
        said = Line(id="first", role="customer", text=either(ticket.get("description")), at=at)
    elif (why := _unheard(comment)) is not None:
        return Ignored(why=why)
    else:
        said = Line(
            id=ident(comment.get("id"), "event.comment.id"),
            role="customer",
            text=either(comment.get("body")),
            at=at,
        )
    if event == _CREATED and ticket.get("is_public") is False:
        return Ignored(why="private")
    return Heard(
        conversation=conversation,
        message=said.id,
        lines=(said,),
        requester={"name": either(section(comment, "author").get("name"))},
        subject=either(ticket.get("subject")),
    )


class Zendesk(AgentAccount):
    """One account, by the API token of the bot's own agent. The team is a group's id."""

    async def read(self, conversation: str) -> Conversation:
        """The ticket with its newest hundred comments."""
        where = f"/api/v2/tickets/{conversation}"
        answer = section(await self._api.get(f"{where}.json", {"include": "users"}))
        ticket = section(answer, "ticket")
        newest = {"include": "users", "sort": "-created_at", "page[size]": "100"}
        said = section(await self._api.get(f"{where}/comments.json", newest))
        users = {
            words(user.get("id")): user
            for user in (*records(answer.get("users")), *records(said.get("users")))
        }
        requester = words(ticket.get("requester_id"))
        # Oldest first: within one second the order of the list is all that tells.
        comments = reversed(records(said.get("comments")))
        lines = [_line(comment, users, requester) for comment in comments]
        tags = ticket.get("tags")
        labels = tuple(words(tag) for tag in tags) if isinstance(tags, list) else ()
        owner = words(ticket.get("assignee_id"))
        over = ticket.get("status") == "closed"
        return Conversation(
            id=conversation,
            lines=tuple(sorted(lines, key=lambda line: line.at)),
            labels=labels,
            with_bot=owner in {"", self._bot} and self._label not in labels and not over,
            requester=_requester(users.get(requester, {})),
            subject=either(ticket.get("subject")),
        )

    async def note(self, conversation: str, text: str) -> None:
        """A private comment."""
        await self._comment(conversation, text, public=False)

    async def reply(self, conversation: Conversation, text: str) -> None:
        """A public comment."""
        await self._comment(conversation.id, text, public=True)

    async def label(self, conversation: Conversation, labels: Sequence[str]) -> None:
        """The ticket's own `tags` would be overwritten; these are added."""
        tags: list[JsonValue] = [*labels]
        await self._api.put(f"/api/v2/tickets/{conversation.id}/tags.json", {"tags": tags})

    async def prioritise(self, conversation: str, priority: Priority) -> None:
        """Zendesk knows the same four."""
        await self._change(conversation, priority=priority)

    async def hand_off(self, conversation: Conversation, label: str) -> None:
        """Open, in the team's group, and marked."""
        group: dict[str, JsonValue] = {} if self._team is None else {"group_id": int(self._team)}
        await self._change(conversation.id, status="open", **group)
        await self.label(conversation, [label])

    async def _change(self, conversation: str, **fields: JsonValue) -> None:
        await self._api.put(f"/api/v2/tickets/{conversation}.json", {"ticket": {**fields}})

    async def _comment(self, conversation: str, text: str, *, public: bool) -> None:
        # A PUT that adds: a second one would add a second comment.
        change: dict[str, JsonValue] = {"comment": {"body": text, "public": public}}
        path = f"/api/v2/tickets/{conversation}.json"
        await self._api.once(path, {"ticket": change}, method="PUT")


def _unheard(comment: Mapping[str, JsonValue]) -> str | None:
    """Why a comment is not a customer's public one; what is not told counts against it."""
    if comment.get("is_public") is not True:
        return "private"
    return None if section(comment, "author").get("is_staff") is False else "outgoing"


def _line(
    comment: Mapping[str, JsonValue], users: Mapping[str, Mapping[str, JsonValue]], requester: str
) -> Line:
    author = words(comment.get("author_id"))
    is_customer = author == requester or users.get(author, {}).get("role") == "end-user"
    kinds = [either(file.get("content_type")) for file in records(comment.get("attachments"))]
    return Line(
        id=ident(comment.get("id"), "comment.id"),
        role="customer" if is_customer else "agent",
        text=with_attachments(either(comment.get("plain_body"), comment.get("body")), kinds),
        at=moment(comment.get("created_at"), otherwise=LONG_AGO),
        private=comment.get("public") is not True,
    )


def _requester(user: Mapping[str, JsonValue]) -> Mapping[str, str]:
    return {
        "name": either(user.get("name")),
        "email": either(user.get("email")),
        "phone": either(user.get("phone")),
        "customer_id": either(user.get("external_id")),
    }
