"""Reading what an endpoint sent: an answer, or the kind of failure it is."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskquorum.llm.chat import ChatFailure, ChatReply, ChatRequest, FailureKind

__all__ = ["failure_of_status", "read_completion", "retry_after_s"]

_ERROR_CODE = re.compile(r"[\w.\-]{1,64}")
_OUT_OF_QUOTA = "insufficient_quota"
"""A 429 that no waiting mends: the account has no money left."""


class _Shape(BaseModel):
    # Providers add fields of their own; those that are read must be right.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Token(_Shape):
    token: str
    logprob: float


class _Position(_Token):
    top_logprobs: list[_Token] = []


class _Logprobs(_Shape):
    content: list[_Position] | None = None


class _Message(_Shape):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Shape):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Usage(_Shape):
    prompt_tokens: int = Field(0, ge=0)
    completion_tokens: int = Field(0, ge=0)


class _Completion(_Shape):
    model: str = ""
    choices: list[_Choice]
    usage: _Usage | None = None


def read_completion(
    body: bytes, request: ChatRequest, *, latency_ms: int
) -> ChatReply | ChatFailure:
    """Read the body of a 200 response to that request."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError as exc:
        # The error quotes the body, so only its type may be told.
        kind = FailureKind.GARBAGE
        return ChatFailure(kind=kind, detail=exc.errors()[0]["type"], latency_ms=latency_ms)
    if not completion.choices:
        return ChatFailure(kind=FailureKind.EMPTY, detail="no choices", latency_ms=latency_ms)
    choice = completion.choices[0]
    reply = ChatReply(
        text=choice.message.content or "",
        model=completion.model or request.model,
        first_token_logprobs=_first_token(choice.logprobs),
        prompt_tokens=completion.usage.prompt_tokens if completion.usage else 0,
        completion_tokens=completion.usage.completion_tokens if completion.usage else 0,
        latency_ms=latency_ms,
    )
    kind_of_failure = _flaw(choice, reply, request)
    if kind_of_failure is None:
        return reply
    return ChatFailure(
        kind=kind_of_failure,
        detail=_code(choice.finish_reason),
        latency_ms=latency_ms,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
    )


def failure_of_status(
    status: int, *, code: str | None, headers: Mapping[str, str], latency_ms: int
) -> ChatFailure:
    """The failure that a status other than 200 stands for."""
    return ChatFailure(
        kind=_kind_of_status(status, code),
        detail=f"{status} {_code(code)}".strip(),
        latency_ms=latency_ms,
        retry_after_s=retry_after_s(headers, now=time.time()),
    )


def retry_after_s(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds that `Retry-After` asks for, given in seconds or as an HTTP date; None if absent.

    Args:
        headers: Looked up in lower case.
        now: Seconds since the epoch, for dates.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _kind_of_status(status: int, code: str | None) -> FailureKind:
    match status:
        case 429 if code != _OUT_OF_QUOTA:
            return FailureKind.RATE_LIMITED
        case 401 | 403:
            return FailureKind.AUTH
        case 408:
            return FailureKind.TIMEOUT
        case _ if status >= 500:  # noqa: PLR2004 - the class of server errors
            return FailureKind.SERVER_ERROR
        case _:
            return FailureKind.BAD_REQUEST


def _flaw(choice: _Choice, reply: ChatReply, request: ChatRequest) -> FailureKind | None:
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return FailureKind.REFUSED
    by_logprobs = request.top_logprobs is not None
    if not reply.text.strip() and not (by_logprobs and reply.first_token_logprobs):
        return FailureKind.EMPTY
    if choice.finish_reason == "length" and not by_logprobs and not _is_whole(reply, request):
        return FailureKind.TRUNCATED
    return None


def _is_whole(reply: ChatReply, request: ChatRequest) -> bool:
    """JSON that ends exactly at the limit is still whole; of prose nobody can tell."""
    if request.json_schema is None:
        return False
    try:
        json.loads(reply.text)
    except ValueError:
        return False
    return True


def _first_token(logprobs: _Logprobs | None) -> Mapping[str, float]:
    if logprobs is None or not logprobs.content:
        return {}
    first = logprobs.content[0]
    found = {token.token: token.logprob for token in (first, *first.top_logprobs)}
    return {token: min(0.0, value) for token, value in found.items() if math.isfinite(value)}


def _code(code: str | None) -> str:
    """A provider's code when it is one; free text may quote the prompt."""
    return code if code is not None and _ERROR_CODE.fullmatch(code) else ""


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None
