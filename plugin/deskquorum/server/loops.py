"""What a process does beside answering: it survives the database, and stops between two items."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
import structlog

from deskquorum.errors import DeskError
from deskquorum.server.service import Service

__all__ = ["Loop", "run_loop"]

_log = structlog.get_logger("deskquorum.loops")

_LONGEST_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A job that is done again and again."""

    name: str
    job: Callable[[Service], Awaitable[bool]]
    """Does one piece of work; True where there may be more at once."""
    every_s: float
    """Between two looks when there is nothing to do."""
    on_arrival: bool = False
    """Whether a ticket that came in wakes it."""


async def run_loop(loop: Loop, service: Service) -> None:
    """Do the job until the service ends; after a failure wait longer each time, with jitter."""
    failures, ok = 0, service.metrics.loops.labels(loop.name)
    # A job may work for long before it first comes back.
    ok.set(1)
    while not service.flight.is_ending:
        try:
            more = await loop.job(service)
        except DeskError as exc:
            failures += 1
            ok.set(0)
            wait_s = min(_LONGEST_S, loop.every_s * 2 ** min(failures, 8)) * (0.5 + random.random())  # noqa: S311
            _log.warning(
                "failed", loop=loop.name, kind=type(exc).__name__, again_s=round(wait_s, 1)
            )
        else:
            failures, wait_s = 0, 0.0 if more else loop.every_s
            ok.set(1)
        with anyio.move_on_after(wait_s):
            await _woken(loop, service)


async def _woken(loop: Loop, service: Service) -> None:
    if not loop.on_arrival:
        await service.flight.ending.wait()
        return
    await service.arrived.wait()
    service.arrived = anyio.Event()
