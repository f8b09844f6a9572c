from contextlib import asynccontextmanager

import anyio
import pytest

from deskquorum.lending import Lender

pytestmark = pytest.mark.anyio


class Shop:
    """Notes what is opened and closed."""

    def __init__(self):
        self.events = []
        self.lend = Lender(self.start).lend

    @asynccontextmanager
    async def start(self, key):
        self.events.append(f"open {key}")
        await anyio.sleep(0.01)
        if key == "broken":
            raise OSError(key)
        yield object()
        self.events.append(f"close {key}")


@pytest.fixture
def shop():
    return Shop()


async def test_who_needs_the_same_gets_the_same(shop):
    async with shop.lend("a") as one, shop.lend("a") as other:
        assert one is other
    assert shop.events == ["open a", "close a"]


async def test_it_stays_open_until_the_last_gives_it_back(shop):
    async with shop.lend("a"):
        async with shop.lend("a"), shop.lend("b"):
            pass
        assert shop.events == ["open a", "open b", "close b"]


async def test_borrowers_who_come_at_the_same_time_share(shop):
    async def borrow():
        async with shop.lend("a"):
            await anyio.sleep(0.02)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(borrow)
    assert shop.events == ["open a", "close a"]


async def test_a_cancelled_borrower_gives_it_back(shop):
    with anyio.move_on_after(0.03):
        async with shop.lend("a"):
            await anyio.sleep_forever()
    assert shop.events == ["open a", "close a"]


async def test_what_could_not_be_opened_is_tried_again(shop):
    for _ in range(2):
        with pytest.raises(OSError, match="broken"):
            async with shop.lend("broken"):
                pass
    assert shop.events == ["open broken", "open broken"]
