import asyncio
import json

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command

from deskquorum import ConfigError, load_desk
from deskquorum.adapters.langchain import Conversation, DeskMiddleware
from deskquorum.ledger.outbox import executions_after
from deskquorum.ledger.reviews import items

pytestmark = pytest.mark.anyio

THREAD = {"configurable": {"thread_id": "t-1"}}
QUOTE = "An order that has shipped cannot be cancelled."
PROMISE = "You will get 500.00 USD back tomorrow, I promise."
SAYS = {"messages": [HumanMessage("Please cancel NW-1. Write to ada.quist@example.com")]}


class Model(GenericFakeChatModel):
    """Answers from a list, and keeps what it was shown."""

    shown: list

    def bind_tools(self, _tools, **_kwargs):
        return self

    def _generate(self, messages, *args, **kwargs):
        self.shown.append(messages)
        return super()._generate(messages, *args, **kwargs)


def model(*answers):
    return Model(messages=iter(answers), shown=[])


def calling(*calls):
    made = [
        {"name": name, "args": args, "id": f"call-{place}", "type": "tool_call"}
        for place, (name, args) in enumerate(calls)
    ]
    return AIMessage(content="One moment.", tool_calls=made)


CANCEL = ("cancel_order", {"order_id": "NW-1"})
CANCEL_OTHERS = ("cancel_order", {"order_id": "NW-9"})
REFUND = ("issue_refund", {"order_id": "NW-2", "amount": "12.00"})
REFUND_MORE = ("issue_refund", {"order_id": "NW-2", "amount": "15.00"})


@pytest.fixture
def ran():
    return []


@pytest.fixture
def tools(ran):
    @tool
    def cancel_order(order_id: str) -> str:
        """Cancel an order."""
        ran.append(("cancel_order", order_id))
        return json.dumps({"order": order_id, "email": "ada.quist@example.com", "total": 89})

    @tool
    def issue_refund(order_id: str, amount: str) -> str:
        """Refund an order."""
        ran.append(("issue_refund", order_id, amount))
        return "refunded"

    @tool
    def change_address(order_id: str, address: str) -> str:
        """Send an order elsewhere."""
        ran.append(("change_address", order_id, address))
        return f"goes to {address}"

    return [cancel_order, issue_refund, change_address]


@pytest.fixture
def context(ticket, facts):
    return Conversation(id=ticket.id, requester=ticket.requester, facts=facts)


@pytest.fixture
def agent(desk, tools):
    """Makes an agent of a model; of the same desk and saver each time."""
    saver = InMemorySaver()

    def make(model, *, desk=desk, saver=saver):
        return create_agent(
            model,
            tools=tools,
            middleware=[DeskMiddleware(desk, conversation=lambda given: given)],
            context_schema=Conversation,
            checkpointer=saver,
        )

    return make


@pytest.fixture
def way():
    return "async"


@pytest.fixture
def run(way, context):
    """Runs a graph."""

    async def invoke(graph, given, config=THREAD):
        if way == "async":
            return await graph.ainvoke(given, config, context=context)
        return await asyncio.to_thread(graph.invoke, given, config, context=context)

    return invoke


both_ways = pytest.mark.parametrize("way", ["sync", "async"])


def answers(*decisions):
    return Command(resume={"decisions": list(decisions)})


def told(result):
    return {m.tool_call_id: m for m in result["messages"] if isinstance(m, ToolMessage)}


def asked(result):
    (pause,) = result["__interrupt__"]
    return pause.value["action_requests"]


def edited(name, args):
    return {"type": "edit", "edited_action": {"name": name, "args": args}}


APPROVE = {"type": "approve"}


async def test_what_rules_allow_runs_and_the_customer_is_answered(agent, run, ran):
    result = await run(agent(model(calling(CANCEL), AIMessage(QUOTE))), SAYS)
    assert ran == [("cancel_order", "NW-1")]
    assert result["messages"][-1].content == QUOTE


@both_ways
async def test_the_model_sees_no_personal_data_in_texts_arguments_and_results(agent, run, ran):
    address = "12 Hill Street, Bend OR 97701"
    asks = calling(CANCEL, ("change_address", {"order_id": "NW-1", "address": address}))
    watched = model(asks, AIMessage(QUOTE))
    graph = agent(watched)
    await run(graph, SAYS)
    result = await run(graph, answers(APPROVE))
    sent = json.dumps([m.model_dump(mode="json") for m in watched.shown[-1]])
    assert "ada.quist" not in sent
    assert "Hill Street" not in sent
    assert '\\"total\\": 89' in sent
    assert ("change_address", "NW-1", address) in ran
    assert address in told(result)["call-1"].content


