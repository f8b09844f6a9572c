import asyncio
import json
import socket
import sys
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import httpx2
import pytest
import uvicorn
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from deskquorum import Action
from deskquorum.adapters.mcp_server import http_app, make_server
from deskquorum.ledger.api_keys import Scope, create

pytestmark = pytest.mark.anyio

MAIN = "import sys; sys.argv[0] = 'deskquorum'; from deskquorum.cli import main; main()"


@pytest.fixture
def said():
    return {"id": "chat-1", "messages": [{"role": "customer", "text": "Please cancel NW-1."}]}


@pytest.fixture
def known(said, ticket, facts):
    order = facts(Action(name="cancel_order", args={"order_id": "NW-1"}))
    return said | {"requester": dict(ticket.requester.record), "facts": dict(order)}


async def answered(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


async def test_it_offers_the_four_tools(desk):
    async with Client(make_server(desk)) as client:
        offered = {tool.name for tool in (await client.list_tools()).tools}
    assert offered == {"decide_ticket", "review_action", "check_reply", "explain_decision"}


async def test_an_action_is_ruled_on_by_the_facts_of_a_trusted_caller(desk, known):
    async with Client(make_server(desk, trusted_caller=True)) as client:
        mine = await answered(
            client, "review_action", ticket=known, action="cancel_order", args={"order_id": "NW-1"}
        )
        others = await answered(
            client, "review_action", ticket=known, action="cancel_order", args={"order_id": "NW-9"}
        )
        story = await client.call_tool("explain_decision", {"decision_id": mine["decision_id"]})
    assert (mine["route"], others["route"]) == ("auto", "deny")
    assert "cancel-processing" in story.content[0].text


async def test_what_a_model_says_of_facts_is_not_taken_for_true(desk, known, said):
    call = {"action": "cancel_order", "args": {"order_id": "NW-1"}}
    async with Client(make_server(desk)) as client:
        refused = await client.call_tool("review_action", {"ticket": known, **call})
        told = await answered(client, "review_action", ticket=said, **call)
    assert refused.is_error
    assert "not taken from this caller" in refused.content[0].text
    assert told["route"] == "deny"


async def test_a_reply_is_held_against_the_clauses(desk):
    async with Client(make_server(desk)) as client:
        good = await answered(
            client, "check_reply", reply="An order that has shipped cannot be cancelled."
        )
        bad = await answered(client, "check_reply", reply="A refund takes 90 days to be approved.")
    assert (good["verdict"], bad["verdict"] == "supported") == ("supported", False)


async def test_a_ticket_is_decided(desk, said):
    async with Client(make_server(desk)) as client:
        decided = await answered(client, "decide_ticket", ticket=said)
    assert decided["route"] == "human"


async def test_a_decision_that_there_is_not_is_said_so(desk):
    async with Client(make_server(desk)) as client:
        result = await client.call_tool("explain_decision", {"decision_id": "d_none"})
    assert result.is_error
    assert "no decision 'd_none'" in result.content[0].text


async def test_the_command_serves_on_standard_input_and_output(folder):
    command = ["-c", MAIN, "mcp", "--desk", str(folder), "--no-model"]
    server = StdioServerParameters(
        command=sys.executable, args=command, env={"PYTHONPATH": ":".join(sys.path)}
    )
    async with Client(stdio_client(server)) as client:
        assert len((await client.list_tools()).tools) == 4


@asynccontextmanager
async def served(desk):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = http_app(desk, make_server(desk), host="127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        await serving


async def test_over_http_it_answers_who_shows_a_key_and_nobody_else(desk):
    with desk.ledger.database.transaction(writing=True) as tx:
        scopes = frozenset({Scope.BOT})
        _, key = create(tx, name="bot", scopes=scopes, lasts=timedelta(days=1))
        _, sidebar = create(tx, name="x", scopes=frozenset({Scope.AGENT}), lasts=None)
    async with served(desk) as url:
        async with httpx.AsyncClient() as http:
            bare = await http.post(url, json={})
            wrong = await http.post(url, json={}, headers={"Authorization": "Bearer dq_a_b"})
            agent = await http.post(url, json={}, headers={"Authorization": f"Bearer {sidebar}"})
        assert [bare.status_code, wrong.status_code, agent.status_code] == [401, 401, 401]
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            checked = await answered(client, "check_reply", reply="Thank you.")
    assert checked["claims"] == []
