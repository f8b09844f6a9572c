"""From a pass to the tool that runs: what a person edited runs in place of the model's call."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolCall, ToolMessage
from langgraph.types import Command

from deskquorum.adapters.langchain.turns import refusal

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ToolCallRequest

    from deskquorum.adapters.langchain.turns import Pass

__all__ = ["noted", "to_run"]


def to_run(request: ToolCallRequest, passed: Pass) -> ToolCallRequest | ToolMessage:
    """The request that runs; or what the model is told where there is no such tool."""
    if not passed["edited"]:
        return request
    call = ToolCall(
        name=passed["name"],
        args=dict(passed["args"]),
        id=request.tool_call["id"],
        type="tool_call",
    )
    if passed["name"] == request.tool_call["name"]:
        return request.override(tool_call=call)
    tool = next((one for one in request.runtime.tools if one.name == passed["name"]), None)
    if tool is None:
        return refusal(request.tool_call, f"A person chose '{passed['name']}', which is no tool.")
    return request.override(tool_call=call, tool=tool)


def noted(result: ToolMessage | Command[Any], passed: Pass) -> ToolMessage | Command[Any]:
    """The result; of an edited call with what ran, so that the model does not call again."""
    if not passed["edited"]:
        return result
    ran = json.dumps({"name": passed["name"], "args": passed["args"]}, ensure_ascii=False)
    note = (
        f"A person replaced this call before it ran. What ran is {ran}."
        " The call in your message did not run and never will; do not repeat it."
    )
    if isinstance(result, ToolMessage):
        return result.model_copy(update={"content": _beside(note, result.content)})
    update = result.update
    messages = update.get("messages") if isinstance(update, dict) else None
    if not isinstance(update, dict) or not isinstance(messages, list):
        return result
    changed = [noted(m, passed) if isinstance(m, ToolMessage) else m for m in messages]
    return replace(result, update={**update, "messages": changed})


def _beside(
    note: str, content: str | list[str | dict[str, Any]]
) -> str | list[str | dict[str, Any]]:
    if isinstance(content, str):
        return f"{note}\n\n{content}"
    return [{"type": "text", "text": note}, *content]
