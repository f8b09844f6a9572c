"""What is asked of a chat model and what comes back; a provider's fault is a value."""

from __future__ import annotations

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

    @property
    def is_transient(self) -> bool:
        """Whether the same request may well be answered a moment later."""
        return self in _TRANSIENT


_TRANSIENT = frozenset(
    {
        FailureKind.TIMEOUT,
        FailureKind.UNREACHABLE,
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFailure:
    """A call without an answer."""

    kind: FailureKind
    detail: str = ""
    """Status and the provider's error code; never a word of the prompt or the answer."""
    latency_ms: int = 0
    retry_after_s: float | None = None
    """How long the provider asks to be left alone; None when it does not say."""


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

    def of(self, reply: ChatReply) -> Decimal:
        """The cost of one answer."""
        prompt = self.prompt_per_million * reply.prompt_tokens
        completion = self.completion_per_million * reply.completion_tokens
        return (prompt + completion) / _MILLION
