"""What the last weeks come to: decisions by route, verdicts, cost, and why people decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deskquorum.domain import Route
from deskquorum.ledger import Ledger, Transaction, reviews
from deskquorum.ledger.review_items import ReviewItem
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import page
from deskquorum.server.pages.visitors import Errand, visitor
from deskquorum.server.service import service_of

__all__ = ["Figures", "count_figures", "figure_routes"]

figure_routes = APIRouter(route_class=TellingRoute)

_DAYS = 28
_MOST = 20_000
_VERDICTS = 1000


@dataclass(slots=True, kw_only=True)
class Figures:
    """Counts of some days."""

    days: Sequence[date]
    routes: Counter[Route] = field(default_factory=Counter)
    by_day: Counter[tuple[date, Route]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """First reason of what went to people."""
    cost: Decimal = Decimal(0)
    saved_calls: int = 0
    cut: bool = False
    """Whether there were more than are counted."""

    @property
    def decisions(self) -> int:
        """How many there were."""
        return self.routes.total()

    @property
    def highest(self) -> int:
        """Decisions of the busiest day; at least one, as plots divide by it."""
        return max(1, *(sum(self.by_day[day, route] for route in Route) for day in self.days))

    def share(self, route: Route) -> float:
        """Of all decisions."""
        return self.routes[route] / self.decisions if self.decisions else 0.0


@figure_routes.get("/figures")
async def figures(request: Request) -> HTMLResponse:
    """Numbers and plots."""
    service = service_of(request)
    visitor(service, request, Errand.SEE_FIGURES)
    now = service.now()
    counted = await anyio.to_thread.run_sync(partial(count_figures, service.desk.ledger, now=now))
    resolved, (waiting, overdue) = await service.records.read(_reviews)
    recent = [item for item in resolved if now - item.opened_at < timedelta(days=_DAYS)]
    took = sorted(item.verdict_at - item.opened_at for item in recent if item.verdict_at)
    return page(
        service,
        request,
        "figures.html",
        figures=counted,
        routes=list(Route),
        verdicts=Counter(item.verdict for item in recent).most_common(),
        took=took[len(took) // 2] if took else None,
        waiting=waiting,
        overdue=overdue,
        most=_MOST,
        currency=service.desk.parts.desk.currency,
    )


def count_figures(ledger: Ledger, *, now: datetime, days: int = _DAYS) -> Figures:
    """Count what was recorded in so many days, today included.

    Raises:
        LedgerError: The ledger can't be read.
    """
    first = now.date() - timedelta(days=days - 1)
    counted = Figures(days=[first + timedelta(days=n) for n in range(days)])
    since = datetime.combine(first, datetime.min.time(), tzinfo=now.tzinfo)
    for entry in ledger.entries(since=since):
        if counted.decisions >= _MOST:
            counted.cut = True
            break
        decision = entry.decision
        counted.routes[decision.route] += 1
        counted.by_day[entry.recorded_at.date(), decision.route] += 1
        counted.cost += decision.cost
        counted.saved_calls += decision.saved_calls
        if decision.route is Route.HUMAN and decision.reasons:
            counted.reasons[decision.reasons[0].code] += 1
    return counted


def _reviews(tx: Transaction) -> tuple[list[ReviewItem], tuple[int, int]]:
    return reviews.items(tx, state="resolved", limit=_VERDICTS), reviews.queue_length(tx)
