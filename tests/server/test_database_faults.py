"""The database is gone, locked or full: everybody is answered in time, by `human`; then it goes on.

Each fault lasts as long as `DESKQUORUM_FAULT_S` says (2 seconds; the long form is 10).
"""

import asyncio
import os
import resource
import sqlite3
import time
from contextlib import closing, contextmanager

import anyio
import pytest
from tests.server.passage import Passage, Way
from tests.server.served import AGAIN_S, BOTS, served

pytestmark = pytest.mark.anyio

FAULT_S = float(os.environ.get("DESKQUORUM_FAULT_S", "2"))


async def fault(crowd):
    """It lasts; what was asked and answered in it is a person's."""
    began = time.monotonic()
    await asyncio.sleep(FAULT_S)
    # On a slow machine it lasts until every bot had an answer in it.
    with anyio.fail_after(30):
        while len(during := crowd.between(began, time.monotonic())) < BOTS:  # noqa: ASYNC110 - bots tell nobody
            await asyncio.sleep(0.2)
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


@contextmanager
def full_disk(replica):
    """No file of the process grows any more: its ledger, and its log."""
    before = resource.prlimit(replica.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(replica.pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(replica.pid, resource.RLIMIT_FSIZE, before)


async def test_a_postgres_ledger_is_gone_then_silent(place, postgres, tickets):
    async with Passage(postgres) as passage:
        place.ledger = passage.url
        async with served(place, tickets) as (crowd, _, __):
            for way in (Way.CLOSED, Way.NOWHERE):
                await passage.is_now(way)
                await fault(crowd)
                await passage.is_now(Way.OPEN)
                await crowd.until("auto", seconds=AGAIN_S)
