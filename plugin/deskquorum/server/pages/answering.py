"""What goes wrong at a page is told as a page; what a script asked for, as problem details."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from deskquorum.errors import LedgerError
from deskquorum.server.pages.rendering import page
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import service_of

__all__ = ["TellingRoute"]

_KNOWN = frozenset({401, 403, 404, 410, 429, 503})


class TellingRoute(APIRoute):
    """Answers people in words; everybody else as the rest of the service does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, inside what tells of problems."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            if request.headers.get("sec-fetch-dest", "document") not in {"document", "iframe"}:
                return await handle(request)
            try:
                return await handle(request)
            except ProblemError as problem:
                return _page(request, problem.status)
            except RequestValidationError:
                return _page(request, 404)
            except LedgerError:
                return _page(request, 503)

        return told


def _page(request: Request, status: int) -> Response:
    shown = status if status in _KNOWN else 404
    return page(service_of(request), request, "problem.html", status=status, problem=shown)
