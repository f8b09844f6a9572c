"""A conversation with a bot, as a host tells of it, and what may be said in it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from deskquorum.desk import Desk
from deskquorum.domain import Message, Proposal, Reason, Requester, Route, Ticket
from deskquorum.errors import InputError
from deskquorum.tool_calls import ReadFacts

__all__ = [
    "HELD",
    "Conversation",
    "ReviewedReply",
    "Said",
    "reviewed_reply",
    "ticket_of",
    "to_colleague",
]

HELD = "I have passed this on to a colleague, who will get back to you."
"""Told to the customer in place of a reply that is held."""

Said = tuple[Literal["customer", "agent"], str]
"""Who said what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Who a bot talks to. The host tells it, from its own session: never the model."""

    id: str
    """The same for the whole conversation: an action is done once in it."""
    requester: Requester
    """The record of the customer who is signed in."""
    facts: ReadFacts | None = None
    """Reads facts for an action, or for a reply (None), from the host's own systems."""
    language: str | None = None
    """BCP 47 tag; None means detect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedReply:
    """What may be told to the customer."""

    text: str
    decision: str
    """Id of its record."""
    held: bool
    """Whether `text` stands in for a reply that a person looks at."""


def ticket_of(
    conversation: Conversation, said: Iterable[Said], *, now: datetime | None = None
) -> Ticket:
    """The conversation as a ticket, without facts.

    Raises:
        InputError: The customer said nothing yet.
    """
    at = now or datetime.now(UTC)
    messages = tuple(Message(role=role, text=text, at=at) for role, text in said if text.strip())
    if not any(message.role == "customer" for message in messages):
        raise InputError("the customer has not said anything in this conversation yet")
    return Ticket(
        id=conversation.id,
        messages=messages,
        requester=conversation.requester,
        language=conversation.language,
    )


async def reviewed_reply(
    desk: Desk, conversation: Conversation, ticket: Ticket, text: str, *, held: str = HELD
) -> ReviewedReply:
    """A drafted reply, or what is told in its place; a person then has the draft in the queue.

    Args:
        desk: Checks and records.
        conversation: Reads the facts that the reply may tell.
        ticket: The conversation so far.
        text: The draft, with its values.
        held: Told in its place.
    """
    try:
        read = conversation.facts(None) if conversation.facts is not None else {}
        told = await read if inspect.isawaitable(read) else read
    except Exception as exc:  # noqa: BLE001 - the host's own code; without its facts nothing is sent
        return await to_colleague(desk, ticket, "facts", type(exc).__name__, held=held)
    proposal = Proposal(source="bot", reply=text)
    decision = await desk.decide(replace(ticket, facts=dict(told), proposal=proposal))
    if decision.route is Route.AUTO and decision.reply is not None:
        return ReviewedReply(text=decision.reply, decision=decision.id, held=False)
    return ReviewedReply(text=held, decision=decision.id, held=True)


async def to_colleague(
    desk: Desk, ticket: Ticket, stage: str, why: str, *, held: str = HELD
) -> ReviewedReply:
    """Give the conversation to a person, without a draft."""
    broke = Reason(code="stage-failed", params={"stage": stage, "why": why})
    decision = await desk.keep(ticket, desk.to_person(ticket, broke))
    return ReviewedReply(text=held, decision=decision.id, held=True)
