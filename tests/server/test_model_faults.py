"""The model server is slow, down, flapping, lying or halves its answers, and everybody is answered.

Each fault lasts as long as `DESKQUORUM_FAULT_S` says, at most (1 second; the long form is 10).
"""

import asyncio
import os
import time
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
from tests.flows.test_model_outages import Changing, write_desk
from tests.server.conftest import UNLIMITED
from tests.server.crowd import Crowd
from tests.server.replicas import Replicas

from deskquorum.testing import ScriptedModel, half, hang, html, letters, slow, status

pytestmark = pytest.mark.anyio

FAULT_S = float(os.environ.get("DESKQUORUM_FAULT_S", "1"))
AGAIN_S = 30
BOTS = 4
TICKET = {
    "messages": [
        {"role": "customer", "text": "Thanks for your help!", "at": "2026-11-12T18:41:00Z"}
    ],
    "requester": {"customer_id": "c-1"},
    "language": "en",
    "proposal": {"action": {"name": "close_ticket", "args": {}}},
}
YES = letters({"A": 0.9, "B": 0.1})
FAULTS = {
    "hangs": hang(),
    "slow": slow(2, YES),
    "refuses service": status(503, retry_after=1),
    "halves its answers": half(YES),
    "is a proxy's page": html(),
    "lies": letters({"B": 0.9, "A": 0.1}),
}


class Flapping:
    """Answers every other time."""

    def __init__(self):
        self._count = 0

    def __call__(self, _body):
        self._count += 1
        return YES if self._count % 2 else status(500)


async def test_each_fault_of_the_model_server_gives_tickets_to_a_person_and_passes(place):
    script = Changing(YES)
    async with AsyncExitStack() as up:
        model = await up.enter_async_context(ScriptedModel(script))
        place.folder = _desk(place.folder.with_name("small"), model.base_url)
        _, key = place.key("bot")
        async with Replicas(place, count=1, models=True) as replicas:
            crowd = Crowd(replicas, key, TICKET, deadline_s=1.5)
            async with crowd.asking(BOTS):
                for play in FAULTS.values():
                    await crowd.until("auto", seconds=AGAIN_S)
                    script.play = play
                    await _fault(crowd)
                    script.play = YES
                await crowd.until("auto", seconds=AGAIN_S)
                await up.aclose()
                await _fault(crowd)
                async with ScriptedModel(Flapping(), port=urlsplit(model.base_url).port):
                    await crowd.until("auto", seconds=AGAIN_S)
                    await asyncio.sleep(FAULT_S)
    print(crowd.told())  # noqa: T201 - what the long form shows
    assert not crowd.failed()
    assert not crowd.late()


def _desk(folder, url):
    """It closes a ticket only where its model and its words agree."""
    write_desk(folder, {"main": url})
    with (folder / "policies" / "desk.yaml").open("a", encoding="utf-8") as desk:
        desk.write(UNLIMITED)
    return folder


async def _fault(crowd):
    """It lasts; what was asked and answered in it is a person's."""
    began = time.monotonic()
    await asyncio.sleep(FAULT_S)
    during = crowd.between(began, time.monotonic()) or [await crowd.ask()]
    assert {said.route for said in during} == {"human"}
