"""Tools of the Agents SDK that run only where the desk lets them.

What a rule denies is told to the model at once; a person is asked, with the SDK's own approvals,
only about what a person may decide. A run's state can be saved and resumed in another process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents import FunctionTool, RunContextWrapper, RunState, ToolApprovalItem
from agents.tool_context import ToolContext

from deskquorum.approving import Approved, PersonsAnswer, Refused, take_answer
from deskquorum.domain import Action, Route, Ticket
from deskquorum.errors import InputError
from deskquorum.formats import parse_json
from deskquorum.running_once import Running, begin_call
from deskquorum.tool_calls import INBOX, CallRuling, ReadFacts, ToolCall, plain_args, rule_on_call

if TYPE_CHECKING:
    from deskquorum.desk import Desk

__all__ = ["guarded_tools", "reject_call"]


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


async def reject_call(
    desk: Desk,
    state: RunState[Any, Any],
    item: ToolApprovalItem,
    *,
    ticket: Ticket,
    by: str = INBOX,
    why: str = "",
) -> None:
    """Reject a call that a run waits with, and tell the desk's queue: in place of `state.reject`.

    The verdict is recorded first, so what the run has as rejected is never open in the queue.

    Args:
        desk: Records the verdict.
        state: Of the run.
        item: One of its interruptions.
        ticket: The conversation, as `guarded_tools` has it.
        by: Who rejects it.
        why: For the record, and for the model.
    """
    try:
        args = parse_json(item.arguments or "{}")
        call = _call(item.name or "", args, item.call_id or "", ticket)
    except InputError as exc:
        # The desk refuses it unasked, so there is nothing in its queue.
        state.reject(item, rejection_message=_unreadable(exc))
        return
    said = PersonsAnswer(kind="reject", message=why, by=by)
    answer = await take_answer(desk, call, await rule_on_call(desk, call), said)
    told = answer.why if isinstance(answer, Refused) else ""
    state.reject(item, rejection_message=_refusal(told))


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
            return _unreadable(exc)
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
        return _call(self.tool.name, args, call_id, self.ticket(context))

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


def _call(name: str, args: Mapping[str, object], call_id: str, ticket: Ticket) -> ToolCall:
    return ToolCall(id=call_id, ticket=ticket, action=Action(name=name, args=plain_args(args)))


def _unreadable(exc: InputError) -> str:
    return _refusal(f"The arguments can't be read: {exc}.")


def _refusal(why: str) -> str:
    return json.dumps({"done": False, "why": why}, ensure_ascii=False)
