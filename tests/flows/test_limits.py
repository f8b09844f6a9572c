"""Limits and the kill switch, through whole desks that record in one ledger."""

import json
from dataclasses import replace

import anyio
import pytest
from typer.testing import CliRunner

from deskquorum import Route, load_desk
from deskquorum.cli.app import app
from deskquorum.domain import Usage
from deskquorum.judgement import judge

pytestmark = pytest.mark.anyio

LIMIT = """\
    limits:
      - id: closed-a-day
        per: requester.customer_id
        within: 24h
        count: 3
        reason: three tickets of one customer closed in a day
"""


@pytest.fixture
def limited(folder):
    """The example desk, with a limit on the tickets that it closes by itself."""
    path = folder / "policies" / "replies.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("  close_ticket:\n") == 1
    path.write_text(text.replace("  close_ticket:\n", f"  close_ticket:\n{LIMIT}"), "utf-8")
    return folder


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request, tmp_path):
    if request.param == "sqlite":
        return tmp_path / "ledger.sqlite"
    return request.getfixturevalue("postgres")


def codes(decision):
    return [reason.code for reason in decision.reasons]


async def decide_all(desks, tickets):
    """Decide all tickets at the same time, the desks taking turns."""
    decisions = {}

    async def one(n, ticket):
        decisions[ticket.id] = await desks[n % len(desks)].decide(ticket, deadline_s=120)

    async with anyio.create_task_group() as group:
        for n, ticket in enumerate(tickets):
            group.start_soon(one, n, ticket)
    return decisions


async def test_fifty_requests_at_once_on_two_replicas_pass_no_limit(limited, ticket, ledger):
    thanks = ticket("plain-01")
    tickets = [replace(thanks, id=f"t-{n}") for n in range(50)]
    desks = [load_desk(limited, models=False, ledger=ledger) for _ in range(2)]
    async with desks[0], desks[1]:
        decisions = await decide_all(desks, tickets)
        report = desks[0].ledger.verify()
    closed = [d for d in decisions.values() if d.route is Route.AUTO]
    held = [d for d in decisions.values() if d.route is Route.HUMAN]
    assert (len(closed), len(held)) == (3, 47)
    # On a machine with much else to do a word list may be late, which is a person's for itself.
    on_time = [d for d in held if "labeler-failed" not in codes(d)]
    assert {"limit"} == {code for d in on_time for code in codes(d)}
    assert (report.entries, report.first_broken) == (50, None)


async def test_a_decision_at_a_limit_replays_to_the_same_decision(limited, ticket, ledger):
    thanks = ticket("plain-01")
    async with load_desk(limited, models=False, ledger=ledger) as desk:
        for n in range(4):
            made = await desk.decide(replace(thanks, id=f"t-{n}"))
            entry = desk.ledger.get(made.id)
            assert entry.evidence.used == {"closed-a-day": Usage(count=n)}
            again = judge(
                entry.evidence, desk.parts.rules, decision_id=made.id, now=made.decided_at
            )
            assert replace(again, saved_calls=entry.decision.saved_calls) == entry.decision
    assert made.route is Route.HUMAN


async def test_another_customer_has_an_allowance_of_their_own(limited, ticket, ledger):
    thanks = ticket("plain-01")
    record = dict(thanks.requester.record) | {"customer_id": "C-9999"}
    other = replace(thanks, id="t-9", requester=replace(thanks.requester, record=record))
    async with load_desk(limited, models=False, ledger=ledger) as desk:
        for n in range(4):
            await desk.decide(replace(thanks, id=f"t-{n}"))
        assert (await desk.decide(other)).route is Route.AUTO


async def test_deciding_one_ticket_again_takes_nothing_more(limited, ticket, ledger):
    async with load_desk(limited, models=False, ledger=ledger) as desk:
        routes = [(await desk.decide(ticket("plain-01"))).route for _ in range(5)]
    assert set(routes) == {Route.AUTO}


async def test_a_stop_holds_the_next_decision_of_every_desk_and_resuming_frees_it(
    folder, ticket, ledger
):
    thanks = ticket("plain-01")
    async with load_desk(folder, models=False, ledger=ledger) as desk:
        assert (await desk.decide(thanks)).route is Route.AUTO
        with_switch("stop", folder, ledger)
        held = await desk.decide(thanks)
        assert (held.route, codes(held)[0]) == (Route.HUMAN, "stopped")
        assert (await desk.decide(ticket("plain-10"))).route is Route.HUMAN
        with_switch("resume", folder, ledger)
        assert (await desk.decide(thanks)).route is Route.AUTO
        assert (await desk.decide(ticket("plain-10"))).route is Route.DENY


async def test_a_stop_of_one_action_leaves_the_others(folder, ticket, ledger):
    async with load_desk(folder, models=False, ledger=ledger) as desk:
        # A ledger that nobody records in yet can't be named: a stop there would stop nobody.
        assert (await desk.decide(ticket("plain-10"))).route is Route.DENY
        with_switch("stop", folder, ledger, "close_ticket")
        assert (await desk.decide(ticket("plain-01"))).route is Route.HUMAN
        assert (await desk.decide(ticket("plain-10"))).route is Route.DENY


def test_a_misspelt_action_is_not_stopped_but_told(folder):
    result = CliRunner().invoke(app, ["stop", "close_tickt", "--desk", str(folder), "--why", "x"])
    assert result.exit_code != 0
    assert "did you mean 'close_ticket'?" in str(result.exception)


def test_broken_policies_keep_nobody_from_stopping(folder):
    (folder / "policies" / "refunds.yaml").write_text("policy: [", encoding="utf-8")
    result = CliRunner().invoke(
        app, ["stop", "--desk", str(folder), "--why", "broken", "--by", "Ada", "--json"]
    )
    assert result.exit_code == 0
    (stop,) = json.loads(result.stdout)["stopped"]
    assert (stop["action"], stop["by"], stop["why"]) == (None, "Ada", "broken")


def test_resuming_what_is_not_stopped_is_told(folder):
    result = CliRunner().invoke(app, ["resume", "--desk", str(folder), "--why", "x"])
    assert "the desk as a whole is not stopped; stopped: nothing" in str(result.exception)


def test_a_password_in_desk_yaml_is_refused(folder):
    path = folder / "policies" / "desk.yaml"
    text = path.read_text(encoding="utf-8")
    assert "ledger: state/ledger.sqlite" in text
    text = text.replace("state/ledger.sqlite", "postgresql://desk:secret@db/desk")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match="a password stands in this file") as told:
        load_desk(folder, models=False)
    assert "secret" not in str(told.value)


def with_switch(verb, folder, ledger, *action):
    where = ["--desk", str(folder), "--ledger", str(ledger)]
    result = CliRunner().invoke(app, [verb, *action, *where, "--why", "odd", "--by", "Ada"])
    assert result.exit_code == 0, result.output
