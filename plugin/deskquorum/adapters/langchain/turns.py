"""One turn of an agent: all tool calls of one message of the model, ruled on, asked about, settled.

No tool of a turn runs before the whole turn is settled: whoever pauses a graph has its node run
again from the top, and what ran before the pause would run twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, cast

from langchain.agents.middleware.human_in_the_loop import (
    ActionRequest,
    DecisionType,
    HITLRequest,
    ReviewConfig,
)
from langchain_core.messages import ToolCall, ToolMessage
from langgraph.types import interrupt

from deskquorum.adapters.langchain.messages import action_of
from deskquorum.approving import Approved, PersonsAnswer, Refused, take_answer
from deskquorum.domain import Action, JsonValue, Route, Ticket
from deskquorum.errors import InputError
from deskquorum.ledger.review_items import suggestion_hash
from deskquorum.tool_calls import INBOX, CallRuling, plain_args, rule_on_call
from deskquorum.tool_calls import ToolCall as Wanted

if TYPE_CHECKING:
    from deskquorum.adapters.bot_conversations import Conversation
    from deskquorum.desk import Desk

__all__ = ["Pass", "Ruled", "ask_person", "asked_hash", "refusal", "rule_on_turn", "settle_turn"]

_NAMELESS = CallRuling(
    route=Route.DENY, decision="", why=("A call needs an id that no other call of its turn has.",)
)

_KINDS: tuple[DecisionType, ...] = ("approve", "edit", "reject", "respond")


class Pass(TypedDict):
    """Lets one call run; kept in the graph's state."""

    asked: str
    """Digest of the model's own call."""
    name: str
    args: dict[str, JsonValue]
    """What is run: the model's own, or what a person made of it."""
    decision: str
    edited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A call of the turn with what the desk says of it."""

    call: ToolCall
    wanted: Wanted | None
    """None where it can't be read as an action."""
    ruling: CallRuling

    @property
    def asks(self) -> bool:
        """Whether a person is to be asked; without a record nobody could approve it."""
        return self.ruling.route is Route.HUMAN and bool(self.ruling.decision)


async def rule_on_turn(
    desk: Desk, conversation: Conversation, ticket: Ticket, calls: Sequence[ToolCall]
) -> list[Ruled]:
    """The desk's word on every call, in their order; what breaks is a person's."""
    ids = Counter(call["id"] for call in calls)
    return [
        await _ruled(desk, conversation, ticket, call)
        if call["id"] and ids[call["id"]] == 1
        else Ruled(call=call, wanted=None, ruling=_NAMELESS)
        for call in calls
    ]


async def _ruled(desk: Desk, conversation: Conversation, ticket: Ticket, call: ToolCall) -> Ruled:
    try:
        wanted = Wanted(id=call["id"] or "", ticket=ticket, action=action_of(call))
    except InputError as exc:
        ruling = CallRuling(route=Route.DENY, decision="", why=(f"{exc}.",))
        return Ruled(call=call, wanted=None, ruling=ruling)
    ruling = await rule_on_call(desk, wanted, facts=conversation.facts)
    return Ruled(call=call, wanted=wanted, ruling=ruling)


def ask_person(turn: Sequence[Ruled]) -> Mapping[str, PersonsAnswer]:
    """Pause the graph until a person has answered; tool call id to the answer.

    The request is LangChain's own, so its inboxes can show and answer it. An answer that does not
    fit is asked for again. Answers may name their `tool_call_id`; others go by their order.
    """
    asked = [ruled for ruled in turn if ruled.asks]
    if not asked:
        return {}
    request = HITLRequest(
        action_requests=[_request(ruled) for ruled in asked],
        review_configs=[
            ReviewConfig(action_name=ruled.call["name"], allowed_decisions=list(_KINDS))
            for ruled in asked
        ],
    )
    while True:
        # Raises, and so pauses, once there is no further answer.
        answers = _matched(interrupt(request), asked)
        if answers is not None:
            return answers


