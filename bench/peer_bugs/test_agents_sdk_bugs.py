"""The Agents SDK's own approval, and ours, of the same tool."""

import json

import pytest
from agents import Agent, RunConfig, Runner, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from deskquorum.adapters.agents_sdk import guarded_tools
from deskquorum.testing import make_ticket

pytestmark = pytest.mark.anyio

sides = pytest.mark.parametrize(
    "side",
    [
        "deskquorum",
        pytest.param(
            "agents",
            marks=pytest.mark.xfail(reason="the peer's bug", strict=False, raises=AssertionError),
        ),
    ],
)


@sides
@pytest.mark.parametrize("amount", [10, 10.5])
async def test_the_policy_is_asked_however_the_model_writes_a_number(side, desk, chat, amount):
    """The SDK asks a person without asking the policy where its schema turns 10 into 10.0."""
    asked = []

    def facts(action):
        asked.append(action)
        return chat.facts(action)

    async def policy(_context, args, _call_id):
        asked.append(args)
        return args["amount"] > 1000

    @function_tool(needs_approval=policy)
    def issue_refund(order_id: str, amount: float) -> str:
        """Refund an order."""
        return f"{order_id} {amount}"

    tools = [issue_refund]
    if side == "deskquorum":
        ticket = make_ticket("Refund NW-2, please.", record=chat.requester.record)
        tools = guarded_tools(desk, tools, ticket=lambda _: ticket, facts=facts)
    args = json.dumps({"order_id": "NW-2", "amount": amount})
    steps = [[function_call("issue_refund", args, call_id="c")], [assistant_message("Done.")]]
    agent = Agent(name="desk", model=ScriptedModel(steps), tools=tools)
    await Runner.run(agent, "Refund", run_config=RunConfig(tracing_disabled=True))
    assert asked


@sides
async def test_what_policy_denies_is_denied_before_a_person_is_asked(side, desk, chat):
    """The SDK runs a tool's input guardrail only after a person has approved."""
    from agents import ToolGuardrailFunctionOutput, ToolInputGuardrail

    def deny(_data):
        return ToolGuardrailFunctionOutput.reject_content("policy denies it")

    @function_tool(needs_approval=True, tool_input_guardrails=[ToolInputGuardrail(deny)])
    def cancel_order(order_id: str) -> str:
        """Cancel an order."""
        return order_id

    tools = [cancel_order]
    if side == "deskquorum":
        ticket = make_ticket("Cancel NW-9, please.", record=chat.requester.record)
        tools = guarded_tools(desk, tools, ticket=lambda _: ticket, facts=chat.facts)
    args = json.dumps({"order_id": "NW-9"})
    steps = [[function_call("cancel_order", args, call_id="c")], [assistant_message("No.")]]
    agent = Agent(name="desk", model=ScriptedModel(steps), tools=tools)
    result = await Runner.run(agent, "Cancel", run_config=RunConfig(tracing_disabled=True))
    assert result.interruptions == []
