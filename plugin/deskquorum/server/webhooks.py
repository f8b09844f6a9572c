"""`/v1/webhooks`: helpdesks tell of tickets; they are answered at once and decided after."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from deskquorum.adapters import Ignored, Told, read_payload
from deskquorum.errors import InputError
from deskquorum.formats import ticket_of
from deskquorum.ledger import ErasedError, Transaction
from deskquorum.ledger.deliveries import take_delivery
from deskquorum.ledger.intake import Draft, Kept, KeyReusedError, earlier, enlist
from deskquorum.server.access import stranger
from deskquorum.server.bodies import json_text, parsed_object, read_body, validated
from deskquorum.server.documenting import problems, takes
from deskquorum.server.problems import Fault, ProblemError
from deskquorum.server.service import service_of
from deskquorum.server.shapes import DecisionBody, Out
from deskquorum.signatures import SCHEMES, SignatureError, check_signature

__all__ = ["webhook_routes"]

webhook_routes = APIRouter(tags=["webhooks"])
_log = structlog.get_logger("deskquorum.webhooks")


class DeliveredOut(Out):
    """What became of a delivery."""

    state: Literal["accepted", "known", "ignored"]
    id: str | None = None
    """Under which a ticket was accepted."""
    why: str | None = None
    """Why there is nothing to decide: `private`, `outgoing`, ..."""


class ChallengeOut(Out):
    """What a helpdesk asked to be repeated."""

    challenge: str


@webhook_routes.post(
    "/v1/webhooks/{helpdesk}",
    operation_id="deliver",
    summary="Take what a helpdesk tells; it proves by its signature who it is.",
    response_model=DeliveredOut,
    responses={
        200: {
            "model": DeliveredOut | ChallengeOut,
            "description": "Taken before, nothing to decide, or the helpdesk's challenge.",
        },
        202: {"model": DeliveredOut, "description": "Accepted; it is decided after."},
        **problems(401, 404, 413, 415, 422, 429),
    },
    openapi_extra={**takes(DecisionBody), "security": list[object]()},
)
async def deliver(
    request: Request, helpdesk: Annotated[str, Path(pattern=r"^[a-z]{1,40}$")]
) -> Response:
    """Signed over the raw bytes; a delivery that comes again is not taken again."""
    service = service_of(request)
    scheme, secret = SCHEMES.get(helpdesk), service.settings.webhook_secrets.get(helpdesk)
    if scheme is None or not secret:
        raise ProblemError(status=404, code="not-found", detail="no such helpdesk is set up")
    raw = await read_body(request, limit=service.limits.body_bytes)
    try:
        delivery = check_signature(scheme, secret, request.headers, raw, now=service.now())
    except SignatureError as exc:
        _log.warning("refused", why=exc.why, helpdesk=helpdesk)
        raise stranger(service, request, "signature") from None
    challenge = request.headers.get(scheme.challenge_header or "")
    if challenge:
        return JSONResponse(ChallengeOut(challenge=challenge).model_dump())
    told = _read(helpdesk, json_text(request, raw), now=service.now())
    if isinstance(told, Ignored):
        return _told(200, DeliveredOut(state="ignored", why=told.why))
    draft = _draft(helpdesk, told)
    # Without a signature the same body may be another message; it is told apart when it is read.
    known_by = None if scheme.hash is None else delivery
    take = partial(_take, helpdesk=helpdesk, delivery=known_by, draft=draft)
    kept = await service.records.write(take)
    if kept is None:
        _log.warning("known", helpdesk=helpdesk)
        return _told(200, DeliveredOut(state="known"))
    service.arrived.set()
    return _told(202, DeliveredOut(state="accepted", id=kept.id))


def _take(tx: Transaction, *, helpdesk: str, delivery: str | None, draft: Draft) -> Kept | None:
    """The delivery is noted and its ticket accepted, both or neither."""
    if delivery is not None and not take_delivery(tx, helpdesk, delivery):
        return None
    try:
        # The same message may be told by several deliveries, and by several kinds of event.
        return None if earlier(tx, draft) is not None else enlist(tx, draft)
    except (KeyReusedError, ErasedError):
        return None


def _read(helpdesk: str, text: str, *, now: datetime) -> Told | Ignored:
    try:
        return read_payload(helpdesk, parsed_object(text), now=now)
    except InputError as exc:
        fault = Fault(pointer="", detail=str(exc))
        raise ProblemError(status=422, code="invalid", faults=[fault]) from None


def _draft(helpdesk: str, told: Told) -> Draft:
    ticket = ticket_of(validated(told.row, DecisionBody))
    return Draft(
        conversation=ticket.id,
        subject=ticket.subject,
        request=json.dumps(told.row),
        source=helpdesk,
        idempotency_key=None if told.key is None else f"webhook {told.key}",
    )


def _told(status: int, body: DeliveredOut) -> Response:
    return JSONResponse(body.model_dump(), status)
