"""A desk that reads its own systems: whole tickets, a real HTTP server, a real database."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from textwrap import dedent

import anyio
import pytest

from deskquorum import Action, ConfigError, Proposal, Route, load_desk
from deskquorum.domain import Fact, Facts
from deskquorum.facts import FactSourceError, StaticFacts
from deskquorum.formats import parse_json, read_ticket
from deskquorum.judgement import judge
from deskquorum.testing import ScriptedModel, letters, slow

pytestmark = pytest.mark.anyio

DESK = """\
desk: shop
version: "1"
languages: [en]
deadline_s: 3
questions:
  intent:
    ask: What is wanted?
    labels: {invoice: a copy of the invoice, other: anything else}
    labelers: [words]
labelers:
  words: {kind: rule, file: labelers/words.rules.yaml, accuracy: 0.95}
sources:
  shop:
    kind: http
    url: ADDRESS/orders/{order.id}?user={requester.customer_id}
    headers: {Authorization: {env: SHOP_KEY, prefix: "Bearer "}}
    timeout_s: 0.5
    tries: 2
    as_of: held_at
    fields:
      order.status: state
      order.total_minor: {at: total, currency: USD}
      order.email: contact
  crm:
    kind: sql
    url: sqlite:///crm.sqlite
    query: SELECT owner FROM orders WHERE id = :order
    parameters: {order: order.id}
    fields: {order.user_id: owner}
max_age: {order: 1h}
"""

POLICY = """\
policy: invoices
version: "1"
facts:
  order.id: string
  order.status: {type: string, values: [shipped, delivered]}
  order.total_minor: int
  order.email: string
  order.user_id: string
clauses:
  - {id: I1, text: "Customers get a copy of the invoice of a delivered order."}
actions:
  send_invoice:
    args: {order_id: string}
    risk: none
    mode: auto
    autonomy: {uncertified: {by: Ada, date: 2026-11-01, why: harmless}}
  add_note: {args: {text: string}, risk: none, mode: auto,
             autonomy: {uncertified: {by: Ada, date: 2026-11-01, why: harmless}}}
rules:
  - id: delivered
    on: send_invoice
    effect: allow
    when: >-
      order.user_id == requester.customer_id && order.status == "delivered"
      && order.total_minor > 0 && args.order_id == order.id
    cite: I1
    reason: it is delivered
  - id: any-note
    on: add_note
    effect: allow
    reason: notes are harmless
"""

PLAYBOOK = """\
playbook: shop
version: "1"
plays:
  - id: send-it
    when: answer.intent == "invoice" && order.status == "delivered"
    action: {name: send_invoice, args: {order_id: order.id}}
"""

WORDS = """\
labeler: words
version: "1"
otherwise: other
rules:
  - {id: invoice, label: invoice, words: [invoice]}
