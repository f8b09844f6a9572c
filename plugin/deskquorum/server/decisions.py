"""`/v1/decisions`: a ticket in, a decision out."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response

from deskquorum.domain import Action, Ticket
from deskquorum.formats import decision_row, ticket_of
from deskquorum.ledger.intake import Draft, Kept, KeyReusedError, enlist, find
from deskquorum.server.access import Caller, Deed, may
from deskquorum.server.aftermath import Aftermath, aftermath
from deskquorum.server.bodies import Read, read_json
from deskquorum.server.deciding import Answer, InProgressError
from deskquorum.server.documenting import problems, takes
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import DecisionBody, DecisionOut, DecisionState, TakenOut

__all__ = ["IdempotencyKey", "decision_routes"]

decision_routes = APIRouter(tags=["decisions"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Sent again with the same body, it gets the same answer, byte for byte.",
    ),
]
_Prefer = Annotated[str | None, Header(description="`respond-async`: like `wait=false`.")]
_Wait = Annotated[bool, Query(description="False: answer at once that the ticket is accepted.")]
_Identity = Annotated[str, Path(pattern=r"^[id]_[0-9a-f]{32}$", examples=["d_" + 32 * "0"])]

_REPLAYED = {
    "description": "Present where this request came before and is answered as it was then.",
    "schema": {"type": "string"},
}


@decision_routes.post(
    "/v1/decisions",
    operation_id="decide",
    summary="Decide a ticket; an answer by the deadline, always.",
    response_model=None,
    responses={
        200: {
            "model": DecisionOut,
            "description": "The decision.",
            "headers": {"Idempotent-Replayed": _REPLAYED},
        },
        202: {"model": TakenOut, "description": "Accepted; it is decided later."},
        **problems(401, 403, 409, 410, 413, 415, 422, 429),
    },
    openapi_extra=takes(DecisionBody),
)
async def decide(
    request: Request,
    _: Annotated[Caller, Depends(may(Deed.DECIDE))],
    *,
    idempotency_key: IdempotencyKey = None,
    prefer: _Prefer = None,
    wait: _Wait = True,
) -> Response:
    """Answer with the decision, or where nobody waits that the ticket is accepted."""
    service = service_of(request)
    read = await read_json(request, DecisionBody, limit=service.limits.body_bytes)
    waits = wait and "respond-async" not in (prefer or "")
    ticket = ticket_of(read.value)
    draft = Draft(
        conversation=ticket.id,
        subject=ticket.subject,
        request=read.text,
        source="wait" if waits else "async",
        idempotency_key=idempotency_key,
    )
    try:
        return await (_decided if waits else _accepted)(service, draft, ticket, read)
    except KeyReusedError:
        raise ProblemError(status=422, code="key-reused") from None
    except InProgressError:
        raise ProblemError(status=409, code="in-progress", headers={"Retry-After": "1"}) from None


@decision_routes.get(
    "/v1/decisions/{identity}",
    operation_id="read_decision",
    summary="Where a ticket stands: by its decision's id, or by the id it was accepted under.",
    response_model=DecisionState,
    responses=problems(401, 403, 404, 410, 422, 429),
)
async def read_decision(
    request: Request,
    _: Annotated[Caller, Depends(may(Deed.READ_DECISION))],
    identity: _Identity,
) -> Response:
    """The decision with all its reasons, and what became of it."""
    service = service_of(request)
    kept = await service.records.read(partial(find, identity=identity))
    row = await _row(service, identity, kept)
    if row is None and kept is None:
        raise ProblemError(status=404, code="not-found")
    after = Aftermath() if row is None else await _after(service, row)
    state = DecisionState(
        id=identity,
        state="pending" if row is None else "decided",
        decision=row,
        reviews=list(after.reviews),
        executions=list(after.executions),
    )
    return _json(state.model_dump_json())


async def _decided(
    service: Service, draft: Draft, ticket: Ticket, read: Read[DecisionBody]
) -> Response:
    deadline_s = read.value.deadline_s or service.desk.parts.desk.deadline_s
    answer: Answer = await service.deciding.answer(draft, ticket, deadline_s=deadline_s)
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return _json(answer.text, headers={"Location": _place(answer.decision), **headers})


async def _accepted(service: Service, draft: Draft, _: Ticket, __: Read[DecisionBody]) -> Response:
    kept = await service.records.write(partial(enlist, draft=draft))
    if kept.answer is not None:
        return _json(kept.answer, headers={"Idempotent-Replayed": "true"})
    service.arrived.set()
    text = json.dumps({"id": kept.id, "state": "pending"})
    return _json(text, status=202, headers={"Location": _place(kept.id)})


async def _row(service: Service, identity: str, kept: Kept | None) -> DecisionOut | None:
    if kept is not None:
        return None if kept.answer is None else DecisionOut.model_validate_json(kept.answer)
    get = partial(service.desk.ledger.get, identity)
    entry = await anyio.to_thread.run_sync(get, abandon_on_cancel=True)
    return None if entry is None else DecisionOut.model_validate(decision_row(entry.decision))


async def _after(service: Service, row: DecisionOut) -> Aftermath:
    named = row.action
    work = partial(
        aftermath,
        decision=row.decision_id,
        conversation=row.id,
        action=None if named is None else Action(name=named.name, args=named.args),
        book=service.desk.parts.rules.book,
    )
    return await service.records.read(work)


def _place(identity: str) -> str:
    return f"/v1/decisions/{identity}"


def _json(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, headers=headers, media_type="application/json")
