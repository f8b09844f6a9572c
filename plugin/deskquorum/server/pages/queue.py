"""The review queue: what waits for a person, the riskiest first; leads hand it out."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deskquorum.ledger import Transaction, reviews
from deskquorum.ledger.review_items import ReviewItem, TakenError
from deskquorum.policy import RISKS
from deskquorum.server.bodies import read_json
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import fragment, page
from deskquorum.server.pages.visitors import Errand, Visitor, visitor
from deskquorum.server.service import Service, service_of
from deskquorum.server.shapes import Id, In

__all__ = ["queue_routes"]

queue_routes = APIRouter(route_class=TellingRoute)

_PAGE = 50
_ASSIGNED = timedelta(hours=8)
"""What a lead hands out is held for a working day."""

_Review = Annotated[str, StringConstraints(pattern=r"^r_[0-9a-f]{32}$")]


class Filters(BaseModel):
    """What of the queue is shown."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Literal["open", "resolved", "superseded", "settled"] = "open"
    who: Literal["all", "me", "nobody"] = "all"
    risk: Literal["all", "none", "reply", "close", "account", "disclosure", "money"] = "all"
    due: Literal["all", "overdue", "hour"] = "all"
    after: _Review | None = None


class Assigning(In):
    """Who is to take what."""

    items: Annotated[list[_Review], Field(min_length=1, max_length=200)]
    to: Id


@queue_routes.get("/queue")
async def queue(request: Request, filters: Annotated[Filters, Query()]) -> HTMLResponse:
    """The queue beside the panel of the chosen item."""
    service = service_of(request)
    who = visitor(service, request, Errand.SEE_CASES)
    return page(service, request, "queue.html", **await _shown(service, filters, who))


@queue_routes.get("/pages/queue")
async def rows(request: Request, filters: Annotated[Filters, Query()]) -> HTMLResponse:
    """The rows alone, to be put in the place of older ones."""
    service = service_of(request)
    who = visitor(service, request, Errand.SEE_CASES)
    return fragment(request, "queue_rows.html", **await _shown(service, filters, who))


@queue_routes.post("/pages/queue/assign")
async def assign(request: Request) -> Response:
    """Hand items out; answers how many were not, as somebody was faster."""
    service = service_of(request)
    visitor(service, request, Errand.ASSIGN)
    body = (await read_json(request, Assigning, limit=service.limits.body_bytes)).value
    missed = await service.records.write(partial(_assign, items=body.items, to=body.to))
    return Response(status_code=204, headers={"X-Missed": str(missed)})


def _assign(tx: Transaction, items: list[str], to: str) -> int:
    missed = 0
    for identity in items:
        item = reviews.get_item(tx, identity)
        try:
            if item is not None and item.assignee not in {None, to}:
                reviews.release(tx, identity, by=item.assignee or "")
            reviews.claim(tx, identity, by=to, lease=_ASSIGNED)
        except TakenError:
            missed += 1
    return missed


async def _shown(service: Service, filters: Filters, who: Visitor) -> dict[str, Any]:
    now = service.now()
    due = {"all": None, "overdue": timedelta(0), "hour": timedelta(hours=1)}[filters.due]

    def read(tx: Transaction) -> tuple[list[ReviewItem], tuple[int, int]]:
        found = reviews.items(
            tx,
            state=filters.state,
            assignee=who.name if filters.who == "me" else None,
            held=False if filters.who == "nobody" else None,
            risk=None if filters.risk == "all" else RISKS.index(filters.risk),
            due_within=due,
            after=filters.after,
            limit=_PAGE,
        )
        return found, reviews.queue_length(tx)

    items, (waiting, overdue) = await service.records.read(read)
    return {
        "items": items,
        "waiting": waiting,
        "overdue": overdue,
        "filters": filters,
        "filtered": filters != Filters(),
        "next": items[-1].id if len(items) == _PAGE else None,
        "now": now,
        "risks": RISKS,
        "visitor": who,
        "may_assign": who.may(Errand.ASSIGN) and filters.state == "open",
    }
