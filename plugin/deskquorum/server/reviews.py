"""`/v1/reviews`: what waits for a person, and the verdicts of those who looked."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from deskquorum.decision import sentence
from deskquorum.domain import Action, JsonValue
from deskquorum.ledger import reviews
from deskquorum.ledger.review_items import ReviewItem, TakenError, Verdict
from deskquorum.reviewing import give_verdict
from deskquorum.server.access import Caller, Deed, follower, may
from deskquorum.server.bodies import read_json
from deskquorum.server.documenting import problems, takes
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import ActionOut, Id, In, Out, ReasonOut
from deskquorum.weighing import VerdictError

__all__ = ["review_routes"]

review_routes = APIRouter(tags=["reviews"])

_Item = Annotated[str, Path(pattern=r"^r_[0-9a-f]{32}$", examples=["r_" + 32 * "0"])]
_STATUS = {"not-found": 404, "invalid": 422}


class ReviewOut(Out):
    """One thing that waits, or waited, for a person."""

    id: str
    kind: Literal["decision", "execution"]
    conversation: str
    decision_id: str
    state: Literal["open", "resolved", "superseded", "settled"]
    risk: int
    reasons: list[ReasonOut]
    action: ActionOut | None
    reply: str | None
    args_hash: str | None
    opened_at: datetime
    due_at: datetime
    assignee: str | None
    lease_until: datetime | None
    verdict: Literal["approve", "edit", "reject", "respond"] | None
    verdict_by: str | None
    verdict_at: datetime | None
    final_action: ActionOut | None
    final_reply: str | None
    newer: str | None
    """A later item of the conversation: it takes this one's place, or is news to its holder."""
    overridden: bool
    """Whether the reply is sent in spite of what its check found."""
    failure_mode: str | None
    """Id of what the reviewer called wrong with the suggestion."""
    erased: bool


class ReviewsOut(Out):
    """A page of the queue."""

    items: list[ReviewOut]
    next: str | None
    """Given as `after`, it gets the next page; null on the last one."""


class ActionIn(In):
    """An action with its arguments."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    args: Annotated[dict[str, JsonValue], Field(default_factory=dict)]


class VerdictBody(In):
    """What a reviewer says."""

    verdict: Literal["approve", "edit", "reject", "respond"]
    args_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    action: ActionIn | None = None
    reply: Annotated[str, Field(min_length=1, max_length=50_000)] | None = None
    why: Annotated[str, Field(max_length=2_000)] = ""
    answers: Annotated[dict[str, str], Field(default_factory=dict)]
    failure_mode: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Id of what was wrong with the suggestion, of `failure_modes.yaml`; not of an approval."""
    override: bool = False
    """Sends the reply in spite of what its check found; `why` tells the reason."""


