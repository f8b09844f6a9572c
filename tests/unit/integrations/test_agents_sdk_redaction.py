"""What the Agents SDK's model sees, and that everybody else has the values."""

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from agents import Agent, OpenAIChatCompletionsModel, RunConfig, Runner, RunState, function_tool
from agents.testing import ScriptedModel as ScriptedInside
from agents.testing import assistant_message, function_call
from openai import AsyncOpenAI

from deskquorum import Ticket, load_desk
from deskquorum.adapters.agents_sdk import (
    RedactingModel,
    checked_reply,
    guarded_tools,
    stream_checked,
)
from deskquorum.errors import InputError, RedactionError
from deskquorum.ledger.reviews import items
from deskquorum.testing import ScriptedModel, calls, says

pytestmark = pytest.mark.anyio

EMAIL = "ada.quist@example.com"
ADDRESS = "12 Elm Street, Portland OR 97201"
SAID = f"Send NW-1 to {ADDRESS}, please. My e-mail is {EMAIL}.\n\nAda Quist"
QUOTE = "An order that has shipped cannot be cancelled."


@dataclass
class Chat:
    ticket: Ticket


@pytest.fixture
def ran():
    return []


@pytest.fixture
def agent_of(facts, ran):
    """Makes the agent of a desk, as each process has it."""

    @function_tool
    def look_up_order(order_id: str) -> str:
        """Look up one order."""
        ran.append(("look_up_order", order_id))
        return json.dumps({"order_id": order_id, "email": EMAIL, "items": 2})

    @function_tool
    def change_address(order_id: str, address: str) -> str:
        """Send an order elsewhere."""
        ran.append(("change_address", order_id, address))
        return f"Order {order_id} goes to {address}; {EMAIL} was told."

    tools = [look_up_order, change_address]

    def make(desk):
        guarded = guarded_tools(desk, tools, ticket=lambda chat: chat.ticket, facts=facts)
        return Agent(name="desk", instructions=f"You write for {EMAIL}.", tools=guarded)

    return make


@pytest.fixture
def agent(agent_of, desk):
    return agent_of(desk)


@asynccontextmanager
async def over_http(desk, ticket, script):
    """A run's settings with a model behind HTTP, and the server that it asks."""
    async with (
        ScriptedModel(script) as server,
        AsyncOpenAI(base_url=server.base_url, api_key="none", max_retries=0) as client,
    ):
        inner = OpenAIChatCompletionsModel(model="scripted", openai_client=client)
        model = RedactingModel(desk, inner, ticket=ticket)
        yield RunConfig(model=model, tracing_disabled=True), server


def placeholder_of(kind, body):
    """The first placeholder of a kind that the model was shown."""
    shown = json.dumps(body, ensure_ascii=False)
    start = shown.index(f"⟦{kind}")
    return shown[start : shown.index("⟧", start) + 1]


def changing_address(body):
    """A model that sends the order to the address that it was shown, then says so."""
    if body["messages"][-1]["role"] == "tool":
        return says(f"It goes to {placeholder_of('ADDRESS', body)}. {QUOTE}")
    address = placeholder_of("ADDRESS", body)
    return calls(("change_address", {"order_id": "NW-1", "address": address}))


def assert_nothing_personal(server):
    assert server.requests
    wire = b" ".join(server.requests).decode()
    for value in (EMAIL, "Elm Street", "Ada", "Quist"):
        assert value not in wire


async def test_nothing_personal_reaches_the_model_and_the_tool_has_the_values(
    desk, agent, ticket, ran
):
    async with over_http(desk, ticket, changing_address) as (config, server):
        result = await Runner.run(agent, SAID, context=Chat(ticket), run_config=config)
        while result.interruptions:
            state = result.to_state()
            for item in result.interruptions:
                state.approve(item)
            result = await Runner.run(agent, state, run_config=config)
        assert_nothing_personal(server)
    assert ran == [("change_address", "NW-1", ADDRESS)]
    # The customer is told the values, not what the model wrote.
    assert ADDRESS in result.final_output
    assert "⟦" not in json.dumps(result.to_input_list(), ensure_ascii=False)


