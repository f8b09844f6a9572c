"""Shared jobs on procrastinate: one process after another does them, whichever is free.

The jobs are those that each process otherwise does by itself; procrastinate says when, keeps two
workers from doing one at the same time, and needs PostgreSQL.
"""

from __future__ import annotations

import anyio
import anyio.lowlevel
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException

from deskquorum.server.jobs import OWN_LOOPS, SHARED_LOOPS
from deskquorum.server.loops import Loop
from deskquorum.server.running import running
from deskquorum.server.service import Service

__all__ = ["work"]

_KEYS = tuple(loop for loop in OWN_LOOPS if loop.name == "keys")
_MINUTE_S = 60
_STOP_S = 5.0


async def work(service: Service, url: str) -> None:
    """Do the shared jobs of a desk until told to end.

    Args:
        service: Not running yet.
        url: The PostgreSQL database of the desk's ledger.
    """
    app = App(connector=PsycopgConnector(conninfo=url.replace("+psycopg", "", 1)))
    for loop in SHARED_LOOPS:
        _register(app, loop, service)
    async with app.open_async(), running(service, _KEYS):
        await _with_tables(app)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_until_ended, service, tasks.cancel_scope)
            await app.run_worker_async(
                queues=[service.tenant],
                concurrency=len(SHARED_LOOPS),
                install_signal_handlers=False,
                shutdown_graceful_timeout=_STOP_S,
                delete_jobs="always",
            )


def _register(app: App, loop: Loop, service: Service) -> None:
    name = f"deskquorum.{service.tenant}.{loop.name}"

    async def run(timestamp: int) -> None:
        del timestamp
        while await loop.job(service) and not service.flight.is_ending:
            # Between two items others get their turn.
            await anyio.lowlevel.checkpoint()

    task = app.task(name=name, queue=service.tenant, queueing_lock=name, lock=name)(run)
    app.periodic(cron=_cron(loop.every_s))(task)


def _cron(every_s: float) -> str:
    """Each so many seconds, or at the full hour where that is longer than a minute."""
    return f"* * * * * */{max(1, round(every_s))}" if every_s < _MINUTE_S else "0 * * * *"


async def _with_tables(app: App) -> None:
    if not await app.check_connection_async():
        try:
            await app.schema_manager.apply_schema_async()
        except ConnectorException:
            # Another worker was first.
            if not await app.check_connection_async():
                raise


async def _until_ended(service: Service, scope: anyio.CancelScope) -> None:
    await service.flight.ending.wait()
    scope.cancel()
