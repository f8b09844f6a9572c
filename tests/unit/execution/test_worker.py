"""What a worker makes of each outcome, on a real outbox with a clock that the test sets."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.domain import Action
from deskquorum.executing import LedgerBook, NotUndoneError, compensate
from deskquorum.execution import (
    Call,
    CallablePort,
    Done,
    OutboxWorker,
    Refused,
    RefusedError,
    Seen,
    TryAgain,
    Unknown,
)
from deskquorum.ledger import open_ledger, order_of
from deskquorum.ledger.outbox import State, enqueue, execution, forbid, order_in, result_of

pytestmark = pytest.mark.anyio


class Clock:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self):
        return self.now


class Port:
    """Plays outcomes and reads, and remembers its calls."""

    timeout_s = 0.05
    settle_s = 0.0
    can_undo = True

    def __init__(self, *outcomes, seen=(), idempotent=False):
        self.outcomes, self.seen, self.calls = list(outcomes), list(seen), []
        self.idempotent, self.can_look = idempotent, bool(seen)

    async def execute(self, call):
        self.calls.append(call)
        return self.outcomes.pop(0)

    async def look(self, _):
        return self.seen.pop(0)


class Story:
    def __init__(self, ledger, clock):
        self.ledger, self.clock, self.handed = ledger, clock, []
        refund = Action(name="refund", args={"amount": "24.00"})
        self.order = self.write(order_of, "t-1", refund, None, "d_1", "customer:1")
        self.write(enqueue, self.order)

    def write(self, work, *args):
        with self.ledger.database.transaction(writing=True) as tx:
            return work(tx, *args)

    async def work(self, port, rounds=30):
        @asynccontextmanager
        async def ports():
            yield {} if port is None else {"refund": port}

        def hand_over(_, order, why):
            self.handed.append((order, why))

        book = LedgerBook(database=self.ledger.database, hand_over=hand_over)
        # Looks wait for that long; an attempt is lost where a slow machine needs longer.
        margin_s = 0.2 if port is not None and port.can_look else 5.0
        worker = OutboxWorker(book, ports, attempts=3, looks=3, margin_s=margin_s)
        for _ in range(rounds):
            await worker.run_once()
            self.clock.now += timedelta(seconds=20)
        return self.write(execution, self.order.key)


@pytest.fixture
def story(tmp_path):
    clock = Clock()
    ledger = open_ledger(tmp_path / "l", tenant="north", host_key=b"k" * 32, clock=clock)
    yield Story(ledger, clock)
    ledger.close()


async def test_done_is_done_once_with_its_result(story):
    port = Port(Done(result='{"id": 1}'))
    assert (await story.work(port)).state is State.DONE
    assert len(port.calls) == 1
    assert port.calls[0].args == {"amount": "24.00"}
    assert story.write(result_of, story.order.key) == '{"id": 1}'
    assert story.handed == []


@pytest.mark.parametrize(
    ("port", "state", "why", "calls"),
    [
        (Port(Refused(why="http-400")), State.FAILED, "http-400", 1),
        (Port(*[TryAgain(why="no-connection")] * 3), State.FAILED, "no-connection", 3),
        (Port(TryAgain(why="http-429", after_s=901)), State.FAILED, "http-429", 1),
        (Port(Unknown(why="timeout")), State.UNKNOWN, "timeout", 1),
        (Port(Unknown(why="timeout"), seen=[Seen.WORKING] * 3), State.UNKNOWN, "working", 1),
        (Port(*[Unknown(why="timeout")] * 3, idempotent=True), State.UNKNOWN, "timeout", 3),
        (Port(), State.UNKNOWN, "raised-IndexError", 1),
        (None, State.FAILED, "no-port", 0),
    ],
)
async def test_a_person_takes_what_is_not_done(story, port, state, why, calls):
    row = await story.work(port)
    assert (row.state, row.error) == (state, why)
    assert row.handed_us is not None
    assert story.handed == [(story.order, why)]
    assert port is None or len(port.calls) == calls


@pytest.mark.parametrize(
    ("port", "calls"),
    [
        (Port(TryAgain(why="http-429", after_s=60), Done()), 2),
        (Port(Unknown(why="timeout"), seen=[Seen.UNREADABLE, Seen.DONE]), 1),
        (Port(Unknown(why="timeout"), Done(), seen=[Seen.NOT_DONE]), 2),
        (Port(Unknown(why="timeout"), Done(), idempotent=True), 2),
    ],
)
async def test_what_went_wrong_is_done_in_the_end(story, port, calls):
    assert (await story.work(port)).state is State.DONE
    assert (len(port.calls), story.handed) == (calls, [])


async def test_what_is_stopped_before_it_is_sent_goes_to_a_person(story):
    story.ledger.stop("refund", by="ops", why="wrong prices")
    port = Port(Done())
    assert (await story.work(port)).error == "stopped"
    assert (port.calls, [why for _, why in story.handed]) == ([], ["stopped"])


async def test_what_may_have_happened_and_waits_can_be_cancelled_but_not_forbidden(story):
    await story.work(Port(Unknown(why="timeout"), idempotent=True), rounds=1)
    assert not story.write(forbid, story.order)
    port = Port(Done(), idempotent=True)
    assert (await story.work(port)).state is State.CANCELLED
    assert port.calls == []


async def test_an_undo_is_ordered_once_and_recorded(story):
    with pytest.raises(NotUndoneError, match="only what is done"):
        compensate(story.ledger.database, story.order.key, by="mia", why="wrong order")
    await story.work(Port(Done()))
    undo = compensate(story.ledger.database, story.order.key, by="mia", why="wrong order")
    with pytest.raises(NotUndoneError, match="ordered already"):
        compensate(story.ledger.database, story.order.key, by="mia", why="again")
    with pytest.raises(NotUndoneError, match="no order"):
        compensate(story.ledger.database, "nothing", by="mia", why="again")
    port = Port(Done())
    await story.work(port)
    assert [call.compensates for call in port.calls] == [story.order.key]
    assert story.write(order_in, undo.key).why == "wrong order"
    with pytest.raises(NotUndoneError, match="undoes another"):
        compensate(story.ledger.database, undo.key, by="mia", why="again")


async def test_a_function_that_raises_anything_else_leaves_it_open(story):
    async def fall(_):
        raise ValueError

    row = await story.work(CallablePort(fall))
    assert (row.state, row.error) == (State.UNKNOWN, "raised-ValueError")
    assert len(story.handed) == 1


async def test_a_function_may_refuse_and_what_it_returns_is_kept():
    async def refuse(_):
        raise RefusedError

    async def act(_):
        return {"id": 1}

    call = Call(key="k", conversation="t-1", action="refund", args={}, decision="d_1")
    assert await CallablePort(refuse).execute(call) == Refused(why="refused")
    assert await CallablePort(act).execute(call) == Done(result='{"id": 1}')
