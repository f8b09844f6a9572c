"""Workers on a real outbox and a real endpoint that is slow, late, or not the endpoint at all."""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession, TCPConnector, web

from deskquorum.domain import Action
from deskquorum.executing import LedgerBook
from deskquorum.execution import CallablePort, HttpPort, OutboxWorker
from deskquorum.ledger import open_ledger, order_of
from deskquorum.ledger.outbox import State, enqueue, execution, forbid

pytestmark = pytest.mark.anyio

SECRET = "s"  # noqa: S105 - of a test
TIMEOUT_S, SETTLE_S, MARGIN_S = 0.15, 1.0, 0.2


class Endpoint:
    """Works for a while, has its effect, and answers after another while; it takes no key once."""

    def __init__(self):
        self.work_s = self.answer_s = 0.0
        self.effects, self.called_at, self.looked_at = Counter(), [], []
        self.page = None

    async def act(self, request):
        key = json.loads(await request.read())["key"]
        self.called_at.append(asyncio.get_running_loop().time())
        if self.page is not None:
            return web.Response(text=self.page, content_type="text/html")
        await asyncio.sleep(self.work_s)
        self.effects[key] += 1
        await asyncio.sleep(self.answer_s)
        return web.json_response({})

    async def tell(self, request):
        self.looked_at.append(asyncio.get_running_loop().time())
        key = request.match_info["key"]
        state, status = ("done", 200) if self.effects[key] else ("not-done", 404)
        return web.json_response({"key": key, "state": state}, status=status)


@pytest.fixture
async def endpoint():
    found = Endpoint()
    app = web.Application()
    app.router.add_post("/refunds", found.act)
    app.router.add_get("/refunds/{key}", found.tell)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/refunds"
    yield found
    await runner.cleanup()


class Desk:
    def __init__(self, ledger):
        self.ledger, self.handed = ledger, []
        self.order = self.ordered("t-1")

    def write(self, work, *args, **named):
        with self.ledger.database.transaction(writing=True) as tx:
            return work(tx, *args, **named)

    def ordered(self, conversation):
        refund = Action(name="issue_refund")
        order = self.write(order_of, conversation, refund, None, "d_1", "customer:1")
        self.write(enqueue, order)
        return order

    @property
    def row(self):
        return self.write(execution, self.order.key)

    def worker(self, port, **options):
        @asynccontextmanager
        async def ports():
            yield {"issue_refund": port}

        book = LedgerBook(
            database=self.ledger.database, hand_over=lambda *_: self.handed.append(_[1].key)
        )
        given = {"looks": 2, "backoff_s": 0.05}
        return OutboxWorker(options.pop("book", book), ports, **(given | options))

    @asynccontextmanager
    async def working(self, *workers):
        tasks = [asyncio.create_task(worker.run(every_s=0.02)) for worker in workers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, holds):
        async with asyncio.timeout(30):
            while not holds():  # noqa: ASYNC110 - rows tell nobody that they changed
                await asyncio.sleep(0.02)

    @property
    def is_settled(self):
        return self.row.state is State.DONE or self.row.handed_us is not None


class Clock:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    began = None

    def __call__(self):
        return self.now + (datetime.now(UTC) - self.began)


@pytest.fixture
def clock():
    clock = Clock()
    clock.began = datetime.now(UTC)
    return clock


@pytest.fixture
def desk(tmp_path, clock):
    ledger = open_ledger(tmp_path / "l", tenant="north", host_key=b"k" * 32, clock=clock)
    yield Desk(ledger)
    ledger.close()


@pytest.fixture
async def http_port(endpoint):
    # As the desk opens it: a connection that was kept may break just when it is used.
    async with ClientSession(connector=TCPConnector(force_close=True)) as session:

        def make(**changes):
            read = f"{endpoint.url}/{{key}}"
            given = {"timeout_s": TIMEOUT_S, "settle_s": SETTLE_S, "read": read}
            return HttpPort(session, url=endpoint.url, secret=SECRET, **(given | changes))

        yield make


@pytest.mark.parametrize("days", [0, 2, -2], ids=["clock-goes-on", "jumps-ahead", "is-set-back"])
async def test_an_effect_long_after_the_timeout_is_waited_for(
    desk, endpoint, http_port, clock, days
):
    endpoint.work_s = 0.7
    workers = [desk.worker(http_port(), margin_s=MARGIN_S) for _ in range(2)]
    async with desk.working(*workers):
        await desk.until(lambda: desk.row.state is State.UNKNOWN)
        clock.now += timedelta(days=days)
        await desk.until(lambda: desk.is_settled)
    assert (desk.row.state, desk.row.doubt, desk.handed) == (State.DONE, False, [])
    assert endpoint.effects == {desk.order.key: 1}
    assert endpoint.looked_at[0] - endpoint.called_at[0] >= TIMEOUT_S + SETTLE_S


