"""Putting a prompt of `prompts/checks` to a model: what it is shown, and a free text as answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from deskquorum.domain import Deadline, JsonValue, Message, RedactedTicket
from deskquorum.grounding import ClauseLike
from deskquorum.llm import ChatFailure, ChatModel, ChatReply, ChatRequest, new_fence
from deskquorum.verifying.checks import Checks

__all__ = ["Asker", "shown"]

_AT = datetime(2000, 1, 1, tzinfo=UTC)
"""A draft that is checked has no time of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """One model, and the prompts that it is asked with."""

    checks: Checks
    chat: ChatModel
    model: str

    async def ask(
        self,
        name: str,
        what: RedactedTicket,
        *,
        schema: Mapping[str, JsonValue],
        most_tokens: int,
        deadline: Deadline,
    ) -> ChatReply | ChatFailure:
        """Ask the prompt of that question; the answer is JSON by the schema, if it is one.

        Raises:
            LabelerError: The prompt can't be filled in.
        """
        prompt, question = self.checks.prompts[name], self.checks.questions[name]
        request = ChatRequest(
            model=self.model,
            messages=prompt.render(question, what, new_fence()),
            max_tokens=most_tokens,
            json_schema=schema,
        )
        return await self.chat.complete(request, deadline=deadline)

    async def text(
        self, name: str, what: RedactedTicket, *, most_tokens: int, deadline: Deadline
    ) -> str | ChatFailure:
        """A free text as the answer, empty where there is none.

        Raises:
            LabelerError: The prompt can't be filled in.
        """
        outcome = await self.ask(
            name, what, schema=_TEXT, most_tokens=most_tokens, deadline=deadline
        )
        if not isinstance(outcome, ChatReply):
            return outcome
        try:
            return _Text.model_validate_json(outcome.text).text.strip()
        except ValidationError:
            return ""


def shown(clauses: Sequence[ClauseLike], reply: str, claims: str) -> RedactedTicket:
    """What a verifier sees, as a conversation of three messages: clauses, draft, claims."""
    listed = "\n".join(f"[{clause.id}] {clause.text}" for clause in clauses)
    messages = (
        Message(role="customer", text=listed, at=_AT),
        Message(role="agent", text=reply, at=_AT),
        Message(role="customer", text=claims, at=_AT),
    )
    return RedactedTicket(id="draft", messages=messages, languages=("und",))


_TEXT: Mapping[str, JsonValue] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str
