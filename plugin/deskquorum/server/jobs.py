"""The jobs of a service: functions that do one piece of work, whoever calls them."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import structlog

from deskquorum.domain import Message, Ticket
from deskquorum.formats import ticket_of
from deskquorum.ledger.api_keys import ApiKeys, keys
from deskquorum.ledger.database import microseconds
from deskquorum.ledger.deliveries import forget_deliveries
from deskquorum.ledger.intake import Accepted, expired, take_expired
from deskquorum.ledger.reviews import is_overdue, overdue
from deskquorum.notifying import send_notices
from deskquorum.server.bodies import parsed
from deskquorum.server.gauging import gauge, gauge_database
from deskquorum.server.loops import Loop
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service
from deskquorum.server.shapes import DecisionBody

__all__ = ["OWN_LOOPS", "SHARED_LOOPS", "forget_old_deliveries", "read_keys", "take_up"]

_log = structlog.get_logger("deskquorum.jobs")

_ATTEMPTS = 3
"""How often a ticket is begun before a person takes it."""

_AT_ONCE = 8
_LEASE_S = 60.0
_KEPT_US = 7 * 86_400 * 1_000_000
"""Deliveries are remembered for a week, longer than any helpdesk tries again."""


async def read_keys(service: Service) -> bool:
    """Learn of keys that were made or revoked."""
    service.keys = ApiKeys(await service.records.read(keys))
    return False


async def take_up(service: Service) -> bool:
    """Decide tickets for which nobody waits, and those that a process left lying."""
    room = service.limits.max_in_flight - service.flight.tickets
    limit = min(room, _AT_ONCE - service.deciding.alone)
    if limit < 1:
        return False
    # Most looks find nothing, and readers keep nobody waiting.
    if not await service.records.read(expired):
        return False
    take = partial(take_expired, owner=service.owner, lease_s=_LEASE_S, limit=limit)
    for accepted in await service.records.write(take):
        _begin(service, accepted)
    return True


async def forget_old_deliveries(service: Service) -> bool:
    """Drop deliveries that nobody sends again."""
    before_us = microseconds(service.now()) - _KEPT_US
    await service.records.write(partial(forget_deliveries, before_us=before_us))
    return False


async def carry_out(service: Service) -> bool:
    """Do what decisions ordered, and look at what became of what was interrupted."""
    if not (service.desk.parts.executed or service.helpdesks.ports):
        return False
    return await service.executor.run_once()


async def pass_events_on(service: Service) -> bool:
    """Tell those who follow what happened."""
    return await service.streams.look()


OWN_LOOPS = (
    Loop(name="keys", job=read_keys, every_s=1.0),
    Loop(name="events", job=pass_events_on, every_s=0.5),
    Loop(name="gauges", job=gauge, every_s=1.0),
    Loop(name="database-gauges", job=gauge_database, every_s=5.0),
)
"""What each process does for itself."""


async def tell_reviewers(service: Service) -> bool:
    """Send the notices of the review queue."""
    spec = service.desk.parts.desk.reviews
    if spec.notify is None or not service.settings.notify_url:
        return False
    database = service.desk.ledger.database
    return await send_notices(database, spec, service.settings.notify_url)


async def raise_alarms(service: Service) -> bool:
    """Tell of reviews whose time is over."""
    if not await service.records.read(is_overdue):
        return False
    spec = service.desk.parts.desk.reviews
    tells = spec.notify is not None and spec.notify.overdue
    return bool(await service.records.write(partial(overdue, tells=tells)))


SHARED_LOOPS = (
    Loop(name="intake", job=take_up, every_s=1.0, on_arrival=True),
    Loop(name="outbox", job=carry_out, every_s=1.0),
    Loop(name="notices", job=tell_reviewers, every_s=2.0),
    Loop(name="overdue", job=raise_alarms, every_s=10.0),
    Loop(name="deliveries", job=forget_old_deliveries, every_s=3600.0),
)
"""What any process may do for all."""


def _begin(service: Service, accepted: Accepted) -> None:
    ticket = _ticket(accepted)
    if ticket is None:
        _log.error("an accepted ticket can't be read", intake=accepted.claim.id)
        ticket = _unreadable(accepted, service.now())
        service.deciding.begin(accepted, ticket, attempts=0)
    else:
        service.deciding.begin(accepted, ticket, attempts=_ATTEMPTS)


def _ticket(accepted: Accepted) -> Ticket | None:
    try:
        return ticket_of(DecisionBody.model_validate(parsed(accepted.request)))
    except (ProblemError, ValueError):
        return None


def _unreadable(accepted: Accepted, now: datetime) -> Ticket:
    """Enough of a ticket for giving it to a person."""
    message = Message(role="customer", text="", at=now)
    return Ticket(id=accepted.conversation, messages=(message,))
