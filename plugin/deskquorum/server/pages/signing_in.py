"""Signing in by a signed link, and signing out."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from deskquorum.ledger.deliveries import take_delivery
from deskquorum.server.bodies import read_json
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import page
from deskquorum.server.pages.visitors import cookie_name, person_of
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import service_of
from deskquorum.server.shapes import In

__all__ = ["sign_in_routes"]

sign_in_routes = APIRouter(route_class=TellingRoute)

_LINKS = "sign-in"
_SAME_SITE = frozenset({"same-origin", "none"})


class SignIn(In):
    """What stood behind the `#` of a link."""

    link: str


@sign_in_routes.get("/")
async def front(request: Request) -> Response:
    """To the queue, or to where one signs in."""
    known = person_of(service_of(request), request) is not None
    return RedirectResponse("/queue" if known else "/sign-in", 303)


@sign_in_routes.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    """A button: mail scanners that open every link would use it up."""
    return page(service_of(request), request, "sign_in.html")


@sign_in_routes.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begin a session for whom the link names; it is good for this once."""
    service = service_of(request)
    if request.headers.get("sec-fetch-site", "same-origin") not in _SAME_SITE:
        raise ProblemError(status=403, code="forbidden", detail="not sent by one of our pages")
    body = (await read_json(request, SignIn, limit=service.limits.body_bytes)).value
    address = request.client.host if request.client else ""
    link = service.sessions.read_link(body.link, now=service.now())
    if link is None:
        wait_s = service.stranger_rates.take(address)
        again = {"Retry-After": str(wait_s)} if wait_s else {}
        raise ProblemError(
            status=429 if wait_s else 401,
            code="too-many-requests" if wait_s else "unauthorized",
            headers=again,
        )
    fresh = await service.records.write(partial(take_delivery, helpdesk=_LINKS, delivery=link.id))
    if not fresh:
        raise ProblemError(status=401, code="unauthorized", detail="the link was used before")
    secure = request.url.scheme == "https"
    session = service.sessions.begin(name=link.name, role=link.role, now=service.now())
    answer = Response(status_code=204)
    answer.set_cookie(
        cookie_name(request),
        session,
        max_age=int(service.sessions.LASTS.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        # In a helpdesk's frame it is another site's cookie. No change counts by it alone.
        samesite="none" if secure and service.limits.frames else "lax",
    )
    return answer


@sign_in_routes.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session in this browser."""
    if request.headers.get("sec-fetch-site", "same-origin") not in _SAME_SITE:
        raise ProblemError(status=403, code="forbidden", detail="not sent by one of our pages")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(request), path="/")
    return answer
