"""Stand-ins for our tests and for hosts' tests: a scripted model server, tickets, votes.

`ScriptedModel` is a real HTTP server that speaks the OpenAI chat completions API on the loopback
interface and answers from a script, so that a test sees the bytes that would have left:

```python
async with ScriptedModel([letters({"B": 0.9, "A": 0.1}), status(429), hang()]) as model:
    async with open_chat_model(model.base_url) as chat:
        ...
assert b"secret" not in model.requests[0]
```
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from deskquorum.domain import (
    JsonValue,
    Message,
    RedactedTicket,
    Requester,
    Ticket,
    Vote,
    VoteStatus,
)

if TYPE_CHECKING:
    from aiohttp import web

__all__ = [
    "Play",
    "ScriptedModel",
    "calls",
    "drop",
    "empty_choices",
    "garbage_json",
    "half",
    "hang",
    "html",
    "letters",
    "make_redacted_ticket",
    "make_ticket",
    "make_vote",
    "no_content",
    "refusal",
    "says",
    "slow",
    "status",
    "together",
    "truncated",
]

_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One turn of a scripted model: what it sends, and how late."""

    body: bytes = b""
    status: int = 200
    content_type: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    """Infinite for a server that never answers."""
    drops: bool = False
    """The connection ends instead of an answer."""
    halves: bool = False
    """The connection ends in the middle of the body."""
    together: int = 0
    """Waits until so many requests are being answered at one time."""


def says(text: str, *, prompt_tokens: int = 100, completion_tokens: int = 5) -> Play:
    """A whole answer with that text."""
    message: dict[str, JsonValue] = {"role": "assistant", "content": text}
    return _completion(message, usage=_usage(prompt_tokens, completion_tokens))


def calls(*wanted: tuple[str, Mapping[str, JsonValue]], start: int = 1) -> Play:
    """An answer that calls tools: `calls(("cancel_order", {"order_id": "NW-1"}))`.

    Args:
        wanted: Names of tools with their arguments.
        start: Number in the first call's id; ids are `call-1`, `call-2` and so on.
    """
    made: list[JsonValue] = [
        {
            "id": f"call-{place}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(dict(args))},
        }
        for place, (name, args) in enumerate(wanted, start=start)
    ]
    message: dict[str, JsonValue] = {"role": "assistant", "content": None, "tool_calls": made}
    return _completion(message, finish="tool_calls", usage=_usage(100, 20))


def letters(tokens: Mapping[str, float], *, prompt_tokens: int = 100) -> Play:
    """One token, with the probabilities of the likeliest ones: `{"A": 0.9, " B": 0.05}`."""
    best = max(tokens, key=lambda token: tokens[token])
    top = [{"token": token, "logprob": math.log(p)} for token, p in tokens.items()]
    first = {"token": best, "logprob": math.log(tokens[best]), "top_logprobs": top}
    message: dict[str, JsonValue] = {"role": "assistant", "content": best}
    return _completion(
        message, finish="length", logprobs={"content": [first]}, usage=_usage(prompt_tokens, 1)
    )


def truncated(text: str = '{"label": "bil') -> Play:
    """An answer that the token limit cut off."""
    return _completion({"role": "assistant", "content": text}, finish="length")


def refusal() -> Play:
    """A model that will not answer."""
    return _completion({"role": "assistant", "content": None, "refusal": "I can't help with that."})


def no_content() -> Play:
    """An answer without words."""
    return _completion({"role": "assistant", "content": None})


def empty_choices() -> Play:
    """A completion without any answer in it."""
    return Play(body=_json({"object": "chat.completion", "model": "scripted", "choices": []}))


def status(code: int, *, retry_after: str | float | None = None, error: str = "scripted") -> Play:
    """An error with that status.

    Args:
        code: The HTTP status.
        retry_after: Seconds, or an HTTP date; None sends no such header.
        error: The provider's error code.
    """
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    message = {"message": "scripted error", "type": error, "code": error}
    return Play(body=_json({"error": message}), status=code, headers=headers)


def html() -> Play:
    """A proxy's page, with status 200."""
    page = b"<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>"
    return Play(body=page, content_type="text/html")


def garbage_json() -> Play:
    """A body that calls itself JSON and is not."""
    return Play(body=b'{"choices": [{"message": {"content": "A"')


def slow(seconds: float, then: Play) -> Play:
    """Another turn, that many seconds late."""
    return replace(then, delay_s=seconds)


def half(then: Play) -> Play:
    """Another turn, whose connection ends in the middle of the body."""
    return replace(then, halves=True)


def together(count: int, then: Play) -> Play:
    """Another turn, once that many requests are being answered at one time."""
    return replace(then, together=count)


def hang() -> Play:
    """No answer at all, on an open connection."""
    return Play(delay_s=math.inf)


def drop() -> Play:
    """A connection that ends without an answer."""
    return Play(drops=True)


