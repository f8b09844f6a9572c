"""All routes of the pages."""

from __future__ import annotations

from fastapi import APIRouter

from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.assets import asset_routes
from deskquorum.server.pages.audit import audit_routes
from deskquorum.server.pages.decision_page import decision_page_routes
from deskquorum.server.pages.figures import figure_routes
from deskquorum.server.pages.live import live_routes
from deskquorum.server.pages.policy_pages import policy_routes
from deskquorum.server.pages.queue import queue_routes
from deskquorum.server.pages.sidebar import sidebar_routes
from deskquorum.server.pages.signing_in import sign_in_routes
from deskquorum.server.pages.verdicts import verdict_routes

__all__ = ["page_routes"]

page_routes = APIRouter(include_in_schema=False, route_class=TellingRoute)
for _routes in (
    asset_routes,
    sign_in_routes,
    sidebar_routes,
    live_routes,
    verdict_routes,
    queue_routes,
    decision_page_routes,
    policy_routes,
    audit_routes,
    figure_routes,
):
    page_routes.include_router(_routes)
