"""A service while it runs: its desk is open, its loops turn, and it ends in good order."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

import anyio
import anyio.abc
import structlog

from deskquorum.desk import Desk
from deskquorum.errors import ConfigError, DeskError, Problem
from deskquorum.server.deciding import Deciding
from deskquorum.server.flight import Flight
from deskquorum.server.frame_tokens import FrameTokens
from deskquorum.server.jobs import read_keys
from deskquorum.server.loops import Loop, run_loop
from deskquorum.server.metrics import Metrics
from deskquorum.server.rates import Rates
from deskquorum.server.records import Records
from deskquorum.server.service import Service, Settings
from deskquorum.server.sessions import Sessions
from deskquorum.server.streams import Streams

__all__ = ["make_service", "running"]

_log = structlog.get_logger("deskquorum.service")

_STRANGERS_PER_S = 1.0
_STRANGERS_BURST = 20
_FINISH_S = 3.0
"""For what is still to be recorded when everything else has ended."""


def make_service(desk: Desk, settings: Settings) -> Service:
    """The service of one desk, not running yet.

    Args:
        desk: Not open yet; opened and closed with the service.
        settings: How it is run.

    Raises:
        ConfigError: The desk's ledger has no host key, so that nothing could be accepted.
    """
    if not desk.ledger.database.has_host_key:
        raise ConfigError([_no_host_key()])
    limits = desk.parts.desk.service
    records = Records(lambda: desk.ledger.database)
    return Service(
        desk=desk,
        settings=settings,
        records=records,
        tokens=FrameTokens(settings.host_key, tenant=desk.parts.desk.desk),
        sessions=Sessions(settings.host_key, tenant=desk.parts.desk.desk),
        streams=Streams(records, most=lambda: desk.parts.desk.service.streams),
        flight=Flight(grace_s=settings.grace_s),
        metrics=Metrics(folder=settings.metrics_folder),
        key_rates=Rates(per_s=limits.rate_per_s, burst=limits.burst),
        stranger_rates=Rates(per_s=_STRANGERS_PER_S, burst=_STRANGERS_BURST),
    )


@asynccontextmanager
async def running(service: Service, loops: Sequence[Loop]) -> AsyncIterator[None]:
    """Open everything, turn the loops, and end it all in good order."""
    async with (
        service.desk,
        service.helpdesks.opened(
            service.desk.parts.desk.helpdesk, service.settings.keys, service.records
        ),
        anyio.create_task_group() as background,
    ):
        async with anyio.create_task_group() as promises:
            service.deciding = Deciding(service, promises)
            await _first_keys(service)
            background.start_soon(_let_go, service)
            for loop in loops:
                background.start_soon(run_loop, loop, service)
            _log.info("started", tenant=service.tenant)
            with _ending_by_signal(service, background), _loaded_for_good():
                yield
            service.flight.end()
            service.flight.ending.set()
            service.arrived.set()
            promises.cancel_scope.deadline = anyio.current_time() + _FINISH_S
        background.cancel_scope.deadline = anyio.current_time() + _FINISH_S
    _log.info("ended", tenant=service.tenant)


async def _let_go(service: Service) -> None:
    await service.flight.ending.wait()
    service.executor.stop()
    service.streams.end()


async def _first_keys(service: Service) -> None:
    try:
        await read_keys(service)
    except DeskError:
        _log.warning("keys can't be read yet")


@contextmanager
def _loaded_for_good() -> Iterator[None]:
    """What is loaded by now is no garbage before the end.

    Else each full collection walks through all of it: a fifth of a second, for which all wait.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _ending_by_signal(service: Service, tasks: anyio.abc.TaskGroup) -> Iterator[None]:
    """On the signal to end, finish what is in hand first; only then the server is told."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {sig: signal.getsignal(sig) for sig in (signal.SIGTERM, signal.SIGINT)}
    told: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        service.flight.end()
        told.append(number)
        if len(told) > 1:
            _pass_on(number, frame)

    def _pass_on(number: int, frame: FrameType | None) -> None:
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    async def wait() -> None:
        await service.flight.until_ended()
        if told:
            _pass_on(told[0], None)

    for sig in before:
        signal.signal(sig, handle)
    tasks.start_soon(wait)
    try:
        yield
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)


def _no_host_key() -> Problem:
    return Problem(
        path="DESKQUORUM_KEY",
        message="not set, and what is accepted is kept sealed with it",
        hint="make one with `deskquorum keys host`, keep it safe and set it",
    )
