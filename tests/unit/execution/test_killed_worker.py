"""Workers killed at any moment: each action happens at most once, and none is left lying."""

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from deskquorum.domain import Action
from deskquorum.ledger import open_ledger, order_of
from deskquorum.ledger.outbox import State, enqueue, executions_after

pytestmark = pytest.mark.anyio

WORK = Path(__file__).with_name("work.py")
ORDERS = 30


class Endpoint:
    """Takes no care itself: it does whatever it is called for, and counts it."""

    def __init__(self):
        self.effects = Counter()

    async def __aenter__(self):
        app = web.Application()
        app.router.add_post("/refunds", self.act)
        app.router.add_get("/refunds/{key}", self.tell)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/refunds"
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()

    async def act(self, request):
        key = (await request.json())["key"]
        await asyncio.sleep(random.random() * 0.03)  # noqa: S311 - a system's own slowness
        self.effects[key] += 1
        await asyncio.sleep(random.random() * 0.03)  # noqa: S311 - the same
        return web.json_response({"refund": key[:8]})

    async def tell(self, request):
        key = request.match_info["key"]
        state = "done" if self.effects[key] else "not-done"
        return web.json_response({"key": key, "state": state})


async def start(place, url):
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WORK), str(place), url, stdout=asyncio.subprocess.PIPE
    )
    await process.stdout.readline()
    return process


def settled(ledger):
    with ledger.database.transaction() as tx:
        rows = executions_after(tx)
    return all(row.state is State.DONE or row.handed_us is not None for row in rows), rows


@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 20), ("postgres", 10)])
async def test_kill_9_at_any_moment(kind, kills, tmp_path, request):
    place = tmp_path / "l.sqlite" if kind == "sqlite" else request.getfixturevalue("postgres")
    ledger = open_ledger(place, tenant="north", host_key=b"k" * 32, busy_timeout_s=30)
    action = Action(name="issue_refund", args={"amount": "24.00"})
    chance = random.Random(7)  # noqa: S311 - moments to kill at
    async with Endpoint() as endpoint:
        for n in range(kills):
            with ledger.database.transaction(writing=True) as tx:
                for m in range(ORDERS // kills + 1):
                    enqueue(tx, order_of(tx, f"t-{n}-{m}", action, None, "d", "customer:1"))
            process = await start(place, endpoint.url)
            await asyncio.sleep(chance.random() * 0.4)
            process.kill()
            await process.wait()
        process = await start(place, endpoint.url)
        try:
            for _ in range(300):
                done, rows = await asyncio.to_thread(settled, ledger)
                if done:
                    break
                await asyncio.sleep(0.1)
        finally:
            process.kill()
            await process.wait()
    ledger.close()
    assert done, [row for row in rows if row.state is not State.DONE]
    assert set(endpoint.effects.values()) == {1}
    assert {row.key for row in rows if row.state is State.DONE} == set(endpoint.effects)
