"""What may be told to the customer of a run: its final output, or its events as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from agents import RunItemStreamEvent

from deskquorum.adapters.bot_conversations import HELD, Conversation, ReviewedReply, reviewed_reply

if TYPE_CHECKING:
    from agents import RunResultStreaming, StreamEvent

    from deskquorum.desk import Desk
    from deskquorum.domain import Ticket
    from deskquorum.tool_calls import ReadFacts

__all__ = ["checked_reply", "stream_checked"]

_HIDDEN = frozenset({"message_output_created", "reasoning_item_created"})


async def checked_reply(
    desk: Desk, ticket: Ticket, text: str, *, facts: ReadFacts | None = None, held: str = HELD
) -> ReviewedReply:
    """What may be told to the customer of a run's final output.

    Args:
        desk: Checks and records.
        ticket: The conversation so far.
        text: `result.final_output`.
        facts: Reads what the reply may tell (called with None).
        held: Told in place of a reply that a person looks at.
    """
    about = Conversation(id=ticket.id, requester=ticket.requester, facts=facts)
    return await reviewed_reply(desk, about, ticket, text, held=held)


async def stream_checked(
    desk: Desk,
    ticket: Ticket,
    run: RunResultStreaming,
    *,
    facts: ReadFacts | None = None,
    held: str = HELD,
) -> AsyncIterator[StreamEvent | ReviewedReply]:
    """A streamed run's events without the model's words, then the reply that was checked.

    Nothing comes at the end of a run that waits for a person: look at `run.interruptions`.
    """
    async for event in run.stream_events():
        if event.type == "raw_response_event":
            continue
        if isinstance(event, RunItemStreamEvent) and event.name in _HIDDEN:
            continue
        yield event
    if not run.interruptions:
        yield await checked_reply(desk, ticket, str(run.final_output), facts=facts, held=held)
