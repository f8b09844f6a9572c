"""One decision's whole story, and what today's rules would make of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import anyio.to_thread
import nh3
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from deskquorum.backtesting import redecide
from deskquorum.decision import action_text
from deskquorum.ledger import Entry, ErasedError
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.marked_text import cited
from deskquorum.server.pages.rendering import fragment, page, wording_for
from deskquorum.server.pages.showing import answer_views, arg_views, fact_views
from deskquorum.server.pages.visitors import Errand, visitor
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of

__all__ = ["decision_page_routes", "harmless"]

decision_page_routes = APIRouter(route_class=TellingRoute)

_Decision = Annotated[str, Path(pattern=r"^d_[0-9a-f]{32}$")]
_TAGS = frozenset(
    {"b", "blockquote", "br", "code", "em", "i", "li", "ol", "p", "pre", "strong", "ul"}
)
_MARKS = ("<br", "<p", "<div", "<b>", "<i>", "<ul", "<ol", "<blockquote", "</")


@decision_page_routes.get("/decisions/{identity}")
async def decision(request: Request, identity: _Decision) -> HTMLResponse:
    """All that is recorded of it; personal data is shown as placeholders only."""
    service = service_of(request)
    visitor(service, request, Errand.SEE_CASES)
    entry, words = await _entry(service, identity), wording_for(request)
    rules, said, basis = service.desk.parts.rules, entry.decision, entry.evidence
    return page(
        service,
        request,
        "decision.html",
        entry=entry,
        decision=said,
        evidence=basis,
        action_text=action_text,
        messages=[(message, harmless(message.text)) for message in basis.ticket.messages],
        args=arg_views(said.action, rules, basis.facts, words),
        reply=cited(None, said.reply, said.findings),
        answers=answer_views(entry, rules),
        facts=fact_views(basis.facts, words),
        clauses=rules.book.clauses,
    )


@decision_page_routes.post("/pages/decisions/{identity}/replay")
async def replay(request: Request, identity: _Decision) -> HTMLResponse:
    """What today's rules make of the record; nothing is written and no model is asked."""
    service = service_of(request)
    visitor(service, request, Errand.SEE_CASES)
    entry = await _entry(service, identity)
    rules = service.desk.parts.rules
    redecided = await anyio.to_thread.run_sync(partial(redecide, entry, rules))
    return fragment(
        request,
        "replay.html",
        redecided=redecided,
        other_rules=entry.decision.policy_hash != rules.book.hash,
    )


def harmless(text: str) -> Markup | None:
    """A message in HTML with nothing left in it but paragraphs and emphasis; None for plain text.

    INVARIANT: this is the only place where a text that came from outside becomes markup.
    """
    if not any(mark in text.casefold() for mark in _MARKS):
        return None
    return Markup(nh3.clean(text, tags=set(_TAGS), attributes={}, link_rel=None))  # noqa: S704 - cleaned


async def _entry(service: Service, identity: str) -> Entry:
    try:
        entry = await anyio.to_thread.run_sync(partial(service.desk.ledger.get, identity))
    except ErasedError:
        raise ProblemError(status=410, code="erased") from None
    if entry is None:
        raise ProblemError(status=404, code="not-found")
    return entry
