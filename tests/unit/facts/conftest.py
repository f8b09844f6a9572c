"""A system of the desk's own, scripted, and a database; both real, both on this machine."""

import asyncio
import json
import math
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web
from sqlalchemy import create_engine

from deskquorum.domain import Deadline, Fact, Facts
from deskquorum.facts import FactRequest

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDERS = (
    """CREATE TABLE orders (id TEXT, customer TEXT, status TEXT, total NUMERIC, cents INT,
       paid INT, changed TEXT, cancelled TEXT)""",
    """INSERT INTO orders VALUES
       ('O-1', 'C-1', 'shipped', '24.10', 2410, 1, '2026-11-20T09:00:00Z', NULL),
       ('O-2', 'C-1', 'pending', '3.05', 305, 0, '2026-11-19T09:00:00Z', '2026-11-20'),
       ('O-3', 'C-2', 'pending', '7.00', 700, 0, '2026-11-18T09:00:00', NULL)""",
)


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


@pytest.fixture
def request_for():
    def make(*wanted, requester=None, known=None):
        values = {n: Fact(value=v, source="ticket", read_at=NOON) for n, v in (known or {}).items()}
        return FactRequest(
            ticket="t-1",
            wanted=frozenset(wanted),
            requester={"customer_id": "C-1"} if requester is None else requester,
            known=Facts(values=values),
        )

    return make


@pytest.fixture
def soon():
    return Deadline.after(5)


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    with engine.begin() as connection:
        for statement in ORDERS:
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()
