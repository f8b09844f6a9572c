"""Many bots that ask a service all the time, while something it needs is broken."""

import asyncio
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

GRACE_S = 0.1
"""Promised is an answer by the deadline plus this."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer."""

    ticket: str
    asked_at: float
    answered_at: float
    status: int
    body: dict
    wall_s: float
    """In the server's process."""
    took_s: float
    """The same without the time for which it got no processor."""

    @property
    def route(self):
        return self.body.get("route")

    @property
    def codes(self):
        return {reason["code"] for reason in self.body["reasons"]}


class Crowd:
    """`async with crowd.asking(6): ...` while `said` grows."""

    def __init__(self, replicas, key, ticket, *, deadline_s):
        self._replicas, self._ticket, self.deadline_s = replicas, ticket, deadline_s
        self._headers = {"Authorization": f"Bearer {key}"}
        self._count = 0
        self.said = []

    @asynccontextmanager
    async def asking(self, bots, *, pause_s=0.05):
        over = asyncio.Event()
        limits = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(connector=limits, timeout=timeout) as self._session:

            async def bot():
                while not over.is_set():
                    await self.ask()
                    await asyncio.sleep(pause_s)

            tasks = [asyncio.create_task(bot()) for _ in range(bots)]
            try:
                yield
            finally:
                over.set()
                await asyncio.gather(*tasks)

    async def ask(self, **more):
        """One more ticket, at a replica in turn."""
        self._count += 1
        said = await self._asked(self._count, **more)
        self.said.append(said)
        return said

    async def again(self, said):
        """What is answered when the same is sent again."""
        return (await self._asked(int(said.ticket.removeprefix("t-")))).body

    async def _asked(self, number, **more):
        url = self._replicas.running[number % len(self._replicas.running)].url
        body = {**self._ticket, "id": f"t-{number}", "deadline_s": self.deadline_s, **more}
        headers = {**self._headers, "Idempotency-Key": f"k-{number}"}
        began = time.monotonic()
        async with self._session.post(f"{url}/v1/decisions", json=body, headers=headers) as got:
            wall_s = float(got.headers["X-Took-S"])
            return Said(
                ticket=body["id"],
                asked_at=began,
                answered_at=time.monotonic(),
                status=got.status,
                body=await got.json(),
                wall_s=wall_s,
                took_s=wall_s - float(got.headers["X-Waited-S"]),
            )

    async def until(self, route, *, seconds):
        """Until somebody who asked from now on gets such an answer."""
        began = time.monotonic()
        while not any(s.asked_at >= began and s.route == route for s in self.said):
            assert time.monotonic() - began < seconds, self.said[-1]
            await asyncio.sleep(0.05)

    def between(self, began, ended):
        """Answers to what was asked, and was answered, in that time."""
        return [s for s in self.said if s.asked_at >= began and s.answered_at <= ended]

    def of(self, decisions):
        """The answers that name these decisions."""
        return [said for said in self.said if said.body["decision_id"] in decisions]

    def late(self):
        return [s for s in self.said if s.took_s > self.deadline_s + GRACE_S]

    def failed(self):
        return [s for s in self.said if s.status != 200]

    def told(self):
        """What was seen, in a line."""
        routes = Counter(said.route for said in self.said)
        worst = max(said.took_s for said in self.said) - self.deadline_s
        lag = max(said.wall_s - said.took_s for said in self.said)
        return (
            f"{len(self.said)} answers, {dict(routes)}; the latest {worst * 1000:+.0f} ms from its"
            f" deadline, the longest wait for a processor {lag * 1000:.0f} ms"
        )
