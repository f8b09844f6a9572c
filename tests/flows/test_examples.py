"""Every example is run as a reader would run it."""

import asyncio
import json
import os
import runpy
import shutil
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn

from deskquorum import load_desk
from deskquorum.host_key import HOST_KEY, new_host_key
from deskquorum.ledger.api_keys import Scope, create
from deskquorum.server import Settings, create_app

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().out


def test_every_python_example_has_a_test():
    tests = Path(__file__).read_text(encoding="utf-8")
    assert [p.name for p in EXAMPLES.glob("*.*") if p.name not in tests] == []


def test_embed_in_bot(capsys, monkeypatch):
    out = run("embed_in_bot.py", capsys, monkeypatch)
    assert "the bot may cancel: human" in out or "the bot may cancel: deny" in out


def test_retail_agent_does_what_the_desk_lets_it_and_nothing_else(capsys, monkeypatch):
    out = run("retail_agent.py", capsys, monkeypatch)
    # One order of hers is cancelled, one refund is what a person made of it.
    assert "'NW-1': 'cancelled', 'NW-2': 'delivered', 'NW-9': 'processing'" in out
    assert "refunds: [('NW-2', '10.00')]" in out
    read = [line for line in out.splitlines() if line.startswith("  customer reads")]
    assert len(read) == 4
    assert "Oak Avenue" not in "".join(read)
    assert "1200" not in "".join(read)


@asynccontextmanager
async def served(folder):
    key = new_host_key()
    desk = load_desk(folder, models=False, keys={HOST_KEY: key})
    with desk.ledger.database.transaction(writing=True) as tx:
        _, shown = create(tx, name="bot", scopes=frozenset({Scope.BOT}), lasts=timedelta(days=1))
    from deskquorum.host_key import read_host_key

    app = create_app(desk, Settings(host_key=read_host_key({HOST_KEY: key})))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, http="h11"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield {"DESK_URL": f"http://127.0.0.1:{port}", "DESK_KEY": shown}
    finally:
        server.should_exit = True
        await serving


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
async def test_fetch_bot_mjs(tmp_path):
    folder = tmp_path / "retail"
    shutil.copytree(EXAMPLES / "retail", folder)
    order = {
        "order_id": "NW-1",
        "status": "processing",
        "user_id": "C-1",
        "total_minor": 8900,
        "currency": "USD",
        "delivered_at": None,
    }
    said = {"role": "customer", "text": "Please cancel NW-1.", "at": "2026-11-20T09:00:00Z"}
    ticket = {
        "id": "1",
        "messages": [said],
        "requester": {"customer_id": "C-1"},
        "facts": {"order": order},
    }

    async def asked(environment, order_id):
        action = {"name": "cancel_order", "args": {"order_id": order_id}}
        ran = await asyncio.create_subprocess_exec(
            "node",
            EXAMPLES / "fetch_bot.mjs",
            json.dumps(ticket),
            json.dumps(action),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
        )
        out, _ = await ran.communicate()
        return out.decode().strip()

    async with served(folder) as environment:
        assert await asked(environment, "NW-1") == "true"
        assert await asked(environment, "NW-9") == "false"
        assert await asked(environment | {"DESK_KEY": "dq_wrong"}, "NW-1") == "false"
    assert await asked(environment, "NW-1") == "false"
