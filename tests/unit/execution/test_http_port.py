import asyncio
import json
import socket
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession, web

from deskquorum.execution import Call, Done, HttpPort, Refused, Seen, TryAgain, Unknown
from deskquorum.signatures import SCHEMES, check_signature

pytestmark = pytest.mark.anyio

SECRET = "s3cret"  # noqa: S105 - of a test

CALL = Call(
    key="k1", conversation="t-1", action="issue_refund", args={"amount": "24.00"}, decision="d_1"
)
UNDO = Call(key="k1:undo", conversation="t-1", action="a", args={}, decision="d", compensates="k1")

WAIT = {"Retry-After": "7"}


class Endpoint:
    """Answers every request with what the test says."""

    def __init__(self):
        self.answer = web.Response
        self.requests = []

    async def serve(self, request):
        self.requests.append((request, await request.read()))
        response = self.answer()
        return await response if asyncio.iscoroutine(response) else response


@pytest.fixture
async def endpoint():
    found = Endpoint()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", found.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def port(endpoint):
    async with ClientSession() as session:
        yield HttpPort(
            session,
            url=f"{endpoint.url}/do",
            read=f"{endpoint.url}/look/{{key}}",
            undo=f"{endpoint.url}/undo",
            secret=SECRET,
            timeout_s=0.3,
            settle_s=0.0,
        )


async def test_a_call_is_told_and_signed(endpoint, port):
    endpoint.answer = lambda: web.json_response({"refund": "r-1"})
    assert await port.execute(CALL) == Done(result='{"refund": "r-1"}')
    [(request, body)] = endpoint.requests
    assert json.loads(body) == {
        "key": "k1",
        "conversation": "t-1",
        "action": "issue_refund",
        "args": {"amount": "24.00"},
        "decision": "d_1",
    }
    assert request.headers["Idempotency-Key"] == "k1"
    now = datetime.now(UTC)
    signed = check_signature(SCHEMES["generic"], SECRET, request.headers, body, now=now)
    assert signed == "k1"


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {}, Done()),
        (204, {}, Done()),
        (202, {}, Unknown(why="http-202")),
        (302, {"Location": "http://localhost/"}, Refused(why="http-302")),
        (400, {}, Refused(why="http-400")),
        (409, {}, Unknown(why="http-409")),
        (408, {}, Unknown(why="http-408")),
        (425, {}, Unknown(why="http-425")),
        (429, {}, Unknown(why="http-429")),
        (429, {"Retry-After": "7"}, TryAgain(why="http-429", after_s=7)),
        (429, {"Retry-After": "7200"}, TryAgain(why="http-429", after_s=7200)),
        (429, {"Retry-After": "soon"}, Unknown(why="http-429")),
        (503, {"Retry-After": "7"}, Unknown(why="http-503")),
        (503, {}, Unknown(why="http-503")),
        (500, {"Retry-After": "7"}, Unknown(why="http-500")),
    ],
)
async def test_an_answer_says_what_is_known(endpoint, port, status, headers, outcome):
    endpoint.answer = lambda: web.Response(status=status, headers=headers)
    assert await port.execute(CALL) == outcome
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("body", "headers", "outcome"),
    [
        ('{"key": "k1", "state": "not-done"}', WAIT, TryAgain(why="http-503", after_s=7)),
        ('{"key": "k1", "state": "not-done"}', {}, Unknown(why="http-503")),
        ('{"key": "k2", "state": "not-done"}', WAIT, Unknown(why="http-503")),
        ('{"key": "k1", "state": "working"}', WAIT, Unknown(why="http-503")),
        ('{"key": "k1", "state": "done"}', WAIT, Unknown(why="http-503")),
        ("<h1>Maintenance</h1>", WAIT, Unknown(why="http-503")),
        ("[" * 60_000, WAIT, Unknown(why="http-503")),
    ],
)
async def test_a_proxys_busy_page_does_not_say_that_nothing_happened(
    endpoint, port, body, headers, outcome
):
    endpoint.answer = lambda: web.Response(status=503, headers=headers, text=body)
    assert await port.execute(CALL) == outcome


async def test_no_answer_leaves_it_open(endpoint, port):
    async def never():
        await asyncio.sleep(1)
        return web.Response()

    endpoint.answer = never
    assert await port.execute(CALL) == Unknown(why="timeout")
    assert await port.look(CALL) is Seen.UNREADABLE


async def test_a_connection_that_breaks_leaves_it_open(endpoint, port):
    def drop():
        endpoint.requests[-1][0].transport.abort()
        return web.Response()

    endpoint.answer = drop
    assert isinstance(await port.execute(CALL), Unknown)
    assert len(endpoint.requests) == 1


async def test_no_connection_means_that_nothing_happened():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with ClientSession() as session:
            port = HttpPort(session, url=url, secret=SECRET, timeout_s=1)
            assert await port.execute(CALL) == TryAgain(why="no-connection")
            assert await port.execute(UNDO) == Refused(why="no-undo")
            assert await port.look(CALL) is Seen.UNREADABLE


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>Please sign in", "no-json"),
        (b"\xff", "broke-UnicodeDecodeError"),
        (b" " * 200_000, "broke-ValueError"),
        (b'{"key": "k1", "state": "working"}', "working"),
        (b'{"key": "k1", "state": "not-done"}', "not-done"),
    ],
)
async def test_an_answer_that_is_not_the_endpoints_does_not_say_done(endpoint, port, body, why):
    endpoint.answer = lambda: web.Response(body=body)
    assert await port.execute(CALL) == Unknown(why=why)


@pytest.mark.parametrize(
    ("status", "body", "seen"),
    [
        (200, '{"key": "k1", "state": "done"}', Seen.DONE),
        (200, '{"key": "k1", "state": "not-done"}', Seen.NOT_DONE),
        (404, '{"key": "k1", "state": "not-done"}', Seen.NOT_DONE),
        (200, '{"key": "k1", "state": "working"}', Seen.WORKING),
        (200, '{"key": "k2", "state": "done"}', Seen.UNREADABLE),
        (200, '{"state": "done"}', Seen.UNREADABLE),
        (404, '{"state": "not-done"}', Seen.UNREADABLE),
        (404, "", Seen.UNREADABLE),
        (404, "<h1>no such page</h1>", Seen.UNREADABLE),
        (200, '{"key": "k1", "state": "Done"}', Seen.UNREADABLE),
        (200, '{"key": "k1", "state": ["done"]}', Seen.UNREADABLE),
        (200, "[]", Seen.UNREADABLE),
        (200, "[" * 60_000, Seen.UNREADABLE),
        (500, '{"key": "k1", "state": "done"}', Seen.UNREADABLE),
    ],
)
async def test_a_read_tells_what_became_of_a_call(endpoint, port, status, body, seen):
    endpoint.answer = lambda: web.Response(status=status, text=body)
    assert await port.look(CALL) is seen
    assert endpoint.requests[0][0].path == "/look/k1"


async def test_an_undo_goes_to_its_own_address(endpoint, port):
    assert await port.execute(UNDO) == Done()
    [(request, body)] = endpoint.requests
    assert request.path == "/undo"
    assert json.loads(body)["compensates"] == "k1"
