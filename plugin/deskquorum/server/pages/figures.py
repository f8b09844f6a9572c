"""What the last weeks come to: decisions by route, verdicts, cost, and why people decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deskquorum.domain import Route
from deskquorum.ledger import Ledger, Transaction, reviews
from deskquorum.reporting import Tally, VerdictRow, decision_row, verdict_rows
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import page
from deskquorum.server.pages.visitors import Errand, visitor
from deskquorum.server.service import service_of

__all__ = ["Figures", "count_figures", "figure_routes"]

figure_routes = APIRouter(route_class=TellingRoute)

_DAYS = 28
_MOST = 20_000


@dataclass(slots=True, kw_only=True)
class Figures:
    """Counts of some days."""

    days: Sequence[date]
    tally: Tally = field(default_factory=Tally)
    by_day: Counter[tuple[date, Route]] = field(default_factory=Counter)
    cut: bool = False
    """Whether there were more than are counted."""

    @property
    def highest(self) -> int:
        """Decisions of the busiest day; at least one, as plots divide by it."""
        return max(1, *(sum(self.by_day[day, route] for route in Route) for day in self.days))


@figure_routes.get("/figures")
async def figures(request: Request) -> HTMLResponse:
    """Numbers and plots."""
    service = service_of(request)
    visitor(service, request, Errand.SEE_FIGURES)
    now = service.now()
    counted = await anyio.to_thread.run_sync(partial(count_figures, service.desk.ledger, now=now))
    since = now - timedelta(days=_DAYS)
    verdicts, (waiting, overdue) = await service.records.read(partial(_reviews, since=since))
    took = sorted(row.took for row in verdicts)
    return page(
        service,
        request,
        "figures.html",
        figures=counted,
        tally=counted.tally,
        routes=list(Route),
        verdicts=Counter(row.kind for row in verdicts).most_common(),
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
        if counted.tally.decisions >= _MOST:
            counted.cut = True
            break
        row = decision_row(entry)
        counted.tally.add(row)
        counted.by_day[row.at.date(), row.route] += 1
    return counted


def _reviews(tx: Transaction, *, since: datetime) -> tuple[list[VerdictRow], tuple[int, int]]:
    return verdict_rows(tx, since=since), reviews.queue_length(tx)
