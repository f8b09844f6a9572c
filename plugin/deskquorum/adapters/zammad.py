"""Zammad: articles of tickets; a note is internal, a mail is answered by mail."""

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
from deskquorum.adapters.html_text import plain
from deskquorum.domain import JsonValue

__all__ = ["Zammad", "told"]

_NOBODY = frozenset({"", "1"})
"""Owner of what nobody owns."""

_PRIORITIES: Mapping[Priority, str] = MappingProxyType(
    {"low": "1 low", "normal": "2 normal", "high": "3 high", "urgent": "3 high"}
)


def told(payload: Mapping[str, JsonValue], *, now: datetime) -> Heard | Ignored:
    """What a webhook tells: only public articles that a customer wrote.

    Raises:
        InputError: It is no payload of Zammad's.
    """
    ticket, article = section(payload, "ticket"), section(payload, "article")
    identity = ident(ticket.get("id"), "ticket.id")
    if not article:
        return Ignored(why="no-article")
    if article.get("internal") is not False:
        return Ignored(why="private")
    sender = either(article.get("sender"))
    if sender != "Customer":
        return Ignored(why="outgoing" if sender == "Agent" else "activity")
    said = _line(article, now=now)
    return Heard(
        conversation=identity,
        message=said.id,
        lines=(said,),
        requester=_requester(section(ticket, "customer")),
        subject=either(ticket.get("title")),
    )


class Zammad(AgentAccount):
    """One installation, by the access token of the bot's own user. The team is a group's name."""

    async def read(self, conversation: str) -> Conversation:
        """The ticket with its articles."""
        ticket = section(await self._api.get(f"/api/v1/tickets/{conversation}", {"expand": "true"}))
        path = f"/api/v1/ticket_articles/by_ticket/{conversation}"
        articles = [
            article
            for article in records(await self._api.get(path, {"expand": "true"}))
            if either(article.get("sender")) in {"Customer", "Agent"}
        ]
        labels = await self._labels(conversation)
        owner = words(ticket.get("owner_id"))
        lines = [_line(article) for article in articles]
        return Conversation(
            id=conversation,
            lines=tuple(sorted(lines, key=lambda line: line.at)),
            labels=labels,
            with_bot=owner in {*_NOBODY, self._bot} and self._label not in labels,
            requester=await self._customer(words(ticket.get("customer_id"))),
            subject=either(ticket.get("title")),
            channel=next(
                (
                    words(article.get("type"))
                    for article in reversed(articles)
                    if article.get("sender") == "Customer"
                ),
                "",
            ),
        )

    async def note(self, conversation: str, text: str) -> None:
        """An internal article."""
        await self._write(conversation, text, type="note", internal=True)

    async def reply(self, conversation: Conversation, text: str) -> None:
        """By mail where the customer has an address, else where the customer reads the ticket."""
        email = conversation.requester.get("email", "")
        if conversation.channel == "chat" or not email:
            await self._write(conversation.id, text, type="note", internal=False)
            return
        mail: dict[str, JsonValue] = {"to": email, "subject": conversation.subject}
        await self._write(conversation.id, text, type="email", internal=False, more=mail)

    async def label(self, conversation: Conversation, labels: Sequence[str]) -> None:
        """Tags are added one by one."""
        for label in labels:
            tag: dict[str, JsonValue] = {"object": "Ticket", "item": label}
            tag["o_id"] = int(conversation.id)
            await self._api.put("/api/v1/tags/add", tag, method="POST")

    async def prioritise(self, conversation: str, priority: Priority) -> None:
        """Zammad's own three."""
        await self._api.put(f"/api/v1/tickets/{conversation}", {"priority": _PRIORITIES[priority]})

    async def hand_off(self, conversation: Conversation, label: str) -> None:
        """Open, in the team's group, and marked."""
        change: dict[str, JsonValue] = {"state": "open"}
        if self._team is not None:
            change["group"] = self._team
        await self._api.put(f"/api/v1/tickets/{conversation.id}", change)
        await self.label(conversation, [label])

    async def _write(
        self,
        conversation: str,
        text: str,
        *,
        type: str,  # noqa: A002 - Zammad's name
        internal: bool,
        more: Mapping[str, JsonValue] | None = None,
    ) -> None:
        article: dict[str, JsonValue] = {
            "ticket_id": int(conversation),
            "body": text,
            "content_type": "text/plain",
            "sender": "Agent",
            "type": type,
            "internal": internal,
            **(more or {}),
        }
        await self._api.once("/api/v1/ticket_articles", article)

    async def _labels(self, conversation: str) -> tuple[str, ...]:
        answer = await self._api.get("/api/v1/tags", {"object": "Ticket", "o_id": conversation})
        found = section(answer).get("tags")
        return tuple(words(tag) for tag in found) if isinstance(found, list) else ()

    async def _customer(self, identity: str) -> Mapping[str, str]:
        if not identity:
            return {}
        return _requester(section(await self._api.get(f"/api/v1/users/{identity}")))


def _line(article: Mapping[str, JsonValue], *, now: datetime | None = None) -> Line:
    html = either(article.get("content_type")) == "text/html"
    kinds = [
        either(section(file, "preferences").get("Content-Type"))
        for file in records(article.get("attachments"))
    ]
    return Line(
        id=ident(article.get("id"), "article.id"),
        role="customer" if article.get("sender") == "Customer" else "agent",
        text=with_attachments(plain(words(article.get("body")), html=html), kinds),
        at=moment(article.get("created_at"), otherwise=now or LONG_AGO),
        private=article.get("internal") is not False,
    )


def _requester(customer: Mapping[str, JsonValue]) -> Mapping[str, str]:
    names = (either(customer.get("firstname")), either(customer.get("lastname")))
    return {
        "name": " ".join(name for name in names if name),
        "email": either(customer.get("email")),
        "phone": either(customer.get("phone"), customer.get("mobile")),
        "address": either(customer.get("address")),
    }