"""

KEYS = {"SHOP_KEY": "k-1"}
PLACE = "policies/desk.yaml:16:36"
NOW = datetime.now(UTC)
RECORD = {
    "state": "delivered",
    "total": 24.10,
    "contact": "ada@example.com",
    "held_at": NOW.isoformat(),
}
ROW = {
    "id": "t-1",
    "messages": [{"role": "customer", "text": "Please send me the invoice.", "at": NOW}],
    "requester": {"customer_id": "C-204"},
    "facts": {"order": {"id": "O-1"}},
}
PROPOSAL = Proposal(source="bot", action=Action(name="send_invoice", args={"order_id": "O-1"}))


@pytest.fixture
def shop_folder(tmp_path):
    files = {
        "policies/invoices.yaml": POLICY,
        "policies/playbook.yaml": PLAYBOOK,
        "labelers/words.rules.yaml": WORDS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    with sqlite3.connect(tmp_path / "crm.sqlite") as crm:
        crm.execute("CREATE TABLE orders (id TEXT, owner TEXT)")
        crm.execute("INSERT INTO orders VALUES ('O-1', 'C-204')")
    crm.close()
    return tmp_path


@pytest.fixture
def at(shop_folder):
    """The desk folder with its shop at an address."""

    def at(url, **changed):
        text = DESK.replace("ADDRESS", url)
        for old, new in changed.get("desk", {}).items():
            assert old in text
            text = text.replace(old, new)
        (shop_folder / "policies" / "desk.yaml").write_text(text, encoding="utf-8")
        return shop_folder

    return at


@pytest.fixture
def desk_at(at):
    def desk_at(url, *, sources=(), keys=KEYS, **changed):
        return load_desk(at(url, **changed), keys=keys, sources=sources)

    return desk_at


def ticket(**changed):
    return read_ticket({**ROW, **changed})


def of(decision, code):
    return [dict(reason.params) for reason in decision.reasons if reason.code == code]


def missing(decision):
    return {
        reason["fact"]: (reason["source"], reason["why"]) for reason in of(decision, "missing-fact")
    }


async def test_with_its_facts_read_a_signed_off_action_runs_by_itself(shop, desk_at):
    async with shop({"record": RECORD}) as running, desk_at(running.url) as desk:
        decision = await desk.decide(ticket())
        entry = desk.ledger.get(decision.id)
    assert (decision.route, decision.action) == (Route.AUTO, PROPOSAL.action)
    assert running.paths == ["/orders/O-1?user=C-204"]
    assert running.headers[0]["Authorization"] == "Bearer k-1"
    told = {name: fact.source for name, fact in entry.evidence.facts.values.items()}
    assert told["order.status"] == "shop"
    assert told["order.user_id"] == "crm"
    assert told["order.id"] == "ticket"


async def test_what_was_read_is_redacted_before_it_is_recorded(shop, desk_at, shop_folder):
    async with shop({"record": RECORD}) as running, desk_at(running.url) as desk:
        entry = desk.ledger.get((await desk.decide(ticket())).id)
    facts = entry.evidence.facts
    assert facts.get("order.email").startswith("⟦EMAIL")
    assert facts.get("order.user_id") == facts.get("requester.customer_id")
    kept = b"".join(f.read_bytes() for f in (shop_folder / "state").iterdir())
    for personal in (b"ada@example.com", b"C-204", b"k-1"):
        assert personal not in kept


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param([{"record": RECORD}], id="all-there"),
        pytest.param([{"status": 503}] * 2, id="the-shop-is-down"),
    ],
)
async def test_a_decision_on_facts_that_were_read_replays_bit_for_bit(shop, desk_at, turns):
    async with shop(*turns) as running, desk_at(running.url) as desk:
        made = await desk.review(ticket(), PROPOSAL)
        entry = desk.ledger.get(made.id)
        again = judge(
            entry.evidence,
            desk.parts.rules,
            decision_id=made.id,
            now=entry.decision.decided_at,
        )
    assert again == entry.decision


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        pytest.param([{"status": 503}] * 2, "status-503", id="an-error"),
        pytest.param([{"record": RECORD, "delay_s": 9}] * 2, "timeout", id="slow"),
        pytest.param([{"delay_s": float("inf")}] * 2, "timeout", id="hanging"),
        pytest.param([{"body": b"<html>down</html>"}], "not-json", id="garbage"),
        pytest.param([{"drops": True}] * 2, "unreachable", id="a-broken-connection"),
        pytest.param([{"status": 404}], "status-404", id="no-such-order"),
        pytest.param(
            [{"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}],
            "redirected",
            id="led-to-another-host",
        ),
        pytest.param(
            [{"record": RECORD | {"held_at": "2020-01-01T00:00:00Z"}}], "older-than-1h", id="stale"
        ),
        pytest.param([{"record": RECORD | {"total": "many"}}], "not-in-record", id="no-amount"),
    ],
)
async def test_a_missing_fact_is_for_a_person_who_is_told_why(shop, desk_at, turns, why):
    async with shop(*turns) as running, desk_at(running.url) as desk:
        decision = await desk.review(ticket(), PROPOSAL)
    assert decision.route is Route.HUMAN
    assert decision.action == PROPOSAL.action
    assert missing(decision)["order.total_minor"] == ("shop", why)
    assert "order.user_id" not in missing(decision)


async def test_a_play_that_waits_for_a_missing_fact_says_which(shop, desk_at):
    async with shop({"status": 404}) as running, desk_at(running.url) as desk:
        decision = await desk.decide(ticket())
    assert decision.route is Route.HUMAN
    assert of(decision, "nothing-proposed") == [{}]
    unread = {"fact": "order.status", "source": "shop", "why": "status-404"}
    assert unread in of(decision, "unread-fact")


async def test_a_source_that_no_rule_needs_is_not_asked(shop, desk_at):
    note = Proposal(source="bot", action=Action(name="add_note", args={"text": "hello"}))
    async with shop() as running, desk_at(running.url) as desk:
        decision = await desk.review(ticket(), note)
    assert decision.route is Route.AUTO
    assert running.paths == []


async def test_a_source_that_fails_and_is_not_needed_holds_nothing_up(shop, desk_at):
    """A reply may speak of any fact, so everything is asked for."""
    noted = Proposal(
        source="bot", action=Action(name="add_note", args={"text": "hello"}), reply="Thank you!"
    )
    async with shop({"status": 404}) as running, desk_at(running.url) as desk:
        decision = await desk.review(ticket(), noted)
    assert running.paths
    assert missing(decision) == {}
    assert not of(decision, "unread-fact")


async def test_a_ticket_and_a_source_that_disagree_leave_the_fact_missing(shop, desk_at):
    facts = {"order": {"id": "O-1", "status": "shipped"}}
    async with shop({"record": RECORD}) as running, desk_at(running.url) as desk:
        decision = await desk.review(ticket(facts=facts), PROPOSAL)
    assert decision.route is Route.HUMAN
    assert missing(decision) == {"order.status": ("shop, ticket", "disagree")}


async def test_a_record_of_the_ticket_says_nothing_of_facts_that_a_source_tells(shop, desk_at):
    """Else `order: {id: O-1}` would count as an order without a status."""
    async with shop({"status": 404}) as running, desk_at(running.url) as desk:
        decision = await desk.review(ticket(), PROPOSAL)
        evidence = desk.ledger.get(decision.id).evidence
    assert "order.status" not in evidence.facts.values


async def test_text_in_place_of_an_id_reaches_no_other_record(shop, desk_at):
    facts = {"order": {"id": "../users"}}
    async with shop({"record": RECORD}) as running, desk_at(running.url) as desk:
        decision = await desk.review(ticket(facts=facts), PROPOSAL)
    assert decision.route is Route.HUMAN
    assert [path.split("?")[0] for path in running.paths] == ["/orders/..%2Fusers"]


async def test_a_limit_is_per_what_a_source_tells(shop, desk_at, shop_folder):
    limited = POLICY.replace(
        "args: {order_id: string}",
        "args: {order_id: string}\n"
        "    limits: [{id: once, per: order.user_id, within: 1d, count: 1, reason: once a day}]",
    )
    (shop_folder / "policies" / "invoices.yaml").write_text(limited, encoding="utf-8")
    async with shop(*[{"record": RECORD}] * 2) as running, desk_at(running.url) as desk:
        decisions = [await desk.review(ticket(id=name), PROPOSAL) for name in ("t-1", "t-2")]
    assert [decision.route for decision in decisions] == [Route.AUTO, Route.HUMAN]
    kept = b"".join(f.read_bytes() for f in (shop_folder / "state").iterdir())
    assert b"C-204" not in kept


class Meeting:
    """A source that answers once the model has been asked."""

    name = "meeting"
    facts = ("order.status",)

    def __init__(self):
        self.model_asked = anyio.Event()
        self.model_asked_at = self.read_at = 0.0

    def answer(self, _):
        self.model_asked_at = time.monotonic()
        self.model_asked.set()
        return slow(1, letters({"A": 0.6, "B": 0.4}))

    async def read(self, request, *, deadline):  # noqa: ARG002
        await self.model_asked.wait()
        self.read_at = time.monotonic()
        return Facts()


async def test_sources_are_read_while_labelers_vote(always_asking, rows):
    meeting = Meeting()
    plain = read_ticket(parse_json(json.dumps(rows["plain-01"])))
    async with (
        ScriptedModel(meeting.answer) as model,
        load_desk(always_asking, model_url=model.base_url, sources=[meeting]) as desk,
    ):
        decision = await desk.decide(plain)
    assert not of(decision, "late")
    assert meeting.model_asked_at <= meeting.read_at < meeting.model_asked_at + 1


async def test_a_host_adds_sources_of_its_own(shop, desk_at):
    owner = Fact(value="C-204", source="host", read_at=NOW)
    host = StaticFacts("host", Facts(values={"order.user_id": owner}))
    async with (
        shop({"record": RECORD}) as running,
        desk_at(running.url, sources=[host], desk={"crm.sqlite": "gone.sqlite"}) as desk,
    ):
        decision = await desk.decide(ticket())
    assert decision.route is Route.AUTO


class Broken:
    """A host's source that breaks its promise."""

    name = "broken"
    facts = ("order.user_id",)

    def __init__(self, error):
        self._error = error

    async def read(self, request, *, deadline):  # noqa: ARG002
        raise self._error


