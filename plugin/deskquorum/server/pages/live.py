"""What happens in a conversation, for the page that shows it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response

from deskquorum.server.assist import stream_events
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.visitors import Errand, visitor_of
from deskquorum.server.service import service_of

__all__ = ["Conversation", "live_routes"]

live_routes = APIRouter(route_class=TellingRoute)

Conversation = Annotated[str, Path(pattern=r"^[^\x00-\x1f\x7f/]{1,200}$")]


@live_routes.get("/pages/live/{conversation}")
async def live(
    request: Request,
    conversation: Conversation,
    *,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,18}$")] = None,
) -> Response:
    """The same events as `/v1/assist`, for whoever may see the conversation here."""
    service = service_of(request)
    allowed = visitor_of(service, request, conversation, Errand.SEE_CASES)
    last = None if last_event_id is None else int(last_event_id)
    return await stream_events(service, conversation, last=last, allowed=allowed.still)
