import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Deadline
from deskquorum.llm.places import Places

pytestmark = pytest.mark.anyio

_SOON, _LATER = 30.0, 60.0


async def _hold(places, name, seconds, served, release):
    async with places.take(Deadline.after(seconds)) as given:
        served.append(name if given else f"{name} got none")
        if given:
            await release.wait()


async def test_who_has_to_be_done_first_goes_first():
    places, served, release = Places(1), [], anyio.Event()
    async with anyio.create_task_group() as group:
        for name, seconds in (("first", _LATER), ("patient", _LATER), ("urgent", _SOON)):
            group.start_soon(_hold, places, name, seconds, served, release)
            await anyio.wait_all_tasks_blocked()
        assert (places.taken, places.waiting) == (1, 2)
        release.set()
    assert served == ["first", "urgent", "patient"]
    assert (places.taken, places.waiting) == (0, 0)


async def test_whoever_finds_none_by_the_deadline_goes_without():
    places, served, release = Places(1), [], anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(_hold, places, "first", _LATER, served, release)
        await anyio.wait_all_tasks_blocked()
        await _hold(places, "hurried", 0.02, served, release)
        release.set()
    assert served == ["first", "hurried got none"]
    assert (places.taken, places.waiting) == (0, 0)


async def test_a_deadline_that_has_passed_gets_none_though_one_is_free():
    async with Places(1).take(Deadline.after(0)) as given:
        assert not given


async def test_more_places_serve_those_who_wait():
    places, served, release = Places(0), [], anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(_hold, places, "a", _SOON, served, release)
        await anyio.wait_all_tasks_blocked()
        assert served == []
        places.resize(1)
        await anyio.wait_all_tasks_blocked()
        assert served == ["a"]
        release.set()


@pytest.mark.parametrize("served_first", [True, False], ids=["just-served", "still-waiting"])
async def test_a_cancelled_waiter_loses_no_place(served_first):
    places, served, release = Places(1), [], anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(_hold, places, "first", _LATER, served, release)
        await anyio.wait_all_tasks_blocked()
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as inner:
                inner.start_soon(_hold, places, "cancelled", _SOON, served, release)
                await anyio.wait_all_tasks_blocked()
                if served_first:
                    places.resize(2)
                scope.cancel()
        assert (places.taken, places.waiting) == (1, 0)
        release.set()


@given(
    limit=st.integers(1, 4),
    holds=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=12),
)
async def test_never_more_at_once_than_the_limit_and_everybody_is_served(limit, holds):
    places, most, served = Places(limit), 0, 0

    async def one(steps, seconds):
        nonlocal most, served
        async with places.take(Deadline.after(30 + seconds)) as given:
            assert given
            most = max(most, places.taken)
            for _ in range(steps):
                await anyio.lowlevel.checkpoint()
            served += 1

    async with anyio.create_task_group() as group:
        for steps, seconds in holds:
            group.start_soon(one, steps, seconds)
    assert most <= limit
    assert (served, places.taken, places.waiting) == (len(holds), 0, 0)
