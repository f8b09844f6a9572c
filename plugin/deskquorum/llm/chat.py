"""What is asked of a chat model and what comes back; a provider's fault is a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from deskquorum.domain import Deadline, JsonValue

__all__ = [
    "ChatFailure",
    "ChatMessage",
    "ChatModel",
    "ChatReply",
    "ChatRequest",
    "FailureKind",
    "Price",
]

_MILLION = Decimal(1_000_000)
_BYTES_PER_TOKEN = 2
_TOKENS_AROUND = 16
"""For the marks around each message, and around all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One question to a model. Holds redacted text only."""

    model: str
    messages: tuple[ChatMessage, ...]
    max_tokens: int
    temperature: float = 0.0
    top_logprobs: int | None = None
    """How many likely first tokens to report; None asks for text alone."""
    json_schema: Mapping[str, JsonValue] | None = None
    """JSON schema that the whole answer must follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """A whole answer: never cut short, never a refusal, never empty."""

    text: str
    model: str
    first_token_logprobs: Mapping[str, float] = field(default_factory=dict)
    """Likely first tokens to their natural log probability; empty when none were given."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_ms: int = 0
    cost: Decimal = Decimal(0)
    """In the desk's currency, tries before it included; 0 where no price is known."""
    stand_in: str | None = None
    """Which fallback model answered; None where it was the one that was asked."""


class FailureKind(StrEnum):
    """Why there is no answer."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    AUTH = "auth"
    BAD_REQUEST = "bad-request"
    GARBAGE = "garbage"
    """Not the shape of an answer: an HTML page, broken JSON, something that is not HTTP."""
    TRUNCATED = "truncated"
    REFUSED = "refused"
    EMPTY = "empty"
    CIRCUIT_OPEN = "circuit-open"
    """Not asked: its endpoint has just failed too often."""
    OVER_BUDGET = "over-budget"
    """Not asked: there is no money left for it."""

    @property
    def is_transient(self) -> bool:
        """Whether the same request may well be answered a moment later."""
        return self in _TRANSIENT

    @property
    def is_answer(self) -> bool:
        """Whether the model did answer, in a way that is of no use."""
        return self in _ANSWERS


_TRANSIENT = frozenset(
    {
        FailureKind.TIMEOUT,
        FailureKind.UNREACHABLE,
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
    }
)


_ANSWERS = frozenset({FailureKind.TRUNCATED, FailureKind.REFUSED, FailureKind.EMPTY})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFailure:
    """A call without an answer."""

    kind: FailureKind
    detail: str = ""
    """Status and the provider's error code; never a word of the prompt or the answer."""
    latency_ms: int = 0
    retry_after_s: float | None = None
    """How long the provider asks to be left alone; None when it does not say."""
    was_sent: bool = True
    """False where no connection came about, so that nobody can have charged for it."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)
    """What it cost, or may have cost where nobody can tell; tries before it included."""


class ChatModel(Protocol):
    """Anything that answers a chat request."""

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """Answer by the deadline; a fault of the provider is a `ChatFailure`, never raised."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model charges, in the desk's currency."""

    prompt_per_million: Decimal
    """For a million tokens of prompt."""
    completion_per_million: Decimal
    """For a million tokens of answer."""

    def of(self, outcome: ChatReply | ChatFailure) -> Decimal:
        """The cost of one answer."""
        return self.of_tokens(outcome.prompt_tokens, outcome.completion_tokens)

    def of_tokens(self, prompt: int, completion: int) -> Decimal:
        """The cost of that many tokens."""
        total = self.prompt_per_million * prompt + self.completion_per_million * completion
        return total / _MILLION

    def most_for(self, request: ChatRequest) -> Decimal:
        """More than one try is likely to cost: text rarely has a token for two bytes."""
        sent = sum(len(message.content.encode()) for message in request.messages)
        if request.json_schema is not None:
            sent += len(json.dumps(request.json_schema).encode())
        prompt = sent // _BYTES_PER_TOKEN + _TOKENS_AROUND * (1 + len(request.messages))
        return self.of_tokens(prompt, request.max_tokens)
