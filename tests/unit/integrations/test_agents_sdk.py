import json
from dataclasses import dataclass

import pytest
from agents import Agent, RunConfig, Runner, RunState, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from deskquorum import Ticket, load_desk
from deskquorum.adapters.agents_sdk import (
    checked_reply,
    guarded_tools,
    reject_call,
    stream_checked,
)
from deskquorum.adapters.bot_conversations import ReviewedReply
from deskquorum.ledger.reviews import items

pytestmark = pytest.mark.anyio

QUOTE = "An order that has shipped cannot be cancelled."
PROMISE = "You will get 500.00 USD back tomorrow, I promise."
QUIET = RunConfig(tracing_disabled=True)


@dataclass
class Chat:
    ticket: Ticket
    reviewer: str = "mia"


@pytest.fixture
def ran():
    return []


@pytest.fixture
def tools(ran):
    @function_tool
    def cancel_order(order_id: str) -> str:
        """Cancel an order."""
        ran.append(("cancel_order", order_id))
        return "cancelled"

    @function_tool
    def issue_refund(order_id: str, amount: float) -> str:
        """Refund an order."""
        ran.append(("issue_refund", order_id, amount))
        return "refunded"

    return [cancel_order, issue_refund]


@pytest.fixture
def agent(desk, tools, facts):
    def make(*steps, desk=desk):
        guarded = guarded_tools(
            desk,
            tools,
            ticket=lambda chat: chat.ticket,
            facts=facts,
            reviewer=lambda chat: chat.reviewer,
        )
        return Agent(name="desk", model=ScriptedModel(list(steps)), tools=guarded)

    return make


@pytest.fixture
def chat(ticket):
    return Chat(ticket=ticket)


def cancel(order_id, call_id="call-1"):
    return function_call("cancel_order", json.dumps({"order_id": order_id}), call_id=call_id)


def refund(amount, call_id="call-1"):
    args = json.dumps({"order_id": "NW-2", "amount": amount})
    return function_call("issue_refund", args, call_id=call_id)


async def run(agent, given, chat):
    return await Runner.run(agent, given, context=chat, run_config=QUIET)


def told(result):
    return [i.output for i in result.new_items if i.type == "tool_call_output_item"]


async def test_what_rules_allow_runs(agent, chat, ran):
    result = await run(agent([cancel("NW-1")], [assistant_message(QUOTE)]), "Cancel NW-1", chat)
    assert ran == [("cancel_order", "NW-1")]
    assert result.final_output == QUOTE


async def test_what_a_rule_denies_is_denied_before_anybody_is_asked(agent, chat, ran):
    result = await run(agent([cancel("NW-9")], [assistant_message(QUOTE)]), "Cancel NW-9", chat)
    assert result.interruptions == []
    assert "not one of this customer" in told(result)[0]
    assert ran == []


@pytest.mark.parametrize("amount", [10, 10.5], ids=["a-whole-number", "a-fraction"])
async def test_an_amount_is_ruled_on_however_the_model_writes_it(agent, chat, ran, amount):
    denied = refund(amount * 100)
    result = await run(agent([denied], [assistant_message(QUOTE)]), "Refund NW-2", chat)
    assert result.interruptions == []
    assert "not more than was paid" in told(result)[0]
    assert ran == []


async def test_a_person_is_asked_and_it_goes_on_once_approved(agent, chat, desk, ran):
    made = agent([refund(12)], [assistant_message(QUOTE)])
    paused = await run(made, "Refund NW-2", chat)
    (asked,) = paused.interruptions
    assert ran == []
    state = paused.to_state()
    state.approve(asked)
    await run(made, state, chat)
    assert ran == [("issue_refund", "NW-2", 12.0)]
    with desk.ledger.database.transaction() as tx:
        (item,) = items(tx, state="resolved")
    assert (item.verdict, item.verdict_by) == ("approve", "mia")


async def test_a_rejected_call_does_not_run(agent, chat, ran):
    made = agent([refund(12)], [assistant_message(QUOTE)])
    paused = await run(made, "Refund NW-2", chat)
    state = paused.to_state()
    state.reject(paused.interruptions[0])
    await run(made, state, chat)
    assert ran == []


async def test_a_saved_run_goes_on_in_another_process(agent, chat, folder, keys, ran):
    paused = await run(agent([refund(12)]), "Refund NW-2", chat)
    saved = json.dumps(paused.to_state().to_json(context_serializer=lambda _: {}))
    other = load_desk(folder, models=False, keys=keys)
    made = agent([assistant_message(QUOTE)], desk=other)
    state = await RunState.from_json(made, json.loads(saved), context_override=chat)
    state.approve(state.get_interruptions()[0])
    await Runner.run(made, state, run_config=QUIET)
    assert ran == [("issue_refund", "NW-2", 12.0)]


