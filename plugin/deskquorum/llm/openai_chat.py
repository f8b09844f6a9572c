"""One try at an OpenAI-compatible endpoint, by the openai client over aiohttp."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio

from deskquorum.domain import Deadline
from deskquorum.llm.body_limit import BodyTooLongError, limit_body
from deskquorum.llm.chat import (
    ChatFailure,
    ChatModel,
    ChatReply,
    ChatRequest,
    FailureKind,
    Price,
)
from deskquorum.llm.completions import failure_of_status, read_completion
from deskquorum.llm.endpoints import Endpoint, GuardedChat
from deskquorum.llm.metered import MeteredChat
from deskquorum.llm.retrying import RetryingChat

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAIError


__all__ = ["OpenAIChat", "open_chat_model", "request_body"]

OPENAI_URL = "https://api.openai.com/v1"
_PATH = "/chat/completions"
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}
_CONNECT_S = 3.0
_GRACE_S = 1.0
_SPARE_CONNECTIONS = 2
"""A cancelled call gives its connection back a little after its place."""


@asynccontextmanager
async def open_chat_model(
    base_url: str | None = None,
    *,
    api_key: str | None = None,
    timeout_s: float = 10.0,
    max_concurrency: int = 16,
    tries: int = 3,
    price: Price | None = None,
    endpoint: Endpoint | None = None,
) -> AsyncIterator[ChatModel]:
    """Open one model; closes its connections on the way out.

    Inside out: one try (`OpenAIChat`), what it costs, its endpoint's guard, the retries.

    Args:
        base_url: The endpoint up to `/v1`; None is OpenAI's own.
        api_key: Sent as a bearer token; None for endpoints that want none.
        timeout_s: Longest a single try may take.
        max_concurrency: Calls in flight at once; others wait for a place, by their deadline.
        tries: Tries per call, the first one included.
        price: What the model charges; None costs nothing.
        endpoint: What is shared with the other models at that address; None shares nothing.
    """
    url = base_url or OPENAI_URL
    endpoint = endpoint or Endpoint(url)
    connections = max_concurrency + _SPARE_CONNECTIONS
    async with _client(url, api_key, timeout_s=timeout_s, connections=connections) as client:
        chat: ChatModel = OpenAIChat(client, timeout_s=timeout_s)
        if price is not None:
            chat = MeteredChat(chat, price)
        with endpoint.used_at(max_concurrency):
            guarded = GuardedChat(
                chat, endpoint, timeout_s=timeout_s, max_concurrency=max_concurrency
            )
            yield RetryingChat(guarded, tries=tries, allowance=endpoint.allowance)


class OpenAIChat:
    """A chat model behind an OpenAI-compatible endpoint; tries once per call."""

    def __init__(self, client: AsyncOpenAI, *, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """Ask, by the deadline and no longer than a try may take."""
        started = time.monotonic()
        with anyio.move_on_after(min(deadline.remaining_s(), self._timeout_s)):
            return await self._ask(request, started)
        late = "no answer in time"
        return ChatFailure(kind=FailureKind.TIMEOUT, detail=late, latency_ms=_since(started))

    async def _ask(self, request: ChatRequest, started: float) -> ChatReply | ChatFailure:
        from aiohttp import ClientError
        from httpx2 import Response
        from openai import OpenAIError

        try:
            # What `chat.completions.create` sends, without its walk through every parameter's type,
            # which takes longer than all the rest of the call.
            raw = await self._client.post(
                _PATH, content=_body(request), cast_to=Response, options={"headers": _JSON}
            )
        except OpenAIError as exc:
            return _failure_of(exc, _since(started))
        except (ClientError, BodyTooLongError) as exc:
            # The aiohttp transport lets through what has no twin among httpx2's errors: an
            # answer that is not HTTP, a broken header.
            return ChatFailure(
                kind=FailureKind.GARBAGE, detail=type(exc).__name__, latency_ms=_since(started)
            )
        # The client's own lenient reading takes an HTML page for an answer; ours does not.
        return read_completion(raw.content, request, latency_ms=_since(started))


@asynccontextmanager
async def _client(
    url: str, api_key: str | None, *, timeout_s: float, connections: int
) -> AsyncIterator[AsyncOpenAI]:
    from httpx2 import Limits, Timeout
    from openai import AsyncOpenAI, DefaultAioHttpClient

    http = DefaultAioHttpClient(
        limits=Limits(max_connections=connections, max_keepalive_connections=connections),
        # `OpenAIChat` gives up on its own clock; this one only ends what outlived that.
        timeout=Timeout(timeout_s + _GRACE_S, connect=min(timeout_s, _CONNECT_S)),
        # A redirect would carry the ticket to a host that ops never named.
        follow_redirects=False,
        event_hooks={"response": [limit_body]},
        trust_env=not _is_loopback(url),
    )
    client = AsyncOpenAI(base_url=url, api_key=api_key or "none", max_retries=0, http_client=http)
    # The client takes these two from the environment; only what ops wrote is sent.
    client.organization = client.project = None
    async with client:
        yield client


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def request_body(request: ChatRequest) -> dict[str, object]:
    """The body of that request to `/chat/completions`."""
    body: dict[str, object] = {
        "model": request.model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if request.json_schema is not None:
        answer = {"name": "answer", "strict": True, "schema": request.json_schema}
        body["response_format"] = {"type": "json_schema", "json_schema": answer}
    return body


def _body(request: ChatRequest) -> bytes:
    return json.dumps(request_body(request), separators=(",", ":"), allow_nan=False).encode()


def _failure_of(error: OpenAIError, latency_ms: int) -> ChatFailure:
    from aiohttp import ClientConnectorError, ConnectionTimeoutError
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    unconnected = (ClientConnectorError, ConnectionTimeoutError)
    match error:
        case APIStatusError():
            return failure_of_status(
                error.status_code,
                code=error.code or error.type,
                headers=error.response.headers,
                latency_ms=latency_ms,
            )
        case APITimeoutError() if _is_real_timeout(error):
            kind = FailureKind.TIMEOUT
        case APIConnectionError():
            kind = FailureKind.UNREACHABLE
        case _:
            kind = FailureKind.GARBAGE
    return ChatFailure(
        kind=kind,
        detail=_root_name(error),
        latency_ms=latency_ms,
        was_sent=not any(isinstance(cause, unconnected) for cause in _causes(error)),
    )


def _is_real_timeout(error: BaseException) -> bool:
    """The aiohttp transport reports a dropped connection as a timeout; its cause tells."""
    return isinstance(_root(error), TimeoutError)


def _root_name(error: BaseException) -> str:
    return type(_root(error)).__name__


def _root(error: BaseException) -> BaseException:
    *_, root = _causes(error)
    return root


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error itself, what caused it, and so on."""
    while error is not None:
        yield error
        error = error.__cause__


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