class ScriptedModel:
    """An OpenAI-compatible server on the loopback interface that plays a script."""

    def __init__(
        self,
        script: Sequence[Play] | Callable[[Mapping[str, JsonValue]], Play],
        *,
        port: int = 0,
    ) -> None:
        """Take the script.

        Args:
            script: One turn for each request, in order; or what to answer to a request's body.
            port: Where to listen; 0 takes a free one.
        """
        self._script = script
        self._port = port
        self._more = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()
        self._in_flight = 0
        self.base_url = ""
        """Of the endpoint, up to `/v1`; known once the server runs."""
        self.requests: list[bytes] = []
        """The body of every request, as it came over the wire."""
        self.headers: list[Mapping[str, str]] = []
        """The headers of every request, by lower-case name."""
        self.most_in_flight = 0
        """Most requests that were being answered at one time."""

    @property
    def bodies(self) -> list[dict[str, JsonValue]]:
        """The body of every request, read."""
        return [json.loads(request) for request in self.requests]

    async def __aenter__(self) -> Self:
        """Start to listen."""
        from aiohttp import web

        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and fail if there were more requests than turns."""
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
        if error is None and self._asked_too_often:
            asked, written = len(self.requests), len(self._turns)
            raise AssertionError(f"the scripted model was asked {asked} times, expected {written}")

    @property
    def _turns(self) -> Sequence[Play]:
        return () if callable(self._script) else self._script

    @property
    def _asked_too_often(self) -> bool:
        return not callable(self._script) and len(self.requests) > len(self._turns)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.read())
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        async with self._more:
            self._more.notify_all()
        try:
            return await self._play(self._next(), request)
        finally:
            self._in_flight -= 1

    def _next(self) -> Play:
        if callable(self._script):
            return self._script(json.loads(self.requests[-1]))
        if self._asked_too_often:
            # Not one of the statuses that clients try again.
            return status(418, error="asked_once_too_often")
        return self._script[len(self.requests) - 1]

    async def _play(self, play: Play, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        async with self._more:
            await self._more.wait_for(lambda: self.most_in_flight >= play.together)
        if play.delay_s:
            await self._wait(play.delay_s)
        if play.drops and request.transport is not None:
            request.transport.abort()
        if play.halves:
            return await _half_sent(play, request)
        return web.Response(
            body=play.body,
            status=play.status,
            content_type=play.content_type,
            headers=dict(play.headers),
        )

    async def _wait(self, seconds: float) -> None:
        limit = None if math.isinf(seconds) else seconds
        try:
            await asyncio.wait_for(self._closing.wait(), limit)
        except TimeoutError:
            return


async def _half_sent(play: Play, request: web.Request) -> web.StreamResponse:
    from aiohttp import web

    response = web.StreamResponse(status=play.status)
    response.content_type, response.content_length = play.content_type, len(play.body)
    await response.prepare(request)
    await response.write(play.body[: len(play.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def make_ticket(
    text: str = "Where is my parcel?",
    *,
    id: str = "t-1",  # noqa: A002 - the field's name
    record: Mapping[str, str] | None = None,
    facts: Mapping[str, JsonValue] | None = None,
    language: str | None = "en",
    tags: Sequence[str] = (),
) -> Ticket:
    """A ticket of one customer message."""
    return Ticket(
        id=id,
        messages=(Message(role="customer", text=text, at=_AT),),
        requester=Requester(record=record or {"customer_id": "c-1"}),
        facts=facts or {},
        language=language,
        tags=tuple(tags),
    )


def make_redacted_ticket(
    text: str = "Where is my parcel?",
    *,
    id: str = "t-1",  # noqa: A002 - the field's name
    languages: Sequence[str] = ("en",),
) -> RedactedTicket:
    """A redacted ticket of one customer message."""
    message = Message(role="customer", text=text, at=_AT)
    return RedactedTicket(id=id, messages=(message,), languages=tuple(languages))


def make_vote(
    label: str | None = "billing",
    *,
    labeler: str = "l-1",
    question: str = "route",
    distribution: Mapping[str, float] | None = None,
    family: str = "",
    failed: str = "",
) -> Vote:
    """A vote: cast with a label, abstained without one, failed where `failed` says why."""
    lost = VoteStatus.FAILED if failed else VoteStatus.ABSTAINED
    return Vote(
        question=question,
        labeler=labeler,
        status=lost if failed or label is None else VoteStatus.CAST,
        label=None if failed else label,
        distribution=distribution or {},
        family=family or labeler,
        why=failed,
    )


def _completion(
    message: Mapping[str, JsonValue],
    *,
    finish: str = "stop",
    logprobs: object = None,
    usage: Mapping[str, JsonValue] | None = None,
) -> Play:
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": logprobs}
    body = {"id": "scripted", "object": "chat.completion", "created": 0, "model": "scripted"}
    return Play(body=_json({**body, "choices": [choice], "usage": usage}))


def _usage(prompt_tokens: int, completion_tokens: int) -> Mapping[str, JsonValue]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
