"""Tells Prometheus how much waits where: looked up every few seconds, never for a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deskquorum.ledger import Transaction
from deskquorum.ledger.intake import pending
from deskquorum.ledger.order_standing import backlog
from deskquorum.ledger.outbox import State
from deskquorum.ledger.reviews import queue_length
from deskquorum.server.service import Service

__all__ = ["gauge", "gauge_database"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """What waits in this desk's tables."""

    tickets: int
    reviews: int
    overdue: int
    orders: Mapping[State, int]


async def gauge(service: Service) -> bool:
    """What this process has in hand, and how the endpoints of its models do."""
    metrics = service.metrics
    # A desk that was read anew may record elsewhere.
    service.desk.ledger.on_append = metrics.append_seconds.observe
    metrics.in_flight.labels("ticket").set(service.flight.tickets)
    metrics.in_flight.labels("request").set(service.flight.requests)
    metrics.in_flight.labels("background").set(service.deciding.alone)
    metrics.reached(service.desk.endpoints)
    return False


async def gauge_database(service: Service) -> bool:
    """What waits in the database, for whichever process."""
    waiting, metrics = await service.records.read(_waiting), service.metrics
    metrics.pending.set(waiting.tickets)
    metrics.reviews.set(waiting.reviews)
    metrics.overdue.set(waiting.overdue)
    for state, count in waiting.orders.items():
        metrics.outbox.labels(state.value).set(count)
    return False


def _waiting(tx: Transaction) -> _Waiting:
    open_items, overdue = queue_length(tx)
    return _Waiting(tickets=pending(tx), reviews=open_items, overdue=overdue, orders=backlog(tx))
