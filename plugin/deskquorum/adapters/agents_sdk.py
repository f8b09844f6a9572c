"""OpenAI Agents SDK: tools that run only where the desk lets them, replies that are checked first.

```python
guarded = guarded_tools(desk, [cancel_order, issue_refund], ticket=lambda context: context.ticket)
agent = Agent(name="desk", tools=guarded)
result = await Runner.run(agent, text, context=chat)
```

What a rule denies is told to the model at once; a person is asked, with the SDK's own approvals,
only about what a person may decide. A run's state can be saved and resumed in another process.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents import FunctionTool, RunContextWrapper, RunItemStreamEvent
from agents.tool_context import ToolContext

from deskquorum.adapters.bot_conversations import HELD, Conversation, ReviewedReply, reviewed_reply
from deskquorum.approving import Approved, PersonsAnswer, take_answer
from deskquorum.domain import Action, Route, Ticket
from deskquorum.errors import InputError
from deskquorum.formats import parse_json
from deskquorum.running_once import Running, begin_call
from deskquorum.tool_calls import CallRuling, ReadFacts, ToolCall, plain_args, rule_on_call

if TYPE_CHECKING:
    from agents import RunResultStreaming, StreamEvent

    from deskquorum.desk import Desk

__all__ = ["checked_reply", "guarded_tools", "stream_checked"]

_HIDDEN = frozenset({"message_output_created", "reasoning_item_created"})


def guarded_tools(
    desk: Desk,
    tools: Iterable[FunctionTool],
    *,
    ticket: Callable[[Any], Ticket],
    facts: ReadFacts | None = None,
    reviewer: Callable[[Any], str] | None = None,
) -> list[FunctionTool]:
    """The same tools, each call of which the desk rules on.

    Args:
        desk: Decides; its policies declare every tool as an action.
        tools: Function tools. Their own `needs_approval` gives way to the desk's word.
        ticket: From the run's context to the conversation. The host tells it, never the model.
        facts: Reads the facts of an action from the host's systems.
        reviewer: From the run's context to who approved, for the record.
    """
    return [
        _guarded(_Gate(desk=desk, tool=tool, ticket=ticket, facts=facts, reviewer=reviewer))
        for tool in tools
    ]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gate:
    """What stands before one tool."""

    desk: Desk
    tool: FunctionTool
    ticket: Callable[[Any], Ticket]
    facts: ReadFacts | None
    reviewer: Callable[[Any], str] | None

    async def needs_approval(
        self, context: RunContextWrapper[Any], args: dict[str, Any], call_id: str
    ) -> bool:
        """Whether a person is to be asked: never about what a rule denies."""
        try:
            call = self._call(context.context, args, call_id)
        except InputError:
            # It is refused when it is to run; nobody need be asked.
            return False
        ruling = await self._ruling(call)
        return ruling.route is Route.HUMAN and bool(ruling.decision)

    async def run(self, context: ToolContext[Any], written: str) -> Any:  # noqa: ANN401 - the tool's own
        """Run the tool, or say why not."""
        try:
            call = self._call(context.context, parse_json(written or "{}"), context.tool_call_id)
        except InputError as exc:
            return _refusal(f"The arguments can't be read: {exc}.")
        ruling = await self._ruling(call)
        why = await self._why_not(context, call, ruling)
        if why:
            return _refusal(why)
        begun = await begin_call(self.desk, call.ticket, call.action, ruling.decision)
        if begun.refused:
            return _refusal(begun.refused)
        async with Running(self.desk, begun):
            return await self.tool.on_invoke_tool(context, written)

    def _call(self, context: object, args: Mapping[str, object], call_id: str) -> ToolCall:
        action = Action(name=self.tool.name, args=plain_args(args))
        return ToolCall(id=call_id, ticket=self.ticket(context), action=action)

    async def _ruling(self, call: ToolCall) -> CallRuling:
        return await rule_on_call(self.desk, call, facts=self.facts)

    async def _why_not(self, context: ToolContext[Any], call: ToolCall, ruling: CallRuling) -> str:
        """Why it does not run, empty where it does."""
        match ruling.route:
            case Route.AUTO:
                return ""
            case Route.DENY:
                return f"Policy denies it: {' '.join(ruling.why)}"
            case Route.HUMAN:
                # The SDK asked; whether it did, and what was said, is looked at again here.
                if context.is_tool_approved(self.tool.name, call.id) is not True:
                    return f"A person has to approve it. {' '.join(ruling.why)}"
                return await self._refused(context.context, call, ruling)

    async def _refused(self, context: object, call: ToolCall, ruling: CallRuling) -> str:
        """Why a call does not run although a person approved it, empty where it does."""
        said = PersonsAnswer(kind="approve")
        if self.reviewer is not None:
            said = replace(said, by=self.reviewer(context))
        answer = await take_answer(self.desk, call, ruling, said)
        return "" if isinstance(answer, Approved) else answer.why


def _guarded(gate: _Gate) -> FunctionTool:
    # With an invoker of our own the SDK asks `needs_approval` about every call: about calls whose
    # arguments its schema would change (10 for 10.0) it would not ask its own tools' policy.
    return replace(gate.tool, on_invoke_tool=gate.run, needs_approval=gate.needs_approval)


def _refusal(why: str) -> str:
    return json.dumps({"done": False, "why": why}, ensure_ascii=False)