class UnheardOfError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(FactSourceError("broken", "on-strike"), None, id="told"),
        pytest.param(UnheardOfError("secret"), "UnheardOfError", id="unheard-of"),
    ],
)
async def test_whatever_a_hosts_source_does_is_a_decision(shop, desk_at, error, code):
    async with (
        shop({"record": RECORD}) as running,
        desk_at(running.url, sources=[Broken(error)]) as desk,
    ):
        decision = await desk.decide(ticket())
    if code is None:
        # The other source told the same fact.
        assert decision.route is Route.AUTO
    else:
        assert decision.route is Route.HUMAN
        assert [failed["why"] for failed in of(decision, "stage-failed")] == [code]


async def test_a_source_that_never_answers_does_not_outlast_the_deadline(shop, desk_at):
    patient = {"timeout_s: 0.5": "timeout_s: 60"}
    async with shop({"delay_s": float("inf")}) as running, desk_at(running.url, desk=patient) as d:
        started = anyio.current_time()
        decision = await d.review(ticket(), PROPOSAL, deadline_s=1.5)
        assert anyio.current_time() - started < 2.5
    assert missing(decision)["order.status"] == ("shop", "late")


def test_a_secret_that_is_not_set_is_reported_at_its_place(at):
    with pytest.raises(ConfigError) as caught:
        load_desk(at("http://127.0.0.1:9"), keys={})
    (problem,) = caught.value.problems
    assert str(problem).endswith(
        f"{PLACE}: the environment variable SHOP_KEY is not set; "
        "source 'shop' can't be read without it"
    )