async def test_what_the_model_writes_as_a_placeholder_reaches_the_tool_as_the_value(
    agent, run, ran
):
    class Echo(Model):
        def _generate(self, messages, *args, **kwargs):
            text = messages[-1].text
            if "⟦" in text and not self.shown:
                hidden = text[text.index("⟦") : text.index("⟧") + 1]
                args_ = {"order_id": "NW-1", "address": hidden}
                self.messages = iter([calling(("change_address", args_)), AIMessage(QUOTE)])
            return super()._generate(messages, *args, **kwargs)

    graph = agent(Echo(messages=iter([]), shown=[]))
    first = await run(graph, SAYS)
    assert asked(first)[0]["args"]["address"] == "ada.quist@example.com"
    await run(graph, answers(APPROVE))
    assert ran == [("change_address", "NW-1", "ada.quist@example.com")]


async def test_blocks_keep_their_structure_and_attachments_are_withheld(agent, run):
    watched = model(AIMessage(QUOTE))
    blocks = [
        {"type": "text", "text": "I am at ada.quist@example.com"},
        {"type": "image", "url": "https://example.com/ada.quist.png"},
    ]
    await run(agent(watched), {"messages": [HumanMessage(content=blocks)]})
    text, image = watched.shown[0][-1].content
    assert text["type"] == "text"
    assert text["text"].startswith("I am at ⟦")
    assert "can't read" in image["text"]


async def test_what_a_rule_denies_is_denied_before_anybody_is_asked(agent, run, ran):
    result = await run(agent(model(calling(CANCEL_OTHERS), AIMessage(QUOTE))), SAYS)
    assert "__interrupt__" not in result
    assert "not one of this customer" in told(result)["call-0"].content
    assert ran == []


async def test_a_tool_that_no_policy_declares_is_for_a_person(agent, run, tools, ran):
    @tool
    def wipe(order_id: str) -> str:
        """Delete everything."""
        ran.append(order_id)
        return "gone"

    tools.append(wipe)
    result = await run(agent(model(calling(("wipe", {"order_id": "NW-1"})))), SAYS)
    assert asked(result)[0]["name"] == "wipe"
    assert ran == []


@both_ways
async def test_it_pauses_with_langchains_own_request_and_goes_on_once_approved(agent, run, ran):
    graph = agent(model(calling(REFUND), AIMessage(QUOTE)))
    first = await run(graph, SAYS)
    (pause,) = first["__interrupt__"]
    assert pause.value["review_configs"] == [
        {
            "action_name": "issue_refund",
            "allowed_decisions": ["approve", "edit", "reject", "respond"],
        }
    ]
    assert ran == []
    await run(graph, answers(APPROVE))
    assert ran == [("issue_refund", "NW-2", "12.00")]


async def test_the_persons_verdict_is_recorded_under_the_decision(agent, run, desk):
    graph = agent(model(calling(REFUND), AIMessage(QUOTE)))
    await run(graph, SAYS)
    await run(graph, answers(APPROVE | {"by": "mia"}))
    with desk.ledger.database.transaction() as tx:
        (item,) = items(tx, state="resolved")
    assert (item.verdict, item.verdict_by) == ("approve", "mia")


async def test_on_resume_the_desk_is_not_asked_again(agent, run, desk):
    graph = agent(model(calling(REFUND), AIMessage(QUOTE)))
    await run(graph, SAYS)
    before = desk.ledger.count()
    await run(graph, answers(APPROVE))
    # Only the reply at the end is a decision of its own.
    assert desk.ledger.count() == before + 1


async def test_a_paused_run_goes_on_in_another_process(agent, run, folder, keys, ran):
    saver = InMemorySaver()
    await run(agent(model(calling(REFUND)), saver=saver), SAYS)
    other = load_desk(folder, models=False, keys=keys)
    await run(agent(model(AIMessage(QUOTE)), desk=other, saver=saver), answers(APPROVE))
    assert ran == [("issue_refund", "NW-2", "12.00")]


async def test_an_edit_runs_in_place_of_the_call_which_never_runs(agent, run, ran):
    again = calling(REFUND)
    graph = agent(model(calling(REFUND), again, AIMessage(QUOTE)))
    await run(graph, SAYS)
    args = {"order_id": "NW-2", "amount": "5.00"}
    await run(graph, answers(edited("issue_refund", args)))
    last = await run(graph, answers(APPROVE))
    assert ran == [("issue_refund", "NW-2", "5.00")]
    assert "not done" in told(last)["call-0"].content


@both_ways
async def test_an_edit_is_ruled_on_again(agent, run, ran):
    graph = agent(model(calling(REFUND), AIMessage(QUOTE)))
    await run(graph, SAYS)
    args = {"order_id": "NW-2", "amount": "999.00"}
    result = await run(graph, answers(edited("issue_refund", args)))
    assert ran == []
    assert "not more than was paid" in told(result)["call-0"].content


