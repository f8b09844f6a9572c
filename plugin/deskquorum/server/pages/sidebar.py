"""The sidebar beside a conversation in the helpdesk, and the panel that it and other pages show."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.cases import read_case
from deskquorum.server.pages.live import Conversation
from deskquorum.server.pages.rendering import fragment, page, wording_for
from deskquorum.server.pages.visitors import Errand, visitor_of
from deskquorum.server.service import service_of

__all__ = ["sidebar_routes"]

sidebar_routes = APIRouter(route_class=TellingRoute)

_Helpdesk = Annotated[str, Query(alias="in", max_length=60)]
_Review = Annotated[str | None, Query(pattern=r"^r_[0-9a-f]{32}$")]


@sidebar_routes.get("/sidebar/{conversation}")
async def sidebar(
    request: Request, conversation: Conversation, *, helpdesk: _Helpdesk = ""
) -> HTMLResponse:
    """The page around the panel, which holds nothing yet.

    The token stands behind the `#`, which browsers keep to themselves, so that no log learns of it.

    Only the helpdesk that the address names may show it, and only as `desk.yaml` lists it.
    """
    service = service_of(request)
    return page(
        service,
        request,
        "sidebar.html",
        ancestors=service.limits.frames.get(helpdesk, ()),
        conversation=conversation,
    )


@sidebar_routes.get("/pages/cases/{conversation}")
async def panel(
    request: Request, conversation: Conversation, *, review: _Review = None
) -> HTMLResponse:
    """What there is of a conversation, for a visitor who may see it."""
    service = service_of(request)
    seen_by = visitor_of(service, request, conversation, Errand.SEE_CASES)
    case = await read_case(service, conversation, wording_for(request), review=review)
    return fragment(
        request,
        "panel.html",
        headers={"X-Event": str(case.event)},
        case=case,
        visitor=seen_by,
        failure_modes=service.desk.parts.failure_modes,
        may_judge=seen_by.may(Errand.JUDGE),
    )
