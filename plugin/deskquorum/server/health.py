"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from deskquorum.errors import LedgerError
from deskquorum.ledger.events import newest_event
from deskquorum.server.access import Caller, Deed, may
from deskquorum.server.documenting import problems
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import Out

__all__ = ["health_routes"]

health_routes = APIRouter(tags=["health"])
_OPEN_TO_ALL = {"security": list[object]()}


class Alive(Out):
    """The process answers."""

    status: Literal["alive"]


class Ready(Out):
    """Whether new work should be sent here."""

    ready: bool
    checks: dict[str, bool]


@health_routes.get(
    "/healthz",
    operation_id="alive",
    summary="Whether the process answers.",
    responses=problems(),
    openapi_extra=_OPEN_TO_ALL,
)
async def alive() -> Alive:
    """The process answers; nothing else is looked at."""
    return Alive(status="alive")


@health_routes.get(
    "/readyz",
    operation_id="ready",
    summary="Whether new work should be sent here.",
    response_model=Ready,
    responses={**problems(), 503: {"model": Ready, "description": "Not now."}},
    openapi_extra=_OPEN_TO_ALL,
)
async def ready(request: Request) -> Response:
    """It is not ending, its keys could be read, and the database answers."""
    service = service_of(request)
    checks = {
        "not_ending": not service.flight.is_ending,
        "keys": service.keys is not None,
        "database": await _answers(service),
    }
    body = Ready(ready=all(checks.values()), checks=checks)
    return JSONResponse(body.model_dump(), 200 if body.ready else 503)


@health_routes.get(
    "/metrics",
    operation_id="metrics",
    summary="What Prometheus reads, of this process.",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(401, 403, 429),
    },
)
async def metrics(
    request: Request, _: Annotated[Caller, Depends(may(Deed.READ_METRICS))]
) -> Response:
    """Counters and gauges."""
    return Response(service_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)


async def _answers(service: Service) -> bool:
    try:
        await service.records.read(newest_event, within_s=1.0)
    except LedgerError:
        return False
    return True