async def test_an_edit_to_another_tool_is_ruled_on_by_that_tools_rules(agent, run, ran):
    graph = agent(model(calling(REFUND), AIMessage(QUOTE)))
    await run(graph, SAYS)
    result = await run(graph, answers(edited("cancel_order", {"order_id": "NW-2"})))
    assert ran == []
    assert "has been sent" in told(result)["call-0"].content


@both_ways
async def test_rejecting_one_of_several_calls_leaves_the_others(agent, run, ran):
    graph = agent(model(calling(CANCEL, REFUND, REFUND_MORE), AIMessage(QUOTE)))
    first = await run(graph, SAYS)
    assert [one["tool_call_id"] for one in asked(first)] == ["call-1", "call-2"]
    reject = {"type": "reject", "message": "Not this one."}
    result = await run(graph, answers(reject, APPROVE))
    assert sorted(ran) == [("cancel_order", "NW-1"), ("issue_refund", "NW-2", "15.00")]
    assert "Not this one." in told(result)["call-1"].content


async def test_answers_to_parallel_calls_go_to_the_calls_that_they_name(agent, run, ran):
    graph = agent(model(calling(REFUND, REFUND_MORE), AIMessage(QUOTE)))
    await run(graph, SAYS)
    await run(
        graph,
        answers(
            {"type": "approve", "tool_call_id": "call-1"},
            {"type": "reject", "tool_call_id": "call-0"},
        ),
    )
    assert ran == [("issue_refund", "NW-2", "15.00")]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"decisions": [APPROVE]}, id="one-for-two-calls"),
        pytest.param({"decisions": [APPROVE, {"type": "sure"}]}, id="an-unknown-word"),
        pytest.param("yes", id="no-answer-at-all"),
        pytest.param(
            {"decisions": [APPROVE | {"tool_call_id": "call-1"}] * 2}, id="twice-the-same-call"
        ),
    ],
)
async def test_an_answer_that_does_not_fit_is_asked_for_again(agent, run, ran, answer):
    graph = agent(model(calling(REFUND, REFUND_MORE), AIMessage(QUOTE)))
    await run(graph, SAYS)
    again = await run(graph, Command(resume=answer))
    assert len(asked(again)) == 2
    assert ran == []


async def test_a_response_stands_in_for_the_tool(agent, run, ran):
    graph = agent(model(calling(REFUND), AIMessage(QUOTE)))
    await run(graph, SAYS)
    result = await run(graph, answers({"type": "respond", "message": "It was refunded by hand."}))
    assert told(result)["call-0"].content == "It was refunded by hand."
    assert ran == []


async def test_a_gate_that_breaks_asks_a_person(agent, ran, ticket):
    def broken(_):
        raise ConnectionError

    torn = Conversation(id=ticket.id, requester=ticket.requester, facts=broken)
    graph = agent(model(calling(CANCEL), AIMessage(QUOTE)))
    first = await graph.ainvoke(SAYS, THREAD, context=torn)
    assert "ConnectionError" in asked(first)[0]["description"]
    # A person may approve what rules leave to a person; this desk denies what it can't look up.
    result = await graph.ainvoke(answers(APPROVE), THREAD, context=torn)
    assert "could not look it up" in told(result)["call-0"].content
    assert ran == []


@both_ways
async def test_without_a_checkpointer_it_refuses_to_start(agent, run):
    with pytest.raises(ConfigError, match="checkpointer"):
        await run(agent(model(AIMessage(QUOTE)), saver=None), SAYS)


async def test_the_same_call_again_is_not_done_again(agent, run, ran):
    graph = agent(model(calling(CANCEL), calling(CANCEL), AIMessage(QUOTE)))
    result = await run(graph, SAYS)
    assert ran == [("cancel_order", "NW-1")]
    assert "done once" in result["messages"][-2].content


@both_ways
async def test_a_tool_that_breaks_is_given_to_a_person_and_not_run_again(agent, run, tools, desk):
    tries = []

    @tool
    def cancel_order(order_id: str) -> str:
        """Cancel an order."""
        tries.append(order_id)
        raise TimeoutError

    tools[0] = cancel_order
    graph = agent(model(calling(CANCEL), calling(CANCEL), AIMessage(QUOTE)))
    with pytest.raises(TimeoutError):
        await run(graph, SAYS)
    with desk.ledger.database.transaction() as tx:
        (row,) = executions_after(tx)
    assert (row.state, row.error) == ("unknown", "raised-TimeoutError")
    assert tries == ["NW-1"]


@both_ways
async def test_a_promise_that_no_clause_backs_is_held_and_queued(agent, run, desk):
    result = await run(agent(model(AIMessage(PROMISE))), SAYS)
    last = result["messages"][-1]
    assert "500" not in last.content
    assert last.response_metadata["deskquorum"]["held"] is True
    with desk.ledger.database.transaction() as tx:
        (item,) = items(tx)
    assert item.reply == PROMISE


