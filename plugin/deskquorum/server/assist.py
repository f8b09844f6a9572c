"""`/v1/assist` and `/v1/frame-tokens`: an agent's page follows one conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from deskquorum.server.access import Caller, Deed, follower, may
from deskquorum.server.bodies import read_json
from deskquorum.server.documenting import problems, takes
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import Id, In, Out
from deskquorum.server.streams import TooManyStreamsError

__all__ = ["assist_routes", "stream_events"]

assist_routes = APIRouter(tags=["assist"])

_NAME = r"^[^\x00-\x1f\x7f/]{1,200}$"


class TokenBody(In):
    """Who is to follow which conversation."""

    conversation: Id
    agent: Id
    lasts_s: Annotated[int, Field(ge=60, le=3600)] = 900


class TokenOut(Out):
    """A token for `Authorization: Bearer`."""

    token: str
    expires_at: int
    """Seconds since 1970."""


@assist_routes.post(
    "/v1/frame-tokens",
    operation_id="make_frame_token",
    summary="A short-lived token to follow and judge one conversation.",
    status_code=201,
    responses=problems(401, 403, 413, 415, 422, 429),
    openapi_extra=takes(TokenBody),
)
async def make_token(
    request: Request, caller: Annotated[Caller, Depends(may(Deed.MAKE_TOKEN))]
) -> TokenOut:
    """It is void once the key that asked for it is revoked."""
    service = service_of(request)
    body = (await read_json(request, TokenBody, limit=service.limits.body_bytes)).value
    now, lasts = service.now(), timedelta(seconds=body.lasts_s)
    token = service.tokens.make(
        agent=body.agent, conversation=body.conversation, key=caller.key, now=now, lasts=lasts
    )
    return TokenOut(token=token, expires_at=int((now + lasts).timestamp()))


@assist_routes.get(
    "/v1/assist/{conversation}",
    operation_id="follow",
    summary="What happens in a conversation, as server-sent events.",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events; each id may be sent back as Last-Event-ID.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problems(401, 403, 422, 429),
    },
)
async def follow(
    request: Request,
    conversation: Annotated[str, Path(pattern=_NAME)],
    *,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,18}$")] = None,
) -> Response:
    """Events name ids only; what they speak of is read from its own address."""
    service = service_of(request)
    allowed = follower(service, request, conversation)
    last = None if last_event_id is None else int(last_event_id)
    return await stream_events(service, conversation, last=last, allowed=allowed.still)


async def stream_events(
    service: Service, conversation: str, *, last: int | None, allowed: Callable[[], bool]
) -> Response:
    """A conversation's events as an answer that goes on.

    Args:
        service: Whose.
        conversation: Its id.
        last: Number of the last event that the follower knows; None for one who starts now.
        allowed: Whether the follower still may; asked at each heartbeat.

    Raises:
        ProblemError: As many follow as one process serves.
    """
    stream = service.streams.follow(conversation, last=last, allowed=allowed)
    try:
        first = await anext(stream)
    except TooManyStreamsError:
        raise ProblemError(
            status=503,
            code="unavailable",
            detail="as many follow as one process serves",
            headers={"Retry-After": "5"},
        ) from None
    return StreamingResponse(
        _counted(service, first, stream),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _counted(service: Service, first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    service.metrics.streams.set(len(service.streams))
    try:
        yield first
        async for text in rest:
            yield text
    finally:
        service.metrics.streams.set(len(service.streams))
