"""A LangChain chat model as the voice of prompt labelers and reply checks.

`load_desk(folder, chats={"small": LangChainChat(ChatAnthropic(...))})` puts it in the place of the
model that `desk.yaml` calls `small`.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import anyio
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from deskquorum.llm import ChatFailure, ChatReply, ChatRequest, FailureKind

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from deskquorum.domain import Deadline

__all__ = ["LangChainChat"]

_KINDS = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}


class LangChainChat:
    """Asks any LangChain chat model; give it its own key, temperature and limits."""

    def __init__(self, model: BaseChatModel) -> None:
        """Take the model."""
        self._model = model

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """Answer by the deadline; whatever the provider's library raises is a failure.

        There is no common way to token probabilities: prompts that read them get none, and fail.
        """
        if request.top_logprobs is not None:
            return ChatFailure(kind=FailureKind.BAD_REQUEST, detail="read-schema", was_sent=False)
        began = time.monotonic()
        answer: BaseMessage | None = None
        try:
            with anyio.move_on_after(deadline.remaining_s()):
                # Of its own: inside an agent, its words are not the agent's.
                answer = await self._model.ainvoke(_messages(request), {"callbacks": []})
        except Exception as exc:  # noqa: BLE001 - each provider's library has errors of its own
            took = _ms(began)
            return ChatFailure(
                kind=FailureKind.SERVER_ERROR, detail=type(exc).__name__, latency_ms=took
            )
        if answer is None:
            return ChatFailure(kind=FailureKind.TIMEOUT, latency_ms=_ms(began))
        text = str(answer.text)
        if not text.strip():
            return ChatFailure(kind=FailureKind.EMPTY, latency_ms=_ms(began))
        usage = answer.usage_metadata if isinstance(answer, AIMessage) else None
        return ChatReply(
            text=text,
            model=request.model,
            prompt_tokens=0 if usage is None else usage["input_tokens"],
            completion_tokens=0 if usage is None else usage["output_tokens"],
            latency_ms=_ms(began),
        )


def _messages(request: ChatRequest) -> list[BaseMessage]:
    messages: list[BaseMessage] = [
        _KINDS[message.role](content=message.content) for message in request.messages
    ]
    if request.json_schema is not None:
        schema = json.dumps(request.json_schema)
        wanted = f"Answer with one JSON object of this schema, and nothing else: {schema}"
        messages.append(HumanMessage(content=wanted))
    return messages


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
