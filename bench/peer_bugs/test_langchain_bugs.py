"""LangChain's PIIMiddleware and HumanInTheLoopMiddleware, and ours, under the same agent."""

import json

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, PIIMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from deskquorum.adapters.langchain import Conversation, DeskMiddleware

pytestmark = pytest.mark.anyio

THREAD = {"configurable": {"thread_id": "1"}}
MAIL = "ada@quist.example"
APPROVE = {"type": "approve"}
QUOTE = "An order that has shipped cannot be cancelled."

sides = pytest.mark.parametrize(
    "side",
    [
        "deskquorum",
        pytest.param(
            "langchain",
            marks=pytest.mark.xfail(reason="the peer's bug", strict=False, raises=AssertionError),
        ),
    ],
)


class Model(GenericFakeChatModel):
    shown: list

    def bind_tools(self, _tools, **_kwargs):
        return self

    def _generate(self, messages, *args, **kwargs):
        self.shown.append(messages)
        return super()._generate(messages, *args, **kwargs)


def model(*answers):
    return Model(messages=iter(answers), shown=[])


def calling(*calls, content=""):
    made = [
        {"name": name, "args": args, "id": f"call-{place}", "type": "tool_call"}
        for place, (name, args) in enumerate(calls)
    ]
    return AIMessage(content=content, tool_calls=made)


CANCEL = ("cancel_order", {"order_id": "NW-1"})
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
        return "cancelled"

    @tool
    def issue_refund(order_id: str, amount: str) -> str:
        """Refund an order."""
        ran.append(("issue_refund", order_id, amount))
        return "refunded"

    @tool
    def change_address(order_id: str, address: str) -> str:
        """Send an order elsewhere."""
        ran.append(("change_address", order_id, address))
        return "changed"

    return [cancel_order, issue_refund, change_address]


@pytest.fixture
def agent(side, desk, tools):
    def make(model, *, asks=None, hides=False):
        theirs = []
        if hides:
            everywhere = dict.fromkeys(
                ("apply_to_input", "apply_to_output", "apply_to_tool_results"), True
            )
            theirs.append(PIIMiddleware("email", strategy="redact", **everywhere))
        if asks:
            theirs.append(HumanInTheLoopMiddleware(interrupt_on=asks))
        ours = [DeskMiddleware(desk, conversation=lambda given: given)]
        return create_agent(
            model,
            tools=tools,
            middleware=ours if side == "deskquorum" else theirs,
            context_schema=Conversation,
            checkpointer=InMemorySaver(),
        )

    return make


@pytest.fixture
def run(chat):
    async def invoke(graph, given):
        return await graph.ainvoke(given, THREAD, context=chat)

    return invoke


def says(content="Please help."):
    return {"messages": [HumanMessage(content)]}


def answers(*decisions):
    return Command(resume={"decisions": list(decisions)})


@sides
async def test_langchain_37659_tool_call_arguments_are_redacted(agent, run):
    watched = model(
        calling(("change_address", {"order_id": "NW-1", "address": MAIL})), AIMessage(QUOTE)
    )
    graph = agent(watched, hides=True)
    result = await run(graph, says())
    if "__interrupt__" in result:
        await run(graph, answers(APPROVE))
    shown = [m for m in watched.shown[-1] if isinstance(m, AIMessage)]
    assert MAIL not in json.dumps(shown[0].tool_calls)


@sides
async def test_langchain_37659_structured_content_keeps_its_structure(agent, run):
    watched = model(AIMessage(QUOTE))
    blocks = [{"type": "text", "text": f"I am {MAIL}"}, {"type": "text", "text": "Hello"}]
    await run(agent(watched, hides=True), says(blocks))
    content = watched.shown[0][-1].content
    assert isinstance(content, list)
    assert [block["type"] for block in content] == ["text", "text"]
    assert MAIL not in str(content)


@sides
async def test_langchain_40767_redacting_an_answer_leaves_its_tool_calls_whole(agent, run, ran):
    graph = agent(model(calling(CANCEL, content=f"For {MAIL}."), AIMessage(QUOTE)), hides=True)
    await run(graph, says())
    assert ran == [("cancel_order", "NW-1")]


@sides
async def test_langchain_35011_streams_tell_nothing_before_its_check(agent, chat):
    graph = agent(model(AIMessage(f"Write to {MAIL}. You get 500.00 USD, I promise.")), hides=True)
    stream = graph.astream(says(), THREAD, context=chat, stream_mode="messages")
    told = "".join([piece.text async for piece, _ in stream])
    assert MAIL not in told


@sides
async def test_langchain_40166_an_edit_is_ruled_on_by_the_target_tools_policy(agent, run, ran):
    # NW-2 was delivered: nobody may cancel it, and LangChain's policy lets nobody approve it.
    graph = agent(
        model(calling(REFUND), AIMessage(QUOTE)),
        asks={"issue_refund": True, "cancel_order": {"allowed_decisions": ["reject"]}},
    )
    await run(graph, says())
    target = {"name": "cancel_order", "args": {"order_id": "NW-2"}}
    await run(graph, answers({"type": "edit", "edited_action": target}))
    assert ("cancel_order", "NW-2") not in ran


@sides
async def test_langchain_33787_after_an_edit_the_original_call_can_never_run(agent, run, ran):
    graph = agent(
        model(calling(REFUND), calling(REFUND), AIMessage(QUOTE)), asks={"issue_refund": True}
    )
    await run(graph, says())
    less = {"name": "issue_refund", "args": {"order_id": "NW-2", "amount": "5.00"}}
    result = await run(graph, answers({"type": "edit", "edited_action": less}))
    # The model tries its own call again, and a hurried person approves it.
    if "__interrupt__" in result:
        await run(graph, answers(APPROVE))
    assert ran == [("issue_refund", "NW-2", "5.00")]


@sides
async def test_langchainjs_11391_rejecting_one_call_leaves_the_others(agent, run, ran):
    graph = agent(model(calling(CANCEL, REFUND), AIMessage(QUOTE)), asks={"issue_refund": True})
    await run(graph, says())
    result = await run(graph, answers({"type": "reject", "message": "No."}))
    answered = {m.tool_call_id for m in result["messages"] if isinstance(m, ToolMessage)}
    assert ran == [("cancel_order", "NW-1")]
    assert answered == {"call-0", "call-1"}


@sides
async def test_answers_to_parallel_calls_can_name_their_call(agent, run, ran):
    graph = agent(
        model(calling(REFUND, REFUND_MORE), AIMessage(QUOTE)), asks={"issue_refund": True}
    )
    await run(graph, says())
    second = {"type": "approve", "tool_call_id": "call-1"}
    first = {"type": "reject", "tool_call_id": "call-0"}
    await run(graph, answers(second, first))
    assert ran == [("issue_refund", "NW-2", "15.00")]
