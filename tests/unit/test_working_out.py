"""What is worked out takes turns, so that transactions and answers are not kept waiting."""

import threading
import time
from functools import partial

import anyio
import pytest

from deskquorum.gathering import in_thread


class Counted:
    """How many ran side by side, at most."""

    def __init__(self):
        self._lock = threading.Lock()
        self.running = self.most = 0

    def work(self):
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(0.02)
        with self._lock:
            self.running -= 1


async def side_by_side(call, times):
    async with anyio.create_task_group() as group:
        for _ in range(times):
            group.start_soon(in_thread, call)


@pytest.mark.anyio
async def test_four_are_worked_on_at_once_and_no_more():
    counted = Counted()
    await side_by_side(counted.work, 20)
    assert counted.most == 4


def test_each_event_loop_has_its_own_turns():
    counted = Counted()
    for _ in range(2):
        anyio.run(partial(side_by_side, counted.work, 8))
    assert counted.running == 0
