"""What an agent's state holds of a turn: its messages, calls that wait, and what lets them run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, cast

from langchain.agents.middleware.types import AgentState, PrivateStateAttr, ToolCallRequest
from langchain_core.messages import AIMessage, BaseMessage, ToolCall, ToolMessage
from langgraph.config import get_config

from deskquorum.adapters.langchain.turns import Pass, asked_hash
from deskquorum.errors import ConfigError, Problem

__all__ = [
    "DeskState",
    "Settled",
    "check_saved",
    "messages_in",
    "open_calls",
    "passed_in",
    "turn_of",
    "update_of",
]

_PASSES = "deskquorum_passes"
_CHECKPOINTER = "__pregel_checkpointer"
"""Where LangGraph's configuration holds what it saves its state with."""


_UNSAVED = Problem(
    path="checkpointer",
    message="not set, and a person's answer would find nothing to go on with",
    hint="give one: create_agent(..., checkpointer=InMemorySaver()), or a database's",
)

Settled = Mapping[str, Pass | ToolMessage]
"""Id of a call to what lets it run, or to what is told to the model instead."""


class DeskState(AgentState[Any]):
    """The agent's state, with what lets its calls run."""

    deskquorum_passes: NotRequired[Annotated[dict[str, Pass], PrivateStateAttr]]


def messages_in(state: object) -> Sequence[BaseMessage]:
    """The messages of a state, whatever a graph keeps it in."""
    if isinstance(state, dict):
        return cast("Sequence[BaseMessage]", state.get("messages", []))
    return cast("Sequence[BaseMessage]", state if isinstance(state, list) else state.messages)  # type: ignore[attr-defined]


def open_calls(messages: Sequence[BaseMessage]) -> list[ToolCall]:
    """Calls of the last message of the model that nothing was answered to yet."""
    answered = {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    return [] if last is None else [c for c in last.tool_calls if c["id"] not in answered]


def turn_of(request: ToolCallRequest) -> list[ToolCall]:
    """The calls that were asked for together with this one."""
    calls = open_calls(messages_in(request.state))
    return calls if request.tool_call in calls else [request.tool_call]


def update_of(settled: Settled) -> dict[str, Any]:
    """What a turn that was ruled on changes in the state."""
    told = [one for one in settled.values() if isinstance(one, ToolMessage)]
    passes = {one: p for one, p in settled.items() if not isinstance(p, ToolMessage)}
    return {"messages": told, _PASSES: passes}


def passed_in(request: ToolCallRequest) -> Pass | None:
    """What the hook after the model let pass, if it was this very call."""
    passes = request.state.get(_PASSES) if isinstance(request.state, dict) else None
    passed = (passes or {}).get(request.tool_call["id"])
    if passed is None or passed["asked"] != asked_hash(request.tool_call):
        return None
    return cast("Pass", passed)


def check_saved() -> None:
    """Refuse to go on where a pause could never end.

    Raises:
        ConfigError: The graph has no checkpointer.
    """
    if get_config()["configurable"].get(_CHECKPOINTER) is None:
        raise ConfigError([_UNSAVED])
