"""`kill -9` at any moment of deciding, approving and executing: nothing is lost, nothing is twice.

The long form, 200 kills on each database: `DESKQUORUM_KILLS=200 pytest -s tests/server/test_crash.py`;
`DESKQUORUM_SEED` gives another order of events.
"""

import os
import random

import pytest

from tests.server.crash_laws import broken_laws, read
from tests.server.crash_shop import CrashShop
from tests.server.crash_story import play, prepare

pytestmark = pytest.mark.anyio

KILLS = int(os.environ.get("DESKQUORUM_KILLS", "20"))
SEED = int(os.environ.get("DESKQUORUM_SEED", "1"))


async def test_kill_9_at_any_moment_on_two_replicas(either_place, tickets):
    chance = random.Random(SEED)  # noqa: S311 - who is killed when, and what the shop does
    async with CrashShop(chance) as shop:
        prepare(either_place, shop.url)
        story = await play(either_place, shop, tickets, kills=KILLS, chance=chance)
    books = read(either_place)
    _tell(story, shop, books)
    assert broken_laws(books, story, shop) == []
    # The kills struck what they are for, and the limits were reached.
    assert story.struck["decide"]
    assert KILLS < 100 or min(story.struck.values()) > KILLS / 20
    codes = {reason.code for d in books.decisions.values() for reason in d.reasons}
    assert "limit" in codes


def _tell(story, shop, books):
    states = sorted(order.state.value for order in books.orders.values())
    print(  # noqa: T201 - what the long form shows
        f"\nseed {SEED}: {story.kills} kills in {story.took_s:.0f} s, while {dict(story.struck)};"
        f" {({k: round(v) for k, v in story.marks.items()})}; {len(story.answers)} tickets, {len(books.decisions)} decisions,"
        f" verdicts {dict(story.verdicts)},"
        f" orders {({state: states.count(state) for state in states})},"
        f" {sum(shop.effects.values())} effects, {shop.cut_off} calls cut off"
    )
