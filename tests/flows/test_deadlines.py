"""Every ticket is answered by its deadline, whatever the ledger is doing; the record agrees."""

import sqlite3
import time
from dataclasses import replace

import anyio
import pytest

from deskquorum import Desk, Route, load_desk
from deskquorum.assembly import load_parts
from deskquorum.desk_files import DeskFiles
from deskquorum.judgement import judge
from deskquorum.ledger import Ledger

pytestmark = pytest.mark.anyio

DEADLINE_S = 1.0
LATE_S = DEADLINE_S + 0.1


class Slow(Ledger):
    """A ledger whose first append is committed at once and acknowledged late."""

    slow_s = 1.5

    def append(self, decision, evidence, **more):
        entry = super().append(decision, evidence, **more)
        took, self.slow_s = self.slow_s, 0.0
        time.sleep(took)
        return entry


@pytest.fixture
def place(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def slow(folder, place):
    """A desk on a slow ledger."""

    def load(*arguments):
        parts = load_parts(folder, *arguments, models=False, ledger=place)
        return replace(parts, ledger=Slow(parts.ledger.database))

    return Desk(DeskFiles(folder=folder, load=load))


async def timed(desk, ticket):
    started = time.monotonic()
    decision = await desk.decide(ticket, deadline_s=DEADLINE_S)
    return decision, time.monotonic() - started


async def eventually(recorded, *, entries):
    """The decisions in a ledger, once there are so many."""
    with anyio.fail_after(10):
        while len(found := list(recorded.entries())) < entries:  # noqa: ASYNC110 - a thread writes
            await anyio.sleep(0.02)
    return found


async def test_what_the_ledger_takes_too_long_for_is_a_persons_and_is_not_recorded(
    folder, place, ticket
):
    async with load_desk(folder, models=False, ledger=place) as desk:
        assert (await desk.decide(ticket("plain-01"))).route is Route.AUTO
        holder = sqlite3.connect(place, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        decision, took = await timed(desk, ticket("plain-01"))
        holder.execute("ROLLBACK")
        holder.close()
        assert (decision.route, decision.reasons[0].code) == (Route.HUMAN, "no-record")
        assert took < LATE_S
        after = await desk.decide(ticket("plain-01"))
        assert [e.decision.id for e in desk.ledger.entries()][1:] == [after.id]


async def test_a_decision_committed_too_late_is_taken_back_in_the_record(slow, ticket):
    async with slow as desk:
        decision, took = await timed(desk, ticket("plain-01"))
        assert (decision.route, decision.reasons[0].code) == (Route.HUMAN, "no-record")
        assert took < LATE_S
        late, behind = await eventually(desk.ledger, entries=2)
        assert (late.decision.id, late.decision.route) == (decision.id, Route.AUTO)
        assert behind.decision.route is Route.HUMAN
        assert behind.decision.action is None
        assert behind.decision.reasons[-1].code == "unanswered"
        assert behind.decision.reasons[-1].params == {"decision": decision.id}
        assert desk.ledger.latest("plain-01").decision.id == behind.decision.id


async def test_what_was_taken_back_replays_to_the_same(slow, ticket):
    async with slow as desk:
        await timed(desk, ticket("plain-01"))
        _, behind = await eventually(desk.ledger, entries=2)
        again = judge(
            behind.evidence,
            desk.parts.rules,
            decision_id=behind.decision.id,
            now=behind.decision.decided_at,
        )
        assert again == behind.decision


async def test_many_tickets_at_once_are_all_answered_in_time(folder, place, ticket):
    async with load_desk(folder, models=False, ledger=place) as desk:
        await desk.decide(ticket("plain-01"))
        holder = sqlite3.connect(place, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answered = []

        async def one(number):
            decision, took = await timed(desk, replace(ticket("plain-01"), id=f"t-{number}"))
            answered.append((decision.route, took < LATE_S + 0.2))

        async with anyio.create_task_group() as group:
            for number in range(60):
                group.start_soon(one, number)
        holder.execute("ROLLBACK")
        holder.close()
        assert answered == [(Route.HUMAN, True)] * 60
