"""`kill -9` at any moment of deciding, approving and executing: nothing is lost, nothing is twice.

The long form is 200 kills on each database: `DESKQUORUM_KILLS=200 pytest -s` with this file.
`DESKQUORUM_SEED` gives another order of events.
"""

import os
import random
from collections import Counter

import pytest
from tests.server.crash_laws import broken_laws, read
from tests.server.crash_shop import CrashShop
from tests.server.crash_story import play, prepare

from deskquorum import Route

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
    states = Counter(order.state.value for order in books.orders.values())
    decided = {d.ticket: d.route for d in books.decisions.values()}
    human = [said for said in story.answers.values() if said.get("route") == "human"]
    lost = [said for said in human if said["id"] not in decided]
    other = [said for said in human if decided.get(said["id"], Route.HUMAN) is not Route.HUMAN]
    print(  # noqa: T201 - what the long form shows
        f"\nseed {SEED}: {story.kills} kills in {story.took_s:.0f} s, while {dict(story.struck)};"
        f" {len(story.answers)} tickets, {len(books.decisions)} decisions,"
        f" verdicts {dict(story.verdicts)}, orders {dict(states)},"
        f" {sum(shop.effects.values())} effects, {shop.cut_off} calls cut off;"
        f" a person was promised and the promise lost with its process {len(lost)} times,"
        f" and after a promise software decided {len(other)} times"
    )