async def settle_turn(
    desk: Desk, turn: Sequence[Ruled], answers: Mapping[str, PersonsAnswer]
) -> dict[str, Pass | ToolMessage]:
    """What becomes of every call: a pass, or what the model is told in its place."""
    return {
        ruled.call["id"] or "": await _settled(desk, ruled, answers.get(ruled.call["id"] or ""))
        for ruled in turn
    }


def asked_hash(call: ToolCall) -> str:
    """Tells a call's name and arguments from every other's."""
    return suggestion_hash(Action(name=call["name"], args=plain_args(call["args"])), None)


def refusal(call: ToolCall, why: str) -> ToolMessage:
    """What the model is told where its tool did not run."""
    return ToolMessage(
        content=f"This was not done. {why} Do not call it again with these arguments.",
        name=call["name"],
        tool_call_id=call["id"] or "",
        status="error",
    )


async def _settled(desk: Desk, ruled: Ruled, said: PersonsAnswer | None) -> Pass | ToolMessage:
    ruling, wanted = ruled.ruling, ruled.wanted
    if ruling.route is Route.AUTO and wanted is not None:
        return _pass(ruled, Approved(action=wanted.action))
    if ruling.route is Route.DENY or wanted is None:
        return refusal(ruled.call, f"Policy denies it: {' '.join(ruling.why)}")
    if said is None:
        return refusal(ruled.call, " ".join(ruling.why))
    answer = await take_answer(desk, wanted, ruling, said)
    if isinstance(answer, Approved):
        return _pass(ruled, answer)
    if said.kind == "respond" and answer == Refused(why=said.message):
        return ToolMessage(
            content=said.message, name=ruled.call["name"], tool_call_id=ruled.call["id"] or ""
        )
    return refusal(ruled.call, answer.why)


def _pass(ruled: Ruled, approved: Approved) -> Pass:
    return Pass(
        asked=asked_hash(ruled.call),
        name=approved.action.name,
        args=dict(approved.action.args) if approved.edited else dict(ruled.call["args"]),
        decision=ruled.ruling.decision,
        edited=approved.edited,
    )


def _request(ruled: Ruled) -> ActionRequest:
    request = ActionRequest(
        name=ruled.call["name"],
        args=ruled.call["args"],
        description=" ".join(ruled.ruling.why) or "A person decides.",
    )
    # Beyond LangChain's own keys, so that answers to parallel calls can say which they are for.
    return cast("ActionRequest", {**request, "tool_call_id": ruled.call["id"]})


def _matched(answer: object, asked: Sequence[Ruled]) -> Mapping[str, PersonsAnswer] | None:
    """Each call with its answer; None where they do not fit each other."""
    decisions = answer.get("decisions") if isinstance(answer, dict) else None
    if not isinstance(decisions, list) or len(decisions) != len(asked):
        return None
    found: dict[str, PersonsAnswer] = {}
    for place, decision in enumerate(decisions):
        said = _said(decision) if isinstance(decision, dict) else None
        if said is None:
            return None
        found[str(decision.get("tool_call_id", asked[place].call["id"]))] = said
    wanted = {str(ruled.call["id"]) for ruled in asked}
    return found if found.keys() == wanted else None


def _said(decision: Mapping[str, object]) -> PersonsAnswer | None:
    match decision:
        case {"type": "edit", "edited_action": {"name": str(name), "args": dict(args)}}:
            try:
                action = Action(name=name, args=plain_args(args))
            except InputError:
                return None
            return PersonsAnswer(kind="edit", action=action, by=_by(decision))
        case {"type": "respond", "message": str(message)} if message:
            return PersonsAnswer(kind="respond", message=message, by=_by(decision))
        case {"type": "approve" | "reject" as kind}:
            why = decision.get("message")
            message = why if isinstance(why, str) else ""
            return PersonsAnswer(kind=kind, message=message, by=_by(decision))
    return None


def _by(decision: Mapping[str, object]) -> str:
    by = decision.get("by")
    return by if isinstance(by, str) and by else INBOX
