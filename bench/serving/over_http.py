"""This package as a service: `deskquorum serve` in one or more processes, asked in turn."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator

import aiohttp

from serving.jobs import Job, Outcome, Usage
from serving.replicas import Replicas
from serving.rows import outcome_of, ticket_row

__all__ = ["Service"]

_STARTED_S = 300
_PAUSE_S = 0.1


class Service:
    """Asks each process in turn, as a balancer does."""

    def __init__(self, *, processes: int, postgres: bool, in_flight: int) -> None:
        self._replicas = Replicas(processes=processes, postgres=postgres, in_flight=in_flight)
        self._urls: Iterator[str] = iter(())
        self._session: aiohttp.ClientSession | None = None

    async def start(self, url: str) -> None:
        """Start the processes, and wait until all of them are ready."""
        try:
            await asyncio.to_thread(self._replicas.start, f"{url}/ours/v1")
            self._urls = itertools.cycle(self._replicas.urls)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers={"Authorization": f"Bearer {self._replicas.key}"},
            )
            async with asyncio.timeout(_STARTED_S):
                for one in self._replicas.urls:
                    await self._ready(one)
        except BaseException:
            await self.stop()
            raise

    async def _ready(self, url: str) -> None:
        assert self._session is not None  # noqa: S101 - narrows: made just before
        while True:
            try:
                async with self._session.get(f"{url}/readyz") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(_PAUSE_S)

    async def job(self, job: Job) -> Outcome:
        """Do one job."""
        assert self._session is not None  # noqa: S101 - narrows: started before any job
        async with self._session.post(
            f"{next(self._urls)}/v1/decisions",
            data=json.dumps(ticket_row(job)).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": job.id},
        ) as answer:
            answer.raise_for_status()
            return outcome_of(await answer.json())

    def usage(self) -> Usage:
        """What the processes have used."""
        return self._replicas.usage()

    async def stop(self) -> None:
        """End the processes."""
        if self._session is not None:
            await self._session.close()
        await asyncio.to_thread(self._replicas.close)
