"""One replica of a desk that closes tickets at a shop, a crowd that asks it, and what must hold."""

import asyncio
from contextlib import asynccontextmanager

from tests.server.crash_laws import broken_laws, read
from tests.server.crash_shop import SECRET, CrashShop, Kind
from tests.server.crash_story import EXECUTION, Story, ended
from tests.server.crowd import Crowd
from tests.server.replicas import Replicas

from deskquorum.ledger.outbox import executions_after

DEADLINE_S = 1.5
AGAIN_S = 15
"""From the end of a fault to the next ticket that software decides."""

BOTS = 4


@asynccontextmanager
async def served(place, tickets):
    """Gives the crowd, the shop and the replicas; in the end all is settled and all laws hold."""
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

    def left(tx):
        waits = tx.connection.exec_driver_sql("SELECT id FROM intake WHERE state <> 'done'")
        recorded = {row.id for row in tx.connection.exec_driver_sql("SELECT id FROM decisions")}
        orders = executions_after(tx, limit=100_000)
        unended = [order for order in orders if not ended(order)]
        return [*waits, *sorted(promised - recorded), *unended]

    for _ in range(200):
        if not (lying := await asyncio.to_thread(place.write, left)):
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"left lying: {lying}; said: {crowd.of(lying)}")


def _check(crowd, shop, story, books):
    print(crowd.told())  # noqa: T201 - what the long form shows
    assert not crowd.failed()
    assert not crowd.late()
    assert broken_laws(books, story, shop) == []
    # Where a person was promised, software did nothing.
    handed = {said.ticket for said in crowd.said if said.route == "human"}
    assert not {call["conversation"] for call in shop.calls} & handed
