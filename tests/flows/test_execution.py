"""Decisions that are carried out: from `desk.yaml` to the endpoint, or to a function."""

import json
import os
import time
from dataclasses import replace

import anyio
import pytest
from typer.testing import CliRunner

from deskquorum import Desk, Route, load_desk
from deskquorum.assembly import load_parts
from deskquorum.cli.app import app
from deskquorum.desk_files import DeskFiles
from deskquorum.errors import ConfigError
from deskquorum.execution import CallablePort, RefusedError
from deskquorum.host_key import new_host_key
from deskquorum.judgement import judge
from deskquorum.ledger import Ledger
from deskquorum.ledger.outbox import State, executions_after, forbid, order_in
from deskquorum.ledger.reviews import of_conversation

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


def rerun(desk, entry):
    """What the recorded evidence is judged to be now."""
    said = entry.decision
    more = {"decision_id": said.id, "now": said.decided_at, "saved_calls": said.saved_calls}
    return judge(entry.evidence, desk.parts.rules, **more)


async def test_who_decides_the_same_again_is_told_that_it_is_ordered_already(folder, ticket):
    async def close(_):
        raise AssertionError("nobody works here")

    given = {"keys": {**os.environ, **HOST}, "actions": {"close_ticket": close}}
    async with load_desk(folder, models=False, **given) as desk:
        first = await desk.decide(ticket("plain-01"), deadline_s=60)
        second = await desk.decide(ticket("plain-01"), deadline_s=60)
        assert (first.route, second.route) == (Route.AUTO, Route.AUTO)
        told = [reason for reason in second.reasons if reason.code == "already-ordered"]
        assert len(told) == 1
        assert "already-ordered" not in [reason.code for reason in first.reasons]
        entry = desk.ledger.get(second.id)
        assert entry.evidence.failures == tuple(told)
        assert rerun(desk, entry) == entry.decision
        with desk.ledger.database.transaction() as tx:
            [row] = executions_after(tx)
        assert (row.decision, row.key) == (first.id, told[0].params["key"])


@pytest.mark.parametrize("end", ["failed", "unknown", "cancelled"])
async def test_what_ended_badly_is_not_called_automatic_when_it_is_decided_again(
    folder, ticket, end
):
    async def close(_):
        raise RefusedError if end == "failed" else ValueError

    given = {"keys": {**os.environ, **HOST}, "actions": {"close_ticket": close}}
    async with load_desk(folder, models=False, **given) as desk:
        await desk.decide(ticket("plain-01"), deadline_s=60)
        with desk.ledger.database.transaction(writing=True) as tx:
            [row] = executions_after(tx)
            if end == "cancelled":
                assert forbid(tx, order_in(tx, row.key))
        await anyio.sleep(1.1)
        await desk.worker().run_once()
        again = await desk.decide(ticket("plain-01"), deadline_s=60)
        assert again.route is Route.HUMAN
        [told] = [reason for reason in again.reasons if reason.code == "not-ordered-again"]
        assert told.params == {"action": "close_ticket", "key": row.key, "state": end}
        entry = desk.ledger.get(again.id)
        assert rerun(desk, entry) == entry.decision
        with desk.ledger.database.transaction() as tx:
            waiting = of_conversation(tx, "plain-01")
            [row] = executions_after(tx)
        assert again.id in {item.decision for item in waiting if item.state == "open"}
        assert row.state == end


class Slow(Ledger):
    """Its appends are committed at once, and acknowledged late from when a test says so."""

    slow_s = 0.0

    def append(self, decision, evidence, **more):
        entry = super().append(decision, evidence, **more)
        time.sleep(self.slow_s)
        return entry


async def test_what_nobody_was_told_does_not_cancel_what_somebody_was(folder, ticket):
    async def close(_):
        raise AssertionError("nobody works here")

    keys = {**os.environ, **HOST}

    def load():
        parts = load_parts(folder, models=False, keys=keys, actions=("close_ticket",))
        return replace(parts, ledger=Slow(parts.ledger.database))

    ports = {"close_ticket": CallablePort(close)}
    async with Desk(DeskFiles(folder=folder, load=load), keys=keys, actions=ports) as desk:
        first = await desk.decide(ticket("plain-01"), deadline_s=60)
        assert first.route is Route.AUTO
        desk.ledger.slow_s = 1.5
        second = await desk.decide(ticket("plain-01"), deadline_s=1)
        assert second.reasons[0].code == "no-record"
        with anyio.fail_after(20):
            while len(found := list(desk.ledger.entries())) < 3:  # noqa: ASYNC110 - a thread writes
                await anyio.sleep(0.05)
        assert found[2].decision.reasons[-1].params == {"decision": second.id}
        with desk.ledger.database.transaction() as tx:
            [row] = executions_after(tx)
        assert (row.decision, row.state) == (first.id, State.READY)


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
