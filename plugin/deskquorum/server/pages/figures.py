"""What the last weeks come to: decisions by route, verdicts, cost, and why people decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deskquorum.domain import Route
from deskquorum.ledger import Transaction, reviews
from deskquorum.reconciliation import Certificate
from deskquorum.reporting import (
    DEFINITIONS,
    DecisionRow,
    Rows,
    Span,
    Tally,
    VerdictRow,
    WeeklyReport,
    read_rows,
    verdict_rows,
    weekly_report,
)
from deskquorum.server.pages.answering import TellingRoute
from deskquorum.server.pages.rendering import page
from deskquorum.server.pages.visitors import Errand, visitor
from deskquorum.server.service import service_of

__all__ = ["Figures", "count_figures", "figure_routes"]

figure_routes = APIRouter(route_class=TellingRoute)

_DAYS = 28
_MOST = 20_000
_WEEK, _WEEKS_BEFORE = timedelta(days=7), 4
_WINDOW = timedelta(days=3)
"""How long closed has to stay closed."""


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
    parts = service.desk.parts
    certificates = tuple(parts.rules.learned.certificates.values())

    def count() -> tuple[Figures, WeeklyReport]:
        # Read once, for both: opening what is sealed takes the time.
        rows = read_rows(service.desk.ledger, since=_last_monday(now) - _WEEKS_BEFORE * _WEEK)
        counted = count_figures(rows.decisions, now=now)
        return counted, last_week(rows, now=now, certificates=certificates)

    counted, week = await anyio.to_thread.run_sync(count)
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
        currency=parts.desk.currency,
        week=week,
        definitions=DEFINITIONS,
        last_day=(week.week.span.until - timedelta(days=1)).date(),
    )


def count_figures(rows: Iterable[DecisionRow], *, now: datetime, days: int = _DAYS) -> Figures:
    """Count what was recorded in so many days, today included."""
    first = now.date() - timedelta(days=days - 1)
    counted = Figures(days=[first + timedelta(days=n) for n in range(days)])
    since = datetime.combine(first, datetime.min.time(), tzinfo=now.tzinfo)
    for row in rows:
        if row.at < since:
            continue
        if counted.tally.decisions >= _MOST:
            counted.cut = True
            break
        counted.tally.add(row)
        counted.by_day[row.at.date(), row.route] += 1
    return counted


def last_week(rows: Rows, *, now: datetime, certificates: Sequence[Certificate]) -> WeeklyReport:
    """What the last whole week came to, beside the four before, as `deskquorum report` tells it."""
    monday = _last_monday(now)
    return weekly_report(
        rows,
        Span(since=monday, until=monday + _WEEK),
        now=now,
        weeks_before=_WEEKS_BEFORE,
        window=_WINDOW,
        certificates=certificates,
    )


def _last_monday(now: datetime) -> datetime:
    """When the last whole week (UTC) began."""
    today = now.astimezone(UTC).date()
    return datetime.combine(today - timedelta(days=today.weekday() + 7), time(), tzinfo=UTC)


def _reviews(tx: Transaction, *, since: datetime) -> tuple[list[VerdictRow], tuple[int, int]]:
    return verdict_rows(tx, since=since), reviews.queue_length(tx)