async def test_another_persons_data_from_a_tool_is_not_told(agent, run, tools):
    @tool
    def cancel_order(order_id: str) -> str:
        """Cancel an order."""
        return f"{order_id} was ordered by bob.stone@example.org"

    tools[0] = cancel_order

    class Gossip(Model):
        def _generate(self, messages, *args, **kwargs):
            if isinstance(messages[-1], ToolMessage):
                self.messages = iter([AIMessage(f"It says: {messages[-1].text}")])
            return super()._generate(messages, *args, **kwargs)

    result = await run(agent(Gossip(messages=iter([calling(CANCEL)]), shown=[])), SAYS)
    assert "bob.stone" not in result["messages"][-1].content


async def test_a_placeholder_that_nobody_made_sends_the_turn_to_a_person(agent, run, ran):
    forged = calling(("cancel_order", {"order_id": "⟦ID_7·zzzz⟧"}))
    result = await run(agent(model(forged)), SAYS)
    assert result["messages"][-1].response_metadata["deskquorum"]["held"] is True
    assert ran == []


@pytest.mark.parametrize("mode", ["messages", "updates", "values"])
async def test_no_stream_tells_what_was_not_checked(agent, context, mode):
    graph = agent(model(AIMessage(PROMISE)))
    pieces = [
        str(piece) async for piece in graph.astream(SAYS, THREAD, context=context, stream_mode=mode)
    ]
    assert "colleague" in "".join(pieces)
    assert "500.00" not in "".join(pieces)


async def test_a_sync_stream_tells_nothing_unchecked_either(agent, context):
    graph = agent(model(AIMessage(PROMISE)))

    def stream():
        return [
            str(one) for one in graph.stream(SAYS, THREAD, context=context, stream_mode="messages")
        ]

    pieces = await asyncio.to_thread(stream)
    assert "500.00" not in "".join(pieces)
    assert "colleague" in "".join(pieces)


async def test_the_stream_of_events_tells_nothing_unchecked(agent, context):
    graph = agent(model(AIMessage(PROMISE)))
    events = [
        str(event["data"])
        async for event in graph.astream_events(SAYS, THREAD, context=context, version="v2")
    ]
    assert "500.00" not in "".join(events)


@pytest.fixture
def plain_graph(desk, tools):
    """A graph of the host's own, with nothing of `create_agent`."""

    def make(message):
        guard = DeskMiddleware(desk, conversation=lambda given: given)
        node = ToolNode(
            tools, wrap_tool_call=guard.wrap_tool_call, awrap_tool_call=guard.awrap_tool_call
        )
        graph = StateGraph(MessagesState, context_schema=Conversation)
        graph.add_node("model", lambda _: {"messages": [message]})
        graph.add_node("tools", node)
        graph.add_edge(START, "model")
        graph.add_edge("model", "tools")
        return graph.compile(checkpointer=InMemorySaver())

    return make


@both_ways
async def test_a_plain_tool_node_runs_nothing_before_its_whole_turn_is_settled(
    plain_graph, run, ran
):
    graph = plain_graph(calling(CANCEL, REFUND, CANCEL_OTHERS, REFUND_MORE))
    first = await run(graph, SAYS)
    assert [one["tool_call_id"] for one in asked(first)] == ["call-1", "call-3"]
    assert ran == []
    result = await run(graph, answers(APPROVE, {"type": "reject"}))
    assert sorted(ran) == [("cancel_order", "NW-1"), ("issue_refund", "NW-2", "12.00")]
    assert told(result)["call-2"].status == "error"


async def test_calls_that_share_an_id_do_not_run(agent, plain_graph, run, ran):
    twins = calling(CANCEL, CANCEL_OTHERS)
    for call in twins.tool_calls:
        call["id"] = "twin"
    for graph in (plain_graph(twins), agent(model(twins, AIMessage(QUOTE)))):
        result = await run(graph, SAYS)
        assert "an id that no other call" in told(result)["twin"].content
    assert ran == []


async def test_a_plain_tool_node_without_a_checkpointer_refuses(desk, tools, context):
    guard = DeskMiddleware(desk, conversation=lambda given: given)
    graph = StateGraph(MessagesState, context_schema=Conversation)
    graph.add_node("model", lambda _: {"messages": [calling(CANCEL)]})
    node = ToolNode(tools, awrap_tool_call=guard.awrap_tool_call, handle_tool_errors=False)
    graph.add_node("tools", node)
    graph.add_edge(START, "model")
    graph.add_edge("model", "tools")
    with pytest.raises(ConfigError, match="checkpointer"):
        await graph.compile().ainvoke(SAYS, context=context)