@review_routes.get(
    "/v1/reviews",
    operation_id="list_reviews",
    summary="What waits for a person: the riskiest first, then what is due first.",
    responses=problems(401, 403, 422, 429),
)
async def list_reviews(
    request: Request,
    _: Annotated[Caller, Depends(may(Deed.READ_REVIEWS))],
    *,
    state: Literal["open", "resolved", "superseded", "settled"] = "open",
    assignee: Annotated[Id | None, Query(description="Only what this person holds.")] = None,
    after: Annotated[str | None, Query(pattern=r"^r_[0-9a-f]{32}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReviewsOut:
    """A page of the queue."""
    work = partial(reviews.items, state=state, assignee=assignee, after=after, limit=limit)
    found = await service_of(request).records.read(work)
    more = found[-1].id if len(found) == limit else None
    return ReviewsOut(items=[_out(item) for item in found], next=more)


@review_routes.get(
    "/v1/reviews/{item}",
    operation_id="read_review",
    summary="One item with its suggestion.",
    responses=problems(401, 403, 404, 422, 429),
)
async def read_review(request: Request, item: _Item) -> ReviewOut:
    """The item, for a key of an agent or a token of its conversation."""
    found, _ = await _found(service_of(request), request, item, Deed.READ_REVIEWS)
    return _out(found)


@review_routes.post(
    "/v1/reviews/{item}/claim",
    operation_id="claim_review",
    summary="Hold an item, so that nobody else works on it.",
    responses=problems(401, 403, 404, 409, 422, 429),
)
async def claim_review(request: Request, item: _Item) -> ReviewOut:
    """The item, held by the caller."""
    service = service_of(request)
    _, by = await _found(service, request, item, Deed.REVIEW)
    lease = service.desk.parts.desk.reviews.lease
    return await _changed(service, partial(reviews.claim, item=item, by=by, lease=lease))


@review_routes.post(
    "/v1/reviews/{item}/release",
    operation_id="release_review",
    summary="Give an item back.",
    responses=problems(401, 403, 404, 409, 422, 429),
)
async def release_review(request: Request, item: _Item) -> ReviewOut:
    """The item, held by nobody."""
    service = service_of(request)
    _, by = await _found(service, request, item, Deed.REVIEW)
    return await _changed(service, partial(reviews.release, item=item, by=by))


@review_routes.post(
    "/v1/reviews/{item}/verdict",
    operation_id="judge_review",
    summary="Approve, edit, reject or respond; bound to what was seen, and ruled on again.",
    responses=problems(401, 403, 404, 409, 413, 415, 422, 429),
    openapi_extra=takes(VerdictBody),
)
async def judge_review(request: Request, item: _Item) -> ReviewOut:
    """The item, resolved."""
    service = service_of(request)
    _, by = await _found(service, request, item, Deed.REVIEW)
    body = (await read_json(request, VerdictBody, limit=service.limits.body_bytes)).value
    action = None if body.action is None else Action(name=body.action.name, args=body.action.args)
    said = Verdict(
        kind=body.verdict,
        by=by,
        args_hash=body.args_hash,
        action=action,
        reply=body.reply,
        why=body.why,
        answers=body.answers,
        override=body.override,
        failure_mode=body.failure_mode,
    )
    try:
        return _out(await give_verdict(service.desk, item, said))
    except VerdictError as exc:
        status = _STATUS.get(exc.code, 409)
        raise ProblemError(status=status, code=exc.code, detail=str(exc)) from None


async def _found(
    service: Service, request: Request, item: str, deed: Deed
) -> tuple[ReviewItem, str]:
    """The item, and the name of who may see it; strangers learn nothing of what there is."""
    found = await service.records.read(partial(reviews.get_item, item=item))
    who = follower(service, request, "" if found is None else found.conversation, deed)
    if found is None:
        raise ProblemError(status=404, code="not-found")
    return found, who.name


async def _changed(service: Service, work: reviews.Change) -> ReviewOut:
    try:
        return _out(await service.records.write(work))
    except TakenError as exc:
        raise ProblemError(status=409, code="taken", detail=str(exc)) from None


def _out(item: ReviewItem) -> ReviewOut:
    return ReviewOut(
        id=item.id,
        kind=item.kind,
        conversation=item.conversation,
        decision_id=item.decision,
        state=item.state,
        risk=item.risk,
        reasons=[ReasonOut(code=r.code, text=sentence(r)) for r in item.reasons],
        action=_action(item.action),
        reply=item.reply,
        args_hash=item.args_hash,
        opened_at=item.opened_at,
        due_at=item.due_at,
        assignee=item.assignee,
        lease_until=item.lease_until,
        verdict=item.verdict,
        verdict_by=item.verdict_by,
        verdict_at=item.verdict_at,
        final_action=_action(item.final_action),
        final_reply=item.final_reply,
        newer=item.newer,
        overridden=item.overridden,
        failure_mode=item.failure_mode,
        erased=item.erased,
    )


def _action(action: Action | None) -> ActionOut | None:
    return None if action is None else ActionOut(name=action.name, args=dict(action.args))
