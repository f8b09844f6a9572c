"""The clock of the machine jumps by days: leases, keys, tokens and due times go on making sense."""

import asyncio
import json

import aiohttp
import pytest
from tests.server.served import AGAIN_S, served

from deskquorum.ledger.intake import Draft, accept, find

pytestmark = pytest.mark.anyio

DAYS_S = 3 * 86_400


async def test_the_clock_jumps_forward_and_back_by_days(place, tickets):
    _, agent = place.key("agent")
    async with (
        served(place, tickets) as (crowd, _, replicas),
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {agent}"}) as session,
    ):
        url = replicas.running[0].url
        token = await _token(session, url, "t-1")
        assert await _follows(url, token, "t-1")
        waiting = await _item(session, url, crowd)
        first = crowd.said[0]

        replicas.clock_is_wrong_by(DAYS_S)
        await crowd.until("auto", seconds=AGAIN_S)
        assert not await _follows(url, token, "t-1")
        assert (await crowd.again(first)) == first.body
        await _until(lambda: _alarms(place, waiting), 1)

        # Leases of what is in work seem to be over; still nobody is told one thing while another is
        # done.
        for minutes in range(1, 9):
            replicas.clock_is_wrong_by(DAYS_S + 60 * minutes)
            await asyncio.sleep(0.2)

        # Back to before: what was left by who crashed meanwhile is taken up.
        replicas.clock_is_wrong_by(-DAYS_S)
        left = await asyncio.to_thread(place.write, lambda tx: _left(tx, tickets[0]))
        await crowd.until("auto", seconds=AGAIN_S)
        assert await _follows(url, token, "t-1")
        assert (await crowd.again(first)) == first.body
        await _until(lambda: _decided(place, left), True)  # noqa: FBT003 - what is waited for

        replicas.clock_is_wrong_by(0)
        await crowd.until("auto", seconds=AGAIN_S)
        assert _alarms(place, waiting) == 1
        # Nobody is slowed down by a clock.
        assert not crowd.failed()


async def _token(session, url, conversation):
    body = {"agent": "kim", "conversation": conversation, "lasts_s": 600}
    async with session.post(f"{url}/v1/frame-tokens", json=body) as made:
        assert made.status == 201, await made.text()
        return (await made.json())["token"]


async def _follows(url, token, conversation):
    """Whether a page may follow with the token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as page,
        page.get(f"{url}/v1/assist/{conversation}") as answer,
    ):
        assert answer.status in {200, 401}
        return answer.status == 200


async def _item(session, url, crowd):
    """Something that waits for a person."""
    await crowd.ask(messages=[{"role": "customer", "text": "Hm?", "at": "2026-11-12T18:41:00Z"}])
    async with session.get(f"{url}/v1/reviews") as page:
        return (await page.json())["items"][0]["id"]


def _left(tx, ticket):
    """A ticket that a process of the right time began, and left lying."""
    draft = Draft(conversation="left", subject="s", request=json.dumps(ticket), source="wait")
    return accept(tx, draft, owner="crashed", lease_s=20.0).id


def _decided(place, identity):
    return place.write(lambda tx: find(tx, identity)).decision is not None


def _alarms(place, item):
    def count(tx):
        said = "SELECT count(*) FROM events WHERE kind = 'review-overdue' AND ref = '%s'"
        return tx.connection.exec_driver_sql(said % item).scalar_one()

    return place.write(count)


async def _until(look, wanted):
    for _ in range(150):
        if (found := await asyncio.to_thread(look)) == wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(found)