async def test_a_result_in_json_stays_json_for_the_model(desk, agent, ticket):
    script = [calls(("look_up_order", {"order_id": "NW-1"})), says(QUOTE)]
    async with over_http(desk, ticket, script) as (config, server):
        await Runner.run(agent, "Where is NW-1?", context=Chat(ticket), run_config=config)
        assert_nothing_personal(server)
        told = json.loads(server.bodies[1]["messages"][-1]["content"])
    assert (told["order_id"], told["items"]) == ("NW-1", 2)
    assert told["email"].startswith("⟦EMAIL")


async def test_what_the_model_says_goes_out_with_its_values(desk, ticket, agent):
    def by_name(body):
        return says(f"{placeholder_of('PERSON', body)}: {QUOTE}")

    async with over_http(desk, ticket, by_name) as (config, server):
        result = await Runner.run(agent, SAID, context=Chat(ticket), run_config=config)
        assert_nothing_personal(server)
    reply = await checked_reply(desk, ticket, result.final_output)
    assert "⟦" not in reply.text
    assert result.final_output.endswith(QUOTE)
    assert "Ada" in result.final_output


async def test_a_saved_run_holds_values_and_goes_on_in_another_process(
    agent_of, ticket, folder, keys, ran
):
    first = load_desk(folder, models=False, keys=keys)
    async with over_http(first, ticket, changing_address) as (config, _server):
        made = agent_of(first)
        paused = await Runner.run(made, SAID, context=Chat(ticket), run_config=config)
    (asked,) = paused.interruptions
    assert json.loads(asked.arguments)["address"] == ADDRESS
    saved = json.dumps(paused.to_state().to_json(context_serializer=lambda _: {}))

    other = load_desk(folder, models=False, keys=keys)
    made = agent_of(other)
    state = await RunState.from_json(made, json.loads(saved), context_override=Chat(ticket))
    state.approve(state.get_interruptions()[0])
    async with over_http(other, ticket, changing_address) as (config, server):
        await Runner.run(made, state, run_config=config)
        assert_nothing_personal(server)
    assert ran == [("change_address", "NW-1", ADDRESS)]


async def test_a_placeholder_that_nobody_made_ends_the_run_and_a_person_has_it(
    desk, agent, ticket, ran
):
    forged = calls(("look_up_order", {"order_id": "⟦ID_7·zzzz⟧"}))
    async with over_http(desk, ticket, [forged]) as (config, _server):
        with pytest.raises(RedactionError):
            await Runner.run(agent, SAID, context=Chat(ticket), run_config=config)
    assert ran == []
    with desk.ledger.database.transaction() as tx:
        assert len(items(tx, state="open")) == 1


async def test_a_streamed_run_sees_and_tells_the_same(desk, ticket, agent, ran):
    inner = ScriptedInside(
        [
            [function_call("look_up_order", json.dumps({"order_id": "NW-1"}), call_id="call-1")],
            [assistant_message(QUOTE)],
        ]
    )
    model = RedactingModel(desk, inner, ticket=ticket)
    config = RunConfig(model=model, tracing_disabled=True)
    streamed = Runner.run_streamed(agent, SAID, context=Chat(ticket), run_config=config)
    *_, reply = [one async for one in stream_checked(desk, ticket, streamed)]
    seen = [
        json.dumps([call.system_instructions, call.input], ensure_ascii=False)
        for call in inner.calls
    ]
    assert reply.text == QUOTE
    assert ran == [("look_up_order", "NW-1")]
    assert len(seen) == 2
    assert all("⟦EMAIL" in text and EMAIL not in text and "Elm" not in text for text in seen)


PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,QWRh", "detail": "low"}


async def test_a_picture_is_withheld_and_the_words_beside_it_are_redacted(desk, ticket, agent):
    said = [{"role": "user", "content": [{"type": "input_text", "text": SAID}, PICTURE]}]
    async with over_http(desk, ticket, [says(QUOTE)]) as (config, server):
        await Runner.run(agent, said, context=Chat(ticket), run_config=config)
        assert_nothing_personal(server)
    assert b"QWRh" not in server.requests[0]
    assert "can't read" in str(server.bodies[0]["messages"])


async def test_an_item_that_nobody_knows_to_redact_is_not_sent(desk, ticket, agent):
    said = [{"type": "web_search_call", "id": "w", "status": "completed", "query": SAID}]
    async with over_http(desk, ticket, []) as (config, server):
        with pytest.raises(InputError, match="web_search_call"):
            await Runner.run(agent, said, context=Chat(ticket), run_config=config)
    assert server.requests == []