async def test_without_any_environment_a_desk_says_what_it_lacks(desk_at):
    async with desk_at("http://127.0.0.1:9", keys=None) as desk:
        decision = await desk.review(ticket(), PROPOSAL)
        assert desk.notices == ("source 'shop' can't be read (unset-SHOP_KEY)",)
    assert missing(decision)["order.status"] == ("shop", "unset-SHOP_KEY")


def ran(*command, **environment):
    code = "import sys; sys.argv[0] = 'deskquorum'; from deskquorum.cli import main; main()"
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


async def run_aside(*command):
    return await anyio.to_thread.run_sync(lambda: ran(*command, **os.environ, **KEYS))


async def test_doctor_reads_every_source_once(shop, at):
    async with shop({"status": 401}) as running:
        said = await run_aside("doctor", "--desk", str(at(running.url)))
    assert "FAILED  source shop: can't be read (status-401)" in said.stdout
    assert "ok      source crm: answers (no-row)" in said.stdout
    assert said.returncode == 1


async def test_decide_reads_sources_from_the_command_line(shop, at, tmp_path):
    row = {**ROW, "messages": [{**ROW["messages"][0], "at": NOW.isoformat()}]}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    async with shop({"record": RECORD}) as running:
        folder = at(running.url)
        out = tmp_path / "out.jsonl"
        said = await run_aside(
            "decide", str(tmp_path / "in.jsonl"), "--desk", str(folder), "--out", str(out)
        )
        assert said.returncode == 0, said.stderr
        (decision,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
        told = await run_aside("explain", "t-1", "--desk", str(folder))
    assert decision["route"] == "auto"
    assert "Read from shop: order.email = ⟦EMAIL" in told.stdout
    assert "order.status = delivered" in told.stdout


async def test_explain_says_what_was_not_read(shop, desk_at, shop_folder):
    async with shop({"status": 404}) as running, desk_at(running.url) as desk:
        await desk.review(ticket(), PROPOSAL)
    told = await run_aside("explain", "t-1", "--desk", str(shop_folder))
    assert "Not read: order.status from shop (status-404)." in told.stdout
    assert "which rule delivered needs, was not read from shop (status-404)." in told.stdout


async def test_calibrating_asks_no_system(shop, desk_at):
    async with shop() as running, desk_at(running.url) as desk:
        evidence = await desk.gather(replace(ticket(), proposal=None))
    assert running.paths == []
    assert evidence.facts.get("order.id") == "O-1"
