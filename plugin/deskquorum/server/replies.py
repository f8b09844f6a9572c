"""`/v1/replies/check`: is what a draft promises written in a clause?"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import anyio
import anyio.to_thread
from fastapi import APIRouter, Depends, Request
from pydantic import ConfigDict, Field

from deskquorum.errors import InputError
from deskquorum.grounding import index_clauses
from deskquorum.labeling import load_embedder
from deskquorum.reply_rows import ClauseRow, ReplyRow, checked_row, own_clauses
from deskquorum.server.access import Caller, Deed, may
from deskquorum.server.bodies import read_json
from deskquorum.server.documenting import problems, takes
from deskquorum.server.problems import Fault, ProblemError
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import Out

__all__ = ["reply_routes"]

reply_routes = APIRouter(tags=["replies"])

_LONGEST_S = 10.0
_AT_ONCE = anyio.CapacityLimiter(4)


class ReplyBody(ReplyRow):
    """A drafted reply; without clauses of its own it is held against the desk's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(default="", max_length=200)
    reply: str = Field(max_length=20_000)
    policy_text: str | None = Field(default=None, max_length=100_000)
    clauses: tuple[ClauseRow, ...] | None = Field(default=None, max_length=500)


class ClaimOut(Out):
    """One claim of the draft."""

    check: str
    text: str
    start: int
    end: int
    verdict: Literal["supported", "contradicted", "unsupported", "unknown"]
    risk: float | None
    clause: str | None
    quote: str | None
    reason: str


class ReplyOut(Out):
    """The verdict on a draft, as `deskquorum check-reply` writes it."""

    id: str
    verdict: Literal["supported", "contradicted", "unsupported", "unknown"]
    risk: float
    claims: list[ClaimOut]


@reply_routes.post(
    "/v1/replies/check",
    operation_id="check_reply",
    summary="Check what a drafted reply promises, claim by claim.",
    responses=problems(401, 403, 413, 415, 422, 429),
    openapi_extra=takes(ReplyBody),
)
async def check_draft(
    request: Request, _: Annotated[Caller, Depends(may(Deed.CHECK_REPLY))]
) -> ReplyOut:
    """Nothing is decided or recorded; no model is asked."""
    service = service_of(request)
    body = (await read_json(request, ReplyBody, limit=service.limits.body_bytes)).value
    try:
        with anyio.fail_after(_LONGEST_S):
            row = await anyio.to_thread.run_sync(
                partial(_checked, service, body), abandon_on_cancel=True, limiter=_AT_ONCE
            )
    except InputError as exc:
        fault = Fault(pointer="/clauses", detail=str(exc))
        raise ProblemError(status=422, code="invalid", faults=[fault]) from None
    except TimeoutError:
        raise ProblemError(
            status=503, code="unavailable", detail="too busy", headers={"Retry-After": "5"}
        ) from None
    return ReplyOut.model_validate(row)


def _checked(service: Service, body: ReplyBody) -> dict[str, object]:
    rules, own = service.desk.parts.rules, own_clauses(body)
    index = rules.clauses
    if own is not None:
        embedder = load_embedder()
        index = index_clauses(own, None if embedder is None else embedder.embed)
    return checked_row(body, index=index, links=rules.links)
