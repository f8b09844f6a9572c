"""Decisions that are carried out: from `desk.yaml` to the endpoint, or to a function."""

import json
import os
from dataclasses import replace

import anyio
import pytest
from typer.testing import CliRunner

from deskquorum import Route, load_desk
from deskquorum.cli.app import app
from deskquorum.errors import ConfigError
from deskquorum.host_key import new_host_key

pytestmark = pytest.mark.anyio

HOST = {"DESKQUORUM_KEY": new_host_key()}
EXECUTION = """
execution:
  close_ticket:
    url: http://localhost:9/close
    secret_env: CLOSE_SECRET
"""


def described(folder, text=EXECUTION):
    path = folder / "policies" / "desk.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return folder


async def test_an_automatic_decision_is_carried_out_once(folder, ticket, monkeypatch):
    calls = []

    async def close(call):
        calls.append(call)
        return {"closed": True}

    desk = load_desk(
        folder, models=False, keys={**os.environ, **HOST}, actions={"close_ticket": close}
    )
    async with desk:
        worker = desk.worker()
        for _ in range(2):
            decision = await desk.decide(ticket("plain-01"), deadline_s=60)
            assert decision.route is Route.AUTO
        for _ in range(2):
            await anyio.sleep(1.1)
            await worker.run_once()
    assert [(call.conversation, call.action) for call in calls] == [("plain-01", "close_ticket")]

    monkeypatch.setenv("DESKQUORUM_KEY", HOST["DESKQUORUM_KEY"])
    at = ["--desk", str(folder), "--json"]
    said = CliRunner().invoke(app, ["execution", "list", *at], catch_exceptions=False)
    [row] = json.loads(said.stdout)["executions"]
    assert row["state"] == "done"
    said = CliRunner().invoke(app, ["execution", "show", row["key"], *at], catch_exceptions=False)
    assert json.loads(said.stdout)["result"] == {"closed": True}
    undo = ["execution", "compensate", row["key"], "--why", "not solved", *at]
    said = CliRunner().invoke(app, undo, catch_exceptions=False)
    assert json.loads(said.stdout)["compensates"] == row["key"]


async def test_what_goes_to_a_person_is_not_ordered(folder, ticket):
    async def close(_):
        raise AssertionError("nothing was decided")

    desk = load_desk(
        folder, models=False, keys={**os.environ, **HOST}, actions={"close_ticket": close}
    )
    async with desk:
        desk.ledger.stop("close_ticket", by="ops", why="a test")
        decision = await desk.decide(replace(ticket("plain-01"), id="t-9"), deadline_s=60)
        await anyio.sleep(1.1)
        assert decision.route is Route.HUMAN
        assert not await desk.worker().run_once()


def test_what_is_missing_is_told_at_its_place(folder):
    with pytest.raises(ConfigError) as told:
        load_desk(described(folder), keys={})
    text = str(told.value)
    assert "CLOSE_SECRET is not set" in text
    assert "DESKQUORUM_KEY is not set" in text


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (EXECUTION.replace("close_ticket", "close_tiket"), "no policy declares the action"),
        (EXECUTION.replace("localhost:9", "shop.example"), "anybody on the way can read"),
        (EXECUTION.replace("localhost", "u:p@localhost"), "a password stands in this file"),
        (EXECUTION.replace("CLOSE_SECRET", "close secret"), "no name of an environment variable"),
        (EXECUTION + "    read: http://localhost:9/look\n", "an address that names no call"),
        (EXECUTION + "    read: 'http://{key}:9/look'\n", "is no address"),
    ],
)
def test_a_faulty_endpoint_is_told_at_its_place(folder, written, message):
    with pytest.raises(ConfigError) as told:
        load_desk(described(folder, written))
    [problem] = [p for p in told.value.problems if message in p.message]
    assert problem.line
    assert problem.column


def test_functions_need_a_declared_action_and_the_hosts_key(folder):
    async def act(_):
        return None

    with pytest.raises(ConfigError, match="no policy declares the action 'fly'"):
        load_desk(folder, actions={"fly": act})
    with pytest.raises(ConfigError, match="DESKQUORUM_KEY is not set"):
        load_desk(folder, actions={"close_ticket": act})
