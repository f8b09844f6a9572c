"""A model's faults, over real HTTP: each a failure of its kind, each by the deadline."""

import socket
import time
from email.utils import formatdate

import pytest

from deskquorum.domain import Deadline
from deskquorum.llm import ChatMessage, ChatReply, ChatRequest, open_chat_model
from deskquorum.testing import (
    ScriptedModel,
    drop,
    empty_choices,
    garbage_json,
    half,
    hang,
    html,
    no_content,
    refusal,
    says,
    slow,
    status,
    truncated,
)

pytestmark = pytest.mark.anyio

_DEADLINE_S = 1.5
_GRACE_S = 0.5
_REQUEST = ChatRequest(
    model="m", messages=(ChatMessage(role="user", content="Anna Muster wrote"),), max_tokens=9
)


async def _outcome(script, *, deadline_s=_DEADLINE_S, timeout_s=0.8, tries=1):
    async with (
        ScriptedModel(script) as model,
        open_chat_model(model.base_url, timeout_s=timeout_s, tries=tries) as chat,
    ):
        started = time.monotonic()
        outcome = await chat.complete(_REQUEST, deadline=Deadline.after(deadline_s))
        elapsed = time.monotonic() - started
    return outcome, elapsed, len(model.requests)


@pytest.mark.parametrize(
    ("play", "kind", "detail"),
    [
        pytest.param(hang(), "timeout", "no answer in time", id="no-answer"),
        pytest.param(slow(1.2, says("A")), "timeout", "no answer in time", id="late-answer"),
        pytest.param(drop(), "unreachable", "ServerDisconnectedError", id="dropped-connection"),
        pytest.param(status(429), "rate-limited", "429 scripted", id="too-many-requests"),
        pytest.param(status(500), "server-error", "500 scripted", id="server-error"),
        pytest.param(status(503), "server-error", "503 scripted", id="overloaded"),
        pytest.param(status(401), "auth", "401 scripted", id="wrong-key"),
        pytest.param(status(400), "bad-request", "400 scripted", id="bad-request"),
        pytest.param(html(), "garbage", "json_invalid", id="proxy-page-with-status-200"),
        pytest.param(garbage_json(), "garbage", "json_invalid", id="half-a-json"),
        pytest.param(half(says("A")), "unreachable", "ContentLengthError", id="half-a-body"),
        pytest.param(
            says("A" * 6_000_000), "garbage", "BodyTooLongError", id="more-than-any-answer"
        ),
        pytest.param(truncated(), "truncated", "length", id="cut-off-answer"),
        pytest.param(refusal(), "refused", "stop", id="refusal"),
        pytest.param(no_content(), "empty", "stop", id="answer-without-words"),
        pytest.param(empty_choices(), "empty", "no choices", id="no-choices"),
    ],
)
async def test_each_fault_is_a_failure_of_its_kind(play, kind, detail):
    outcome, elapsed, _ = await _outcome([play])
    assert (outcome.kind, outcome.detail) == (kind, detail)
    assert elapsed <= _DEADLINE_S + _GRACE_S


async def test_a_redirect_is_not_followed_with_the_ticket():
    async with ScriptedModel([]) as elsewhere:
        away = slow(0.01, status(307))
        away.headers["Location"] = f"{elsewhere.base_url}/chat/completions"
        outcome, _, _ = await _outcome([away])
    assert outcome.kind == "bad-request"
    assert elsewhere.requests == []


async def test_a_port_where_nobody_listens_is_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        async with open_chat_model(url, tries=1) as chat:
            outcome = await chat.complete(_REQUEST, deadline=Deadline.after(_DEADLINE_S))
    assert outcome.kind == "unreachable"


@pytest.mark.parametrize(
    "play",
    [status(429), status(500), drop(), hang()],
    ids=["too-many-requests", "server-error", "dropped-connection", "no-answer"],
)
async def test_a_fault_that_passes_is_tried_again(play):
    outcome, _, asked = await _outcome([play, says("A")], deadline_s=5, tries=2)
    assert isinstance(outcome, ChatReply)
    assert asked == 2


@pytest.mark.parametrize(
    "play",
    [status(400), status(401), html(), garbage_json(), truncated(), refusal(), empty_choices()],
    ids=["bad-request", "wrong-key", "html", "half-a-body", "cut-off", "refusal", "no-choices"],
)
async def test_a_fault_that_stays_is_asked_once(play):
    _, _, asked = await _outcome([play], deadline_s=5, tries=3)
    assert asked == 1


def _in_2_seconds():
    return formatdate(time.time() + 2, usegmt=True)


@pytest.mark.parametrize(
    "retry_after",
    [pytest.param(lambda: "1", id="seconds"), pytest.param(_in_2_seconds, id="date")],
)
async def test_retry_after_is_honoured(retry_after):
    script = [status(429, retry_after=retry_after()), says("A")]
    outcome, elapsed, _ = await _outcome(script, deadline_s=6, tries=2)
    assert isinstance(outcome, ChatReply)
    assert elapsed >= 0.9


async def test_a_retry_after_beyond_the_deadline_is_not_waited_for():
    script = [status(429, retry_after=60)]
    outcome, elapsed, asked = await _outcome(script, tries=3)
    assert (outcome.kind, asked) == ("rate-limited", 1)
    assert elapsed < _DEADLINE_S


async def test_every_try_together_ends_by_the_deadline():
    script = [hang()] * 9
    outcome, elapsed, _ = await _outcome(script, timeout_s=0.4, tries=9)
    assert outcome.kind == "timeout"
    assert elapsed <= _DEADLINE_S + _GRACE_S


async def test_a_deadline_that_has_passed_sends_nothing():
    outcome, _, asked = await _outcome([], deadline_s=0)
    assert (outcome.kind, asked) == ("timeout", 0)


async def test_no_failure_tells_a_word_of_the_prompt():
    echoing = status(400, error="unexpected text 'Anna Muster wrote'")
    outcome, _, _ = await _outcome([echoing])
    assert "Anna" not in repr(outcome)


async def test_a_script_fails_when_it_is_asked_once_too_often():
    with pytest.raises(AssertionError, match="asked 2 times, expected 1"):
        await _outcome([status(500)], deadline_s=5, tries=2)
