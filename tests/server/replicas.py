"""Replicas of one service, forked from a process that has loaded its desk: made and killed fast."""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

ZYGOTE = Path(__file__).with_name("zygote.py")


@dataclass(frozen=True, kw_only=True)
class Replica:
    pid: int
    url: str

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)


class Replicas:
    """`async with Replicas(place, count=2) as replicas`: `running` holds them."""

    def __init__(self, place, *, count, environment=None, **options):
        self.place, self._count = place, count
        self._environment = {**place.environment, **(environment or {})}
        self._options = {"models": False, **options}
        self._clock = place.log.with_name("clock")
        self.running = []

    async def __aenter__(self):
        self.clock_is_wrong_by(0.0)
        self._zygote = await asyncio.create_subprocess_exec(
            sys.executable, str(ZYGOTE),
            str(self.place.folder), self.place.ledger or "", str(self._clock),
            json.dumps(self._options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environment,
        )  # fmt: skip
        assert await self._zygote.stdout.readline() == b"loaded\n"
        self.running = [await self._forked() for _ in range(self._count)]
        for number in range(self._count):
            await self.ready(number)
        return self

    async def __aexit__(self, *_):
        self._zygote.stdin.write(b"\n")
        with suppress(ConnectionError):
            await self._zygote.stdin.drain()
        await self._zygote.wait()

    def clock_is_wrong_by(self, seconds):
        """Set the wall clocks of all replicas, those to come too."""
        new = self._clock.with_suffix(".new")
        new.write_text(str(seconds), encoding="utf-8")
        new.replace(self._clock)
        self.wrong_by = seconds

    async def replace(self, number):
        """Kill a replica at once, and have another one in its place."""
        self.running[number].kill()
        self.running[number] = await self._forked()

    async def ready(self, number):
        url = f"{self.running[number].url}/readyz"
        async with aiohttp.ClientSession() as session:
            for _ in range(600):
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(url, timeout=aiohttp.ClientTimeout(total=5)) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
        raise AssertionError(self.place.log.read_text(encoding="utf-8"))

    async def _forked(self):
        self._zygote.stdin.write(f"{self.place.log}\n".encode())
        pid, port = (await self._zygote.stdout.readline()).split()
        return Replica(pid=int(pid), url=f"http://127.0.0.1:{int(port)}")
