"""What a model is shown of a conversation, and what is made of its answer.

The graph's state holds the values; placeholders live as long as one call of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

from deskquorum.adapters.shown import WITHHELD, shown_result
from deskquorum.domain import Action, JsonValue
from deskquorum.errors import InputError
from deskquorum.tool_calls import plain_args

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ModelRequest

    from deskquorum.adapters.bot_conversations import ReviewedReply, Said
    from deskquorum.redaction import Session

__all__ = [
    "action_of",
    "restored",
    "said_in",
    "shown_request",
    "spoken",
    "text_of",
]

_REASONING = frozenset({"thinking", "redacted_thinking", "reasoning"})


def said_in(messages: Iterable[BaseMessage]) -> Iterable[Said]:
    """What the customer and the bot said to each other."""
    for message in messages:
        match message:
            case HumanMessage():
                yield "customer", text_of(message)
            case AIMessage():
                yield "agent", text_of(message)


def text_of(message: BaseMessage) -> str:
    """The text of a message, blocks of other kinds left out."""
    return str(message.text)


def action_of(call: ToolCall) -> Action:
    """A tool call as an action.

    Raises:
        InputError: An argument is nothing that JSON holds.
    """
    return Action(name=call["name"], args=plain_args(call["args"]))


def shown_request(request: ModelRequest[Any], session: Session) -> ModelRequest[Any]:
    """A request as the model sees it: placeholders for personal data in all of it.

    In texts, blocks, arguments, results, and the host's own instructions.

    Raises:
        RedactionError: Personal data could not be looked for, or some would remain.
    """
    system = request.system_message
    shown = request.override(messages=[_shown(message, session) for message in request.messages])
    if system is None:
        return shown
    return shown.override(system_message=_shown_system(system, session))


def restored(message: AIMessage, session: Session) -> AIMessage:
    """The model's answer with the values back in its text and arguments.

    Raises:
        RedactionError: It holds a placeholder that is broken or of another conversation.
    """
    return AIMessage(
        content=session.restore(text_of(message)),
        tool_calls=[
            ToolCall(
                name=call["name"],
                args=cast("dict[str, object]", session.restore_value(_plain(call["args"]))),
                id=call["id"],
                type="tool_call",
            )
            for call in message.tool_calls
        ],
        id=message.id,
        name=message.name,
        usage_metadata=message.usage_metadata,
    )


def spoken(reply: ReviewedReply, message: AIMessage | None) -> AIMessage:
    """What is said to the customer, with the id of the decision that it rests on."""
    told = {"decision": reply.decision, "held": reply.held}
    if message is None:
        return AIMessage(content=reply.text, response_metadata={"deskquorum": told})
    return message.model_copy(
        update={"content": reply.text, "response_metadata": {"deskquorum": told}}
    )


def _shown(message: AnyMessage, session: Session) -> AnyMessage:
    match message:
        case SystemMessage():
            return _shown_system(message, session)
        case HumanMessage():
            return HumanMessage(content=_content(message, session, "customer"), id=message.id)
        case AIMessage():
            calls = [_shown_call(call, session) for call in message.tool_calls]
            return AIMessage(
                content=_content(message, session, "agent"), tool_calls=calls, id=message.id
            )
        case ToolMessage():
            return ToolMessage(
                content=_content(message, session, "tool"),
                tool_call_id=message.tool_call_id,
                name=message.name,
                status=message.status,
                id=message.id,
            )
    raise InputError(
        f"a {message.type} message can't be shown to a model; use system, human, ai"
        " or tool messages"
    )


def _shown_system(message: SystemMessage, session: Session) -> SystemMessage:
    return SystemMessage(content=_content(message, session, "agent"), id=message.id)


def _shown_call(call: ToolCall, session: Session) -> ToolCall:
    hidden = session.redact_action(Action(name=call["name"], args=_plain(call["args"])))
    return ToolCall(name=call["name"], args=dict(hidden.args), id=call["id"], type="tool_call")


def _content(
    message: AnyMessage, session: Session, where: str
) -> str | list[str | dict[str, object]]:
    """The same structure, with placeholders in every text of it."""
    if isinstance(message.content, str):
        return _text(message.content, session, where)
    return list(_blocks(message.content, session, where))


def _blocks(
    blocks: Sequence[str | dict[str, object]], session: Session, where: str
) -> Iterable[str | dict[str, object]]:
    for block in blocks:
        if isinstance(block, str):
            yield _text(block, session, where)
            continue
        match block:
            case {"type": "text", "text": str(text)}:
                yield {"type": "text", "text": _text(text, session, where)}
            case {"type": "tool_use", "id": one, "name": str(name), "input": dict(args)}:
                hidden = session.redact_action(Action(name=name, args=_plain(args)))
                yield {"type": "tool_use", "id": one, "name": name, "input": dict(hidden.args)}
            case {"type": str(kind)} if kind in _REASONING or kind in {
                "tool_call",
                "function_call",
            }:
                # Signed, or a copy of `tool_calls`; neither is needed to go on.
                continue
            case _:
                yield {"type": "text", "text": WITHHELD}


def _text(text: str, session: Session, where: str) -> str:
    if where == "tool":
        return shown_result(text, session)
    return session.redact(text, "agent" if where == "agent" else "customer")


def _plain(args: dict[str, object]) -> dict[str, JsonValue]:
    return cast("dict[str, JsonValue]", args)