async def test_a_wrong_read_address_repeats_nothing(desk, endpoint, http_port):
    endpoint.answer_s = 0.5
    port = http_port(read=f"{endpoint.url}/no/such/page/{{key}}", settle_s=0.1)
    async with desk.working(desk.worker(port, margin_s=MARGIN_S)):
        await desk.until(lambda: desk.is_settled)
    assert (desk.row.state, desk.row.error) == (State.UNKNOWN, "unreadable")
    assert len(desk.handed) == 1
    assert endpoint.effects == {desk.order.key: 1}


async def test_a_sign_in_page_in_the_endpoints_place_is_not_taken_for_done(
    desk, endpoint, http_port
):
    endpoint.page = "<h1>Please sign in</h1>"
    async with desk.working(desk.worker(http_port(settle_s=0.05), attempts=2, margin_s=1.0)):
        await desk.until(lambda: desk.is_settled)
    assert (desk.row.state, desk.row.doubt) == (State.UNKNOWN, True)
    assert (len(endpoint.called_at), len(desk.handed)) == (2, 1)


async def test_a_late_answer_counts_though_another_worker_has_the_look(
    desk, endpoint, http_port, clock
):
    endpoint.work_s, endpoint.answer_s = 0.2, 0.4
    port = http_port(timeout_s=5.0)
    async with desk.working(desk.worker(port)):
        await desk.until(lambda: desk.row.state is State.SENDING)
        clock.now += timedelta(hours=1)
        async with desk.working(desk.worker(port)):
            await desk.until(lambda: desk.row.state is State.UNKNOWN)
            await desk.until(lambda: desk.row.state is not State.UNKNOWN)
    assert (desk.row.state, desk.row.doubt, endpoint.looked_at) == (State.DONE, False, [])
    assert endpoint.effects == {desk.order.key: 1}


async def test_what_is_stopped_after_it_may_have_happened_is_not_called_undone(desk):
    effects = []

    async def act(call):
        effects.append(call.key)
        desk.ledger.stop("issue_refund", by="ops", why="wrong prices")
        raise RuntimeError

    async with desk.working(desk.worker(CallablePort(act, idempotent=True))):
        await desk.until(lambda: desk.is_settled)
    assert (desk.row.state, desk.row.error, desk.row.doubt) == (State.UNKNOWN, "stopped", True)
    assert not desk.write(forbid, desk.order)
    assert effects == [desk.order.key]


async def test_a_slow_call_keeps_no_other_waiting(desk):
    slow, ended = asyncio.Event(), []

    async def act(call):
        if call.key == desk.order.key:
            await slow.wait()
        ended.append(call.key)

    async with desk.working(desk.worker(CallablePort(act), at_once=2)):
        await desk.until(lambda: desk.row.state is State.SENDING)
        others = [desk.ordered(f"t-1-{n}") for n in range(5)]
        await desk.until(lambda: len(ended) == len(others))
        assert desk.row.state is State.SENDING
        slow.set()
        await desk.until(lambda: desk.is_settled)
    assert ended[-1] == desk.order.key


async def test_a_function_that_takes_too_long_leaves_it_open(desk):
    async def act(_):
        await asyncio.sleep(60)

    async with desk.working(desk.worker(CallablePort(act, timeout_s=0.05))):
        await desk.until(lambda: desk.is_settled)
    assert (desk.row.state, desk.row.error) == (State.UNKNOWN, "timeout")


async def test_a_worker_that_is_told_to_stop_gives_back_what_it_would_look_at(
    desk, endpoint, http_port
):
    endpoint.answer_s = 0.5
    first = desk.worker(http_port(settle_s=600.0))
    running = asyncio.create_task(first.run(every_s=0.02))
    await desk.until(lambda: desk.row.state is State.UNKNOWN)
    first.stop()
    await asyncio.wait_for(running, 10)
    async with desk.working(desk.worker(http_port(settle_s=0.1), margin_s=MARGIN_S)):
        await desk.until(lambda: desk.is_settled)
    assert desk.row.state is State.DONE
    assert endpoint.effects == {desk.order.key: 1}


async def test_what_could_not_be_sent_at_once_after_its_note_is_not_sent(desk):
    class Slow(LedgerBook):
        async def begin(self, task, *, lease_s):
            begun = await super().begin(task, lease_s=lease_s)
            await asyncio.sleep(2 * MARGIN_S)
            return begun

    sent = []

    async def act(call):
        sent.append(call)

    book = Slow(database=desk.ledger.database)
    await desk.worker(CallablePort(act), book=book, margin_s=MARGIN_S).run_once()
    assert (desk.row.state, desk.row.error, sent) == (State.READY, "late", [])
