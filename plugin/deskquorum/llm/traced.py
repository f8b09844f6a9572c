"""A chat model whose calls are seen in traces, by OpenTelemetry's conventions for GenAI."""

from __future__ import annotations

import re
from typing import assert_never

from deskquorum.domain import Deadline
from deskquorum.llm.chat import ChatFailure, ChatModel, ChatReply, ChatRequest
from deskquorum.tracing import span

__all__ = ["TracedChat"]

_MODEL = re.compile(r"[\w./:@-]{1,100}")


class TracedChat:
    """Passes every call on; a span tells the models and the tokens, never the words."""

    def __init__(self, chat: ChatModel) -> None:
        """Take the model that answers."""
        self._chat = chat

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """The model's answer."""
        asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": request.model}
        with span(f"chat {request.model}", asked, calls_out=True) as note:
            answer = await self._chat.complete(request, deadline=deadline)
            match answer:
                case ChatReply():
                    # A provider may call itself whatever it likes.
                    if _MODEL.fullmatch(answer.model):
                        note("gen_ai.response.model", answer.model)
                    note("gen_ai.usage.input_tokens", answer.prompt_tokens)
                    note("gen_ai.usage.output_tokens", answer.completion_tokens)
                case ChatFailure():
                    note("error.type", answer.kind.value)
                case _:
                    assert_never(answer)
            return answer
