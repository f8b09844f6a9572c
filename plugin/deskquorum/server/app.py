"""The HTTP service as an ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from deskquorum.desk import Desk
from deskquorum.server.assist import assist_routes
from deskquorum.server.decisions import decision_routes
from deskquorum.server.documenting import document
from deskquorum.server.health import health_routes
from deskquorum.server.jobs import OWN_LOOPS, SHARED_LOOPS
from deskquorum.server.outcomes import outcome_routes
from deskquorum.server.pages import page_routes
from deskquorum.server.problems import answer_problems
from deskquorum.server.replies import reply_routes
from deskquorum.server.reviews import review_routes
from deskquorum.server.running import make_service, running
from deskquorum.server.service import Settings
from deskquorum.server.watching import Watch
from deskquorum.server.webhooks import webhook_routes

__all__ = ["create_app"]

_DESCRIPTION = """Decides a support desk's tickets: what may be done by software, what a clause
declines, and what a person takes. Every answer names its reasons."""


def create_app(desk: Desk, settings: Settings) -> FastAPI:
    """The service of one desk.

    Args:
        desk: Not open yet; the app opens it when it starts and closes it when it ends.
        settings: How it is run.

    Raises:
        ConfigError: The desk's ledger has no host key, so that nothing could be accepted.
    """
    service = make_service(desk, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        shared = SHARED_LOOPS if settings.jobs == "own" else ()
        async with running(service, (*OWN_LOOPS, *shared)):
            yield

    app = FastAPI(
        title="deskquorum",
        version=version("deskquorum"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    answer_problems(app)
    for routes in (
        decision_routes,
        reply_routes,
        outcome_routes,
        assist_routes,
        webhook_routes,
        health_routes,
        review_routes,
        page_routes,
    ):
        app.include_router(routes)
    document(app, description=_DESCRIPTION)
    app.add_middleware(Watch, service=service)
    return app
