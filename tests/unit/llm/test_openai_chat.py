import json
import time

import anyio
import pytest

from deskquorum.domain import Deadline
from deskquorum.llm import ChatFailure, ChatMessage, ChatReply, ChatRequest, open_chat_model
from deskquorum.testing import ScriptedModel, letters, says, slow, together

pytestmark = pytest.mark.anyio

_MESSAGES = (
    ChatMessage(role="system", content="Sort it."),
    ChatMessage(role="user", content="Grüße ⟦PERSON_1·k7⟧"),
)


def _request(**more):
    return ChatRequest(**{"model": "m", "messages": _MESSAGES, "max_tokens": 5, **more})


async def _ask(script, request, **options):
    async with (
        ScriptedModel(script) as model,
        open_chat_model(model.base_url, **options) as chat,
    ):
        outcome = await chat.complete(request, deadline=Deadline.after(5))
    return outcome, model


async def test_a_plain_request_goes_over_the_wire_as_asked():
    _, model = await _ask([says("hello")], _request(), api_key="k-1")
    assert model.bodies == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Sort it."},
                {"role": "user", "content": "Grüße ⟦PERSON_1·k7⟧"},
            ],
            "max_tokens": 5,
            "temperature": 0.0,
        }
    ]
    assert model.headers[0]["authorization"] == "Bearer k-1"


async def test_logprobs_are_asked_for_and_read():
    request = _request(max_tokens=1, top_logprobs=20)
    reply, model = await _ask([letters({"B": 0.75, " A": 0.25})], request)
    assert {"logprobs": True, "top_logprobs": 20}.items() <= model.bodies[0].items()
    assert reply.first_token_logprobs == pytest.approx({"B": -0.2877, " A": -1.3863}, abs=1e-3)


async def test_a_schema_is_asked_for_strictly():
    schema = {"type": "object", "properties": {}}
    _, model = await _ask([says("{}")], _request(json_schema=schema))
    answer = {"name": "answer", "strict": True, "schema": schema}
    assert model.bodies[0]["response_format"] == {"type": "json_schema", "json_schema": answer}


async def test_nothing_but_what_was_given_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "env-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "env-org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "env-project")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    outcome, model = await _ask([says("hello")], _request())
    assert isinstance(outcome, ChatReply)
    assert "env-" not in json.dumps(model.headers[0])


async def test_calls_beyond_the_limit_wait_for_a_place():
    script = [slow(0.05, says("hello")) for _ in range(9)]
    async with (
        ScriptedModel(script) as model,
        open_chat_model(model.base_url, max_concurrency=3) as chat,
    ):
        replies = await _ask_many(chat, 9, Deadline.after(5))
    assert all(isinstance(reply, ChatReply) for reply in replies)
    assert model.most_in_flight == 3


async def test_whoever_finds_no_place_by_the_deadline_has_timed_out():
    script = [slow(0.6, says("hello"))]
    async with (
        ScriptedModel(script) as model,
        open_chat_model(model.base_url, max_concurrency=1) as chat,
        anyio.create_task_group() as group,
    ):
        group.start_soon(_ask_many, chat, 1, Deadline.after(5))
        await anyio.sleep(0.1)
        started = time.monotonic()
        late = await chat.complete(_request(), deadline=Deadline.after(0.2))
        elapsed = time.monotonic() - started
    assert isinstance(late, ChatFailure)
    assert late.detail == "no free place by the deadline"
    assert elapsed < 0.4


async def test_150_calls_are_in_flight_at_once_and_all_answered():
    # The server answers nobody before all of them are there, so no clock has a say.
    async with (
        ScriptedModel(lambda _: together(150, says("hello"))) as model,
        open_chat_model(model.base_url, timeout_s=60, max_concurrency=150) as chat,
    ):
        replies = await _ask_many(chat, 150, Deadline.after(60))
    assert all(isinstance(reply, ChatReply) for reply in replies)
    assert (len(model.requests), model.most_in_flight) == (150, 150)


async def test_cancelling_the_host_cancels_the_call():
    async with (
        ScriptedModel([slow(30, says("hello"))]) as model,
        open_chat_model(model.base_url) as chat,
    ):
        with anyio.move_on_after(0.1) as scope:
            await chat.complete(_request(), deadline=Deadline.after(60))
    assert scope.cancelled_caught


async def _ask_many(chat, count, deadline):
    replies = []

    async def ask():
        replies.append(await chat.complete(_request(), deadline=deadline))

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(ask)
    return replies