async def test_an_approval_that_the_desk_never_asked_for_is_not_enough(agent, chat, ran):
    made = agent([refund(12)], [assistant_message(QUOTE)])
    made.tools[1].needs_approval = False
    result = await run(made, "Refund NW-2", chat)
    assert "A person has to approve it" in told(result)[0]
    assert ran == []


async def test_the_same_call_again_is_not_done_again(agent, chat, ran):
    made = agent([cancel("NW-1")], [cancel("NW-1", "call-2")], [assistant_message(QUOTE)])
    result = await run(made, "Cancel NW-1", chat)
    assert ran == [("cancel_order", "NW-1")]
    assert "done once" in told(result)[1]


async def test_arguments_that_are_no_json_are_refused(agent, chat, ran):
    bad = function_call("cancel_order", "{'order_id'", call_id="call-1")
    made = agent([bad], [assistant_message(QUOTE)])
    result = await run(made, "Cancel NW-1", chat)
    # The SDK asks a person about what it can't read; nobody can approve it into running.
    if result.interruptions:
        state = result.to_state()
        state.approve(result.interruptions[0])
        result = await run(made, state, chat)
    assert "can't be read" in told(result)[0]
    assert ran == []


async def test_a_streamed_run_tells_nothing_that_was_not_checked(agent, chat, desk):
    made = agent([cancel("NW-1")], [assistant_message(PROMISE)])
    streamed = Runner.run_streamed(made, "Cancel NW-1", context=chat, run_config=QUIET)
    events = [one async for one in stream_checked(desk, chat.ticket, streamed)]
    *before, reply = events
    assert isinstance(reply, ReviewedReply)
    assert reply.held
    assert "500.00" not in str([getattr(event, "item", event) for event in before]) + reply.text
    assert any(getattr(event, "name", "") == "tool_called" for event in before)


async def test_a_reply_that_quotes_a_clause_goes_out(desk, ticket):
    reply = await checked_reply(desk, ticket, QUOTE)
    assert (reply.text, reply.held) == (QUOTE, False)


async def test_a_rejection_is_the_verdict_in_the_desks_queue(agent, chat, desk, ran):
    made = agent([refund(12)], [assistant_message(QUOTE)])
    paused = await run(made, "Refund NW-2", chat)
    state = paused.to_state()
    (asked,) = paused.interruptions
    await reject_call(desk, state, asked, ticket=chat.ticket, by="mia", why="Ask for a photo.")
    result = await run(made, state, chat)
    assert ran == []
    assert "A person rejected it. Ask for a photo." in told(result)[0]
    with desk.ledger.database.transaction() as tx:
        assert not items(tx, state="open")
        (item,) = items(tx, state="resolved")
    assert (item.verdict, item.verdict_by, item.why) == (
        "reject",
        "mia",
        "Ask for a photo.",
    )


async def test_a_rejected_call_does_not_run_when_it_comes_again(agent, chat, desk, ran):
    made = agent([refund(12)], [refund(12, "call-2")], [assistant_message(QUOTE)])
    paused = await run(made, "Refund NW-2", chat)
    state = paused.to_state()
    await reject_call(desk, state, paused.interruptions[0], ticket=chat.ticket)
    again = await run(made, state, chat)
    for item in again.interruptions:
        state = again.to_state()
        state.approve(item)
        again = await run(made, state, chat)
    assert ran == []
    assert "can never run" in told(again)[-1]


async def test_one_of_two_calls_is_rejected_and_the_other_runs(agent, chat, desk, ran):
    made = agent([refund(12), refund(13, "call-2")], [assistant_message(QUOTE)])
    paused = await run(made, "Refund NW-2", chat)
    state = paused.to_state()
    first, second = paused.interruptions
    await reject_call(desk, state, first, ticket=chat.ticket)
    state.approve(second)
    await run(made, state, chat)
    assert ran == [("issue_refund", "NW-2", 13.0)]


async def test_a_call_that_nobody_can_read_is_rejected_all_the_same(agent, chat, desk, ran):
    bad = function_call("cancel_order", "{'order_id'", call_id="call-1")
    made = agent([bad], [assistant_message(QUOTE)])
    paused = await run(made, "Cancel NW-1", chat)
    (asked,) = paused.interruptions
    state = paused.to_state()
    await reject_call(desk, state, asked, ticket=chat.ticket)
    assert "can't be read" in told(await run(made, state, chat))[0]
    assert ran == []
