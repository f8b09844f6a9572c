"""`RedactingModel`: a run's model that sees placeholders where the run has personal data."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from agents.models.interface import Model

from deskquorum.adapters.agents_sdk.items import restored, shown
from deskquorum.adapters.bot_conversations import to_colleague
from deskquorum.errors import InputError, RedactionError

if TYPE_CHECKING:
    from agents import ModelResponse, TResponseInputItem, TResponseOutputItem, TResponseStreamEvent
    from agents.retry import ModelRetryAdvice, ModelRetryAdviceRequest

    from deskquorum.desk import Desk
    from deskquorum.domain import Ticket
    from deskquorum.redaction import Session

__all__ = ["RedactingModel"]

_Input = str | Sequence["TResponseInputItem"]
_FAILURES = frozenset({"response.failed", "response.incomplete", "response.error", "error"})


class RedactingModel(Model):
    """Asks another model about placeholders, and puts the values back into its answer.

    Give a run one of its own: `RunConfig(model=RedactingModel(desk, model, ticket=ticket))`. Tools,
    people who are asked, and the run's saved state then have the values; only the model has not.

    What can't be redacted, or restored, ends the run with `RedactionError`, and a person has the
    conversation.
    """

    def __init__(self, desk: Desk, model: Model, *, ticket: Ticket) -> None:
        """Take the model.

        Args:
            desk: Redacts, as its policies say.
            model: The one that is asked.
            ticket: The conversation so far. The host tells it, never the model.
        """
        self._desk = desk
        self._model = model
        self._ticket = ticket
        self._opened: Session | None = None
        # Agents that run as tools of each other ask at the same time.
        self._opening = threading.Lock()

    async def get_response(
        self,
        system_instructions: str | None,
        input: _Input,  # noqa: A002 - the SDK's name
        *args: Any,  # noqa: ANN401 - the SDK's, passed on
        **kwargs: Any,  # noqa: ANN401 - the SDK's, passed on
    ) -> ModelResponse:
        """Ask, as the SDK does."""
        instructions, items = await self._shown(system_instructions, input, kwargs.get("prompt"))
        response = await self._model.get_response(instructions, items, *args, **kwargs)
        return replace(response, output=await self._restored(response.output))

    async def stream_response(
        self,
        system_instructions: str | None,
        input: _Input,  # noqa: A002 - the SDK's name
        *args: Any,  # noqa: ANN401 - the SDK's, passed on
        **kwargs: Any,  # noqa: ANN401 - the SDK's, passed on
    ) -> AsyncIterator[TResponseStreamEvent]:
        """Ask, and stream the answer once it is whole: parts of it may hold half a placeholder."""
        instructions, items = await self._shown(system_instructions, input, kwargs.get("prompt"))
        done: list[TResponseOutputItem] = []
        async for event in self._model.stream_response(instructions, items, *args, **kwargs):
            if event.type == "response.output_item.done":
                done.append(event.item)
            elif event.type == "response.completed":
                output = await self._restored(event.response.output or done)
                answer = event.response.model_copy(update={"output": output})
                yield event.model_copy(update={"response": answer})
            elif event.type in _FAILURES:
                yield event

    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        """The other model's."""
        return self._model.get_retry_advice(request)

    async def close(self) -> None:
        """Close the other model."""
        await self._model.close()

    async def _shown(
        self, instructions: str | None, said: _Input, prompt: object
    ) -> tuple[str | None, str | list[TResponseInputItem]]:
        if prompt:
            raise InputError("a stored prompt's variables are not redacted; use instructions")
        try:
            return await anyio.to_thread.run_sync(self._redacted, instructions, said)
        except RedactionError:
            await self._handed_over()
            raise

    def _redacted(
        self, instructions: str | None, said: _Input
    ) -> tuple[str | None, str | list[TResponseInputItem]]:
        with self._opening:
            if self._opened is None:
                self._opened = self._desk.parts.redactor.open(self._ticket)
            session = self._opened
            told = None if instructions is None else session.redact(instructions, "agent")
            return told, shown(said, session)

    async def _restored(self, output: Iterable[TResponseOutputItem]) -> list[TResponseOutputItem]:
        if self._opened is None:
            raise RedactionError("the model answered before it was asked")
        try:
            return restored(output, self._opened)
        except RedactionError:
            await self._handed_over()
            raise

    async def _handed_over(self) -> None:
        await to_colleague(self._desk, self._ticket, "redaction", "RedactionError")
