"""Calls are tried again only where that is safe, wait as asked, and end in time."""

import time

import httpx
import pytest

from deskquorum.adapters.api import Api, Pace
from deskquorum.adapters.helpdesk import HelpdeskError
from deskquorum.pauses import Pauses

pytestmark = pytest.mark.anyio

QUICK = Pauses(first_s=0.01, longest_s=0.02, jitter=lambda: 1.0)
BUSY = {"status": 429, "headers": {"Retry-After": "0.3"}}
FINE = {"record": {"fine": 1.5}}


def api(client, **options):
    options = {"pace": Pace(per_minute=600_000), "pauses": QUICK, **options}
    return Api(client, **options)


@pytest.fixture
def calling(shop):
    async def run(work, *turns, **options):
        async with (
            shop(*turns) as running,
            httpx.AsyncClient(base_url=running.url, timeout=0.3) as client,
        ):
            try:
                return await work(api(client, **options)), len(running.paths)
            except HelpdeskError as exc:
                return exc, len(running.paths)

    return run


async def test_a_number_with_a_fraction_is_no_float(calling):
    assert await calling(lambda a: a.get("/x"), FINE) == ({"fine": "1.5"}, 1)


@pytest.mark.parametrize("verb", ["get", "put", "once"])
async def test_what_was_not_taken_is_sent_again_after_the_pause_asked_for(calling, verb):
    began = time.monotonic()
    body = () if verb == "get" else ({"a": 1},)
    said, calls = await calling(lambda a: getattr(a, verb)("/x", *body), BUSY, BUSY, FINE)
    assert (said, calls) == ({"fine": "1.5"}, 3)
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize(
    "turn", [{"status": 500}, {"status": 504}, {"drops": True}, {"delay_s": 2}]
)
async def test_what_may_have_happened_is_repeated_only_where_a_second_time_changes_nothing(
    calling, turn
):
    said, calls = await calling(lambda a: a.put("/x", {}), turn, FINE)
    assert (said, calls) == ({"fine": "1.5"}, 2)
    said, calls = await calling(lambda a: a.once("/x", {}), turn, FINE)
    assert calls == 1
    assert said.maybe


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 422])
async def test_a_refusal_is_final(calling, status):
    turn = {"status": status, "headers": {"Location": "/elsewhere"}}
    said, calls = await calling(lambda a: a.get("/x"), turn)
    assert calls == 1
    assert (said.maybe, said.after_s) == (False, None)


async def test_a_pause_longer_than_the_time_left_is_told_and_not_waited_for(calling):
    began = time.monotonic()
    turn = {"status": 503, "headers": {"Retry-After": "120"}}
    said, calls = await calling(lambda a: a.get("/x"), turn, total_s=5.0)
    assert (calls, said.maybe, said.after_s) == (1, False, 120.0)
    assert time.monotonic() - began < 3


async def test_tries_come_to_an_end(calling):
    said, calls = await calling(lambda a: a.get("/x"), *[{"status": 500}] * 9)
    assert (calls, said.why) == (4, "http-500")


async def test_what_is_no_json_is_a_failure(calling):
    said, calls = await calling(lambda a: a.once("/x", {}), {"body": b"<html>"})
    assert (calls, said.why, said.maybe) == (1, "no-json", True)


async def test_nobody_listening_is_surely_not_done(shop):
    async with shop() as gone:
        url = gone.url
    async with httpx.AsyncClient(base_url=url) as client:
        with pytest.raises(HelpdeskError) as told:
            await api(client).once("/x", {})
    assert (told.value.why, told.value.maybe) == ("no-connection", False)


async def test_whoever_would_wait_too_long_for_a_turn_is_told_when_to_come_back():
    pace = Pace(per_minute=1.0)
    await pace.turn()
    for _ in range(2):
        with pytest.raises(HelpdeskError) as told:
            await pace.turn()
        assert not told.value.maybe
        assert 50 < told.value.after_s <= 60


async def test_calls_are_spread(calling):
    began = time.monotonic()

    async def thrice(a):
        for _ in range(3):
            await a.get("/x")

    await calling(thrice, FINE, FINE, FINE, pace=Pace(per_minute=300))
    assert time.monotonic() - began >= 0.4
