"""A system of the desk's own, scripted, and a database; both real, both on this machine."""

import asyncio
import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web
from sqlalchemy import create_engine

from deskquorum.domain import Deadline, Fact, Facts
from deskquorum.facts import FactRequest

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer of the scripted system."""

    body: bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    delay_s: float = 0.0
    drops: bool = False


def tells(record, **more):
    body = record if isinstance(record, bytes) else json.dumps(record).encode()
    return Turn(body=body, **more)


class Shop:
    """Answers from a list of turns and fails a test that asks once too often."""

    def __init__(self, turns):
        self._turns = list(turns)
        self.paths = []
        self.headers = []

    async def __aenter__(self):
        self._closing = asyncio.Event()
        application = web.Application(handler_args={"auto_decompress": False})
        application.router.add_route("*", "/{any:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://127.0.0.1:%d" % self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_):
        self._closing.set()
        await self._runner.cleanup()

    async def _answer(self, request):
        self.paths.append(request.raw_path)
        self.headers.append(dict(request.headers))
        assert self._turns, "asked once too often"
        turn = self._turns.pop(0)
        if turn.delay_s:
            limit = None if math.isinf(turn.delay_s) else turn.delay_s
            try:
                await asyncio.wait_for(self._closing.wait(), limit)
            except TimeoutError:
                pass
        if turn.drops:
            request.transport.abort()
        return web.Response(body=turn.body, status=turn.status, headers=turn.headers)


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
        for statement in (
            "CREATE TABLE orders (id TEXT, customer TEXT, status TEXT, total NUMERIC, cents INT,"
            " paid INT, changed TEXT, cancelled TEXT)",
            "INSERT INTO orders VALUES"
            " ('O-1','C-1','shipped','24.10',2410,1,'2026-11-20T09:00:00Z',NULL),"
            " ('O-2','C-1','pending','3.05',305,0,'2026-11-19T09:00:00Z','2026-11-20'),"
            " ('O-3','C-2','pending','7.00',700,0,'2026-11-18T09:00:00',NULL)",
        ):
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()
