from decimal import Decimal

import anyio
import pytest

from deskquorum.domain import Deadline
from deskquorum.llm import (
    ChatFailure,
    ChatMessage,
    ChatReply,
    ChatRequest,
    Endpoints,
    FailureKind,
    Spending,
)
from deskquorum.llm.breaker import BreakerState
from deskquorum.llm.endpoints import GuardedChat
from deskquorum.llm.notices import model_notices

pytestmark = pytest.mark.anyio

_URL = "http://models.example/v1"
_TIMEOUT_S = 10.0
_REQUEST = ChatRequest(
    model="m", messages=(ChatMessage(role="user", content="hello"),), max_tokens=1
)
_REPLY = ChatReply(text="A", model="m", cost=Decimal("0.5"))
_COUNTING = {"timeout", "unreachable", "rate-limited", "server-error", "garbage"}


class _Model:
    def __init__(self, outcome):
        self.outcome = outcome
        self.calls = 0

    async def complete(self, request, *, deadline):  # noqa: ARG002
        self.calls += 1
        return self.outcome


def _fails(kind, **more):
    return ChatFailure(kind=kind, **more)


def _guarded(chat, endpoint, most=4):
    return GuardedChat(chat, endpoint, timeout_s=_TIMEOUT_S, max_concurrency=most)


async def _ask(chat, times, seconds=60):
    return [await chat.complete(_REQUEST, deadline=Deadline.after(seconds)) for _ in range(times)]


@pytest.mark.parametrize("kind", list(FailureKind))
async def test_only_what_speaks_against_the_endpoint_opens_its_breaker(kind):
    endpoint, model = Endpoints().at(_URL), _Model(_fails(kind))
    with endpoint.used_at(4):
        await _ask(_guarded(model, endpoint), 20)
    opened = endpoint.breaker.state is BreakerState.OPEN
    assert opened is (kind in _COUNTING)
    assert model.calls == (5 if opened else 20)


async def test_an_open_breaker_answers_every_model_there_at_once():
    endpoints, other = Endpoints(), _Model(_REPLY)
    with endpoints.at(_URL).used_at(4):
        await _ask(_guarded(_Model(_fails(FailureKind.SERVER_ERROR)), endpoints.at(_URL)), 5)
        [outcome] = await _ask(_guarded(other, endpoints.at("HTTP://Models.example/v1/")), 1)
    assert (outcome.kind, other.calls) == (FailureKind.CIRCUIT_OPEN, 0)
    assert not outcome.kind.is_transient


async def test_a_callers_own_hurry_opens_no_breaker():
    endpoint, model = Endpoints().at(_URL), _Model(_fails(FailureKind.TIMEOUT))
    with endpoint.used_at(4):
        await _ask(_guarded(model, endpoint), 20, seconds=_TIMEOUT_S / 2 - 1)
        assert endpoint.breaker.state is BreakerState.CLOSED
        await _ask(_guarded(model, endpoint), 5, seconds=_TIMEOUT_S / 2 + 1)
        assert endpoint.breaker.state is BreakerState.OPEN


async def test_cancelled_calls_open_no_breaker_and_hold_no_place():
    class Hanging(_Model):
        async def complete(self, request, *, deadline):  # noqa: ARG002
            await anyio.sleep_forever()

    endpoint = Endpoints().at(_URL)
    with endpoint.used_at(4):
        for _ in range(20):
            with anyio.move_on_after(0):
                await _ask(_guarded(Hanging(None), endpoint), 1)
    state = endpoint.state
    assert (state.breaker, state.in_flight, state.waiting) == (BreakerState.CLOSED, 0, 0)


async def test_models_at_one_endpoint_share_the_largest_limit():
    endpoint, release, most = Endpoints().at(_URL), anyio.Event(), 0

    class Waiting(_Model):
        async def complete(self, request, *, deadline):  # noqa: ARG002
            nonlocal most
            most = max(most, endpoint.state.in_flight)
            await release.wait()
            return _REPLY

    with endpoint.used_at(2), endpoint.used_at(3):
        chats = [_guarded(Waiting(None), endpoint, 2), _guarded(Waiting(None), endpoint, 3)]
        async with anyio.create_task_group() as group:
            for chat in chats * 4:
                group.start_soon(_ask, chat, 1)
            await anyio.wait_all_tasks_blocked()
            # Two wait at their own model's limit, the others here.
            assert (endpoint.state.in_flight, most) == (3, 3)
            release.set()


async def test_what_can_be_told_of_an_endpoint_names_no_secret():
    endpoints = Endpoints()
    endpoint = endpoints.at("https://user:secret@models.example:8443/v1?key=secret")
    with endpoint.used_at(4):
        await _ask(_guarded(_Model(_REPLY), endpoint), 2)
        await _ask(_guarded(_Model(_fails(FailureKind.GARBAGE)), endpoint), 6)
        [state] = endpoints.states()
        notices = model_notices(endpoints, Spending())
    assert state.name == "https://models.example:8443/v1"
    assert state.calls == {"answered": 2, "garbage": 5, "circuit-open": 1}
    assert (state.cost, state.last_failure) == (1, FailureKind.GARBAGE)
    [notice] = notices
    assert notice == (
        "models at https://models.example:8443/v1 are left alone, their calls kept failing "
        "(garbage); tried again in 1 s"
    )


async def test_an_endpoint_that_nobody_uses_any_more_is_no_news():
    endpoints = Endpoints()
    with endpoints.at(_URL).used_at(1):
        await _ask(_guarded(_Model(_fails(FailureKind.GARBAGE)), endpoints.at(_URL)), 5)
    assert model_notices(endpoints, Spending()) == ()
