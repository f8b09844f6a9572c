"""The database is gone, locked or full: everybody is answered in time, by `human`; then it goes on.

Each fault lasts as long as `DESKQUORUM_FAULT_S` says (3 seconds; the long form is 10).
"""

import asyncio
import os
import resource
import sqlite3
import time
from contextlib import asynccontextmanager, closing

import pytest

from deskquorum.ledger.outbox import executions_after
from tests.server.crash_laws import broken_laws, read
from tests.server.crash_shop import SECRET, CrashShop, Kind
from tests.server.crash_story import EXECUTION, Story, ended
from tests.server.crowd import Crowd
from tests.server.passage import Passage, Way
from tests.server.replicas import Replicas

pytestmark = pytest.mark.anyio

FAULT_S = float(os.environ.get("DESKQUORUM_FAULT_S", "3"))
DEADLINE_S = 1.5
AGAIN_S = 15
"""From the end of a fault to the next ticket that software decides."""

BOTS = 4


@asynccontextmanager
async def served(place, tickets):
    """One replica of a desk that closes tickets at a shop, and a crowd that asks it."""
    async with CrashShop(Kind()) as shop:
        with (place.folder / "policies" / "desk.yaml").open("a", encoding="utf-8") as desk:
            desk.write(EXECUTION.format(url=shop.url))
        # In threads, as the way to the database may lead through this event loop.
        _, key = await asyncio.to_thread(place.key, "bot")
        async with Replicas(place, count=1, environment={"SHOP": SECRET}) as replicas:
            crowd = Crowd(replicas, key, tickets[0], deadline_s=DEADLINE_S)
            async with crowd.asking(BOTS):
                await crowd.until("auto", seconds=AGAIN_S)
                yield crowd, shop, replicas
            await _until_settled(place, crowd)
            story = Story(settled=True, answers=dict(enumerate(s.body for s in crowd.said)))
        _check(crowd, shop, story, await asyncio.to_thread(read, place))


async def _until_settled(place, crowd):
    """All is decided, carried out and written down, promises too."""
    promised = {said.body["decision_id"] for said in crowd.said}

    def look(tx):
        waits = tx.connection.exec_driver_sql("SELECT count(*) FROM intake WHERE state <> 'done'")
        recorded = {row.id for row in tx.connection.exec_driver_sql("SELECT id FROM decisions")}
        orders = executions_after(tx, limit=100_000)
        return not waits.scalar_one() and promised <= recorded and all(map(ended, orders))

    for _ in range(80):
        if await asyncio.to_thread(place.write, look):
            return
        await asyncio.sleep(0.5)
    raise AssertionError("work was left lying")


def _check(crowd, shop, story, books):
    print(crowd.told())  # noqa: T201 - what the long form shows
    assert not crowd.failed()
    assert not crowd.late()
    assert broken_laws(books, story, shop) == []
    # Where a person was promised, software did nothing.
    handed = {said.ticket for said in crowd.said if said.route == "human"}
    assert not {call["conversation"] for call in shop.calls} & handed


async def fault(crowd):
    """It lasts; what was asked and answered in it is a person's."""
    began = time.monotonic()
    await asyncio.sleep(FAULT_S)
    during = crowd.between(began, time.monotonic())
    assert len(during) >= BOTS
    assert {said.route for said in during} == {"human"}
    assert {code for said in during for code in said.codes} <= {"no-record", "late"}


async def test_an_sqlite_ledger_is_locked_then_its_disk_is_full(place, tickets):
    ledger = place.folder / "state" / "ledger.sqlite"
    async with served(place, tickets) as (crowd, _, replicas):
        with closing(sqlite3.connect(ledger, isolation_level=None, timeout=10)) as other:
            other.execute("BEGIN IMMEDIATE")
            await fault(crowd)
            other.execute("ROLLBACK")
        await crowd.until("auto", seconds=AGAIN_S)
        with full_disk(replicas.running[0]):
            await fault(crowd)
        await crowd.until("auto", seconds=AGAIN_S)


class full_disk:
    """No file of the process grows any more: its ledger, and its log."""

    def __init__(self, replica):
        self._pid = replica.pid

    def __enter__(self):
        self._before = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (1, self._before[1]))

    def __exit__(self, *_):
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, self._before)


@pytest.mark.parametrize("way", [Way.CLOSED, Way.NOWHERE])
async def test_a_postgres_ledger_is_gone(place, postgres, tickets, way):
    async with Passage(postgres) as passage:
        place.ledger = passage.url
        async with served(place, tickets) as (crowd, _, __):
            await passage.is_now(way)
            await fault(crowd)
            await passage.is_now(Way.OPEN)
            await crowd.until("auto", seconds=AGAIN_S)
