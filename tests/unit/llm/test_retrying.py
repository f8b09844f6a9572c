import time
from dataclasses import replace
from decimal import Decimal

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.domain import Deadline
from deskquorum.llm import (
    ChatFailure,
    ChatMessage,
    ChatReply,
    ChatRequest,
    FailureKind,
    RetryingChat,
)
from deskquorum.llm.retry_allowance import RetryAllowance
from deskquorum.pauses import Pauses

pytestmark = pytest.mark.anyio

_REQUEST = ChatRequest(
    model="m", messages=(ChatMessage(role="user", content="hello"),), max_tokens=1
)
_REPLY = ChatReply(text="A", model="m")


class _Outcomes:
    """A chat model that gives these outcomes, and notes when it was asked."""

    def __init__(self, *outcomes):
        self._outcomes = list(outcomes)
        self.asked_at = []

    async def complete(self, request, *, deadline):  # noqa: ARG002
        self.asked_at.append(time.monotonic())
        return self._outcomes.pop(0)


def _fails(kind=FailureKind.SERVER_ERROR, **more):
    return ChatFailure(kind=kind, **more)


def _retrying(chat, **more):
    return RetryingChat(chat, **{"first_pause_s": 0.01, "jitter": lambda: 1.0, **more})


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind.is_transient])
async def test_a_passing_fault_is_tried_again(kind):
    chat = _Outcomes(_fails(kind), _REPLY)
    outcome = await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(5))
    assert isinstance(outcome, ChatReply)


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if not kind.is_transient])
async def test_a_lasting_fault_is_asked_once(kind):
    chat = _Outcomes(_fails(kind), _REPLY)
    outcome = await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(5))
    assert outcome.kind is kind
    assert len(chat.asked_at) == 1


async def test_the_last_failure_is_given_when_the_tries_are_used_up():
    chat = _Outcomes(_fails(detail="500"), _fails(detail="502"), _fails(detail="503"), _REPLY)
    outcome = await _retrying(chat, tries=3).complete(_REQUEST, deadline=Deadline.after(5))
    assert outcome.detail == "503"


@pytest.mark.parametrize(
    ("tries", "jitter", "retry_after_s", "pause_s"),
    [
        pytest.param(1, 1.0, None, 0.2, id="first"),
        pytest.param(2, 1.0, None, 0.4, id="doubled"),
        pytest.param(3, 1.0, None, 0.5, id="capped"),
        pytest.param(2000, 1.0, None, 0.5, id="capped-after-very-many"),
        pytest.param(1, 0.0, None, 0.1, id="half-at-least"),
        pytest.param(1, 0.0, 3.0, 3.0, id="longer-because-asked"),
        pytest.param(3, 1.0, 0.1, 0.5, id="asked-for-less"),
    ],
)
async def test_pauses_double_up_to_a_limit(tries, jitter, retry_after_s, pause_s):
    pauses = Pauses(first_s=0.2, longest_s=0.5, jitter=lambda: jitter)
    assert pauses.after(tries, retry_after_s or 0.0) == pytest.approx(pause_s)


async def test_the_provider_may_ask_for_a_longer_pause():
    chat = _Outcomes(_fails(retry_after_s=0.2), _REPLY)
    await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(5))
    assert chat.asked_at[1] - chat.asked_at[0] >= 0.2


async def test_no_pause_is_begun_that_ends_after_the_deadline():
    chat = _Outcomes(_fails(retry_after_s=30.0), _REPLY)
    started = time.monotonic()
    outcome = await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(1))
    assert isinstance(outcome, ChatFailure)
    assert time.monotonic() - started < 0.2


async def test_no_try_is_begun_that_has_no_time_left():
    chat = _Outcomes(_fails(), _REPLY)
    retrying = _retrying(chat, first_pause_s=0.1, least_try_s=0.3)
    await retrying.complete(_REQUEST, deadline=Deadline.after(0.35))
    assert len(chat.asked_at) == 1


async def test_a_breaker_that_opens_in_between_hides_no_failure():
    chat = _Outcomes(_fails(), _fails(FailureKind.CIRCUIT_OPEN))
    outcome = await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(5))
    assert outcome.kind is FailureKind.SERVER_ERROR


async def test_the_cost_is_that_of_every_try():
    chat = _Outcomes(_fails(cost=Decimal(2)), replace(_REPLY, cost=Decimal(3)))
    outcome = await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(5))
    assert outcome.cost == 5


async def test_an_endpoint_that_keeps_failing_is_asked_a_fifth_more_and_no_storm_begins():
    allowance = RetryAllowance(share=0.2, most=10)
    chat = _Outcomes(*[_fails()] * 3000)
    for _ in range(1000):
        await _retrying(chat, tries=3, first_pause_s=0, allowance=allowance).complete(
            _REQUEST, deadline=Deadline.after(5)
        )
    assert len(chat.asked_at) <= 1000 + 200 + 10


@given(st.lists(st.booleans(), max_size=300))
def test_further_tries_never_pass_their_share(turns):
    allowance, earned, spent = RetryAllowance(share=0.25, most=4), 0, 0
    for spends in turns:
        if spends:
            spent += allowance.spend()
        else:
            allowance.earn()
            earned += 1
    assert spent <= 4 + earned / 4


async def test_latency_spans_every_try():
    chat = _Outcomes(_fails(retry_after_s=0.1), _REPLY)
    outcome = await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(5))
    assert outcome.latency_ms >= 100


async def test_cancelling_the_host_ends_a_pause():
    chat = _Outcomes(_fails(retry_after_s=5.0), _REPLY)
    with anyio.move_on_after(0.05) as scope:
        await _retrying(chat).complete(_REQUEST, deadline=Deadline.after(60))
    assert scope.cancelled_caught
