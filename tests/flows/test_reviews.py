"""What a person is to decide: the queue, and verdicts that the gate rules on again."""

import json
import os
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest
from aiohttp import web
from typer.testing import CliRunner

from deskquorum import Action, Route, load_desk
from deskquorum.cli.app import app
from deskquorum.domain import Proposal
from deskquorum.errors import LedgerError
from deskquorum.ledger.outbox import State, execution, order_of
from deskquorum.ledger.reviews import (
    TakenError,
    Verdict,
    claim,
    get_item,
    items,
    of_conversation,
    overdue,
    queue_length,
)
from deskquorum.ledger.verdict_labels import audited_labels
from deskquorum.notifying import message_of, send_notices
from deskquorum.policy import RISKS
from deskquorum.reviewing import VerdictError, give_verdict

pytestmark = pytest.mark.anyio

KEYS = {"DESKQUORUM_KEY": b64encode(bytes(range(32))).decode()}


async def carried_out(call):
    return {"did": call.action}


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request, tmp_path):
    if request.param == "sqlite":
        return tmp_path / "ledger.sqlite"
    return request.getfixturevalue("postgres")


@pytest.fixture
async def desk(folder, ledger):
    actions = {"issue_refund": carried_out}
    async with load_desk(folder, models=False, ledger=ledger, keys=KEYS, actions=actions) as opened:
        yield opened


@pytest.fixture
def refund(ticket):
    """A ticket whose bot wants to pay back 24.00, which only a person may allow here."""

    def made(amount="24.00", name="plain-04"):
        asked = ticket(name)
        order = dict(asked.facts.get("order", {})).get("id", "NW-1")
        action = Action(name="issue_refund", args={"order_id": order, "amount": amount})
        return replace(asked, proposal=Proposal(source="bot", action=action))

    return made


def read(desk, work, **named):
    with desk.ledger.database.transaction(writing=True) as tx:
        return work(tx, **named)


async def opened(desk, ticket):
    decision = await desk.decide(ticket, deadline_s=60)
    assert decision.route is Route.HUMAN
    [item] = [i for i in read(desk, of_conversation, conversation=ticket.id) if i.state == "open"]
    return decision, item


def key_of(desk, item, action):
    spec = desk.parts.rules.book.actions[action.name]
    tenant = desk.ledger.database.tenant
    return order_of(tenant, item.conversation, action, spec, item.decision, item.subject).key


def state_of(desk, key):
    found = read(desk, execution, key=key)
    return None if found is None else found.state


async def test_a_decision_that_is_a_persons_waits_with_its_reasons_and_suggestion(desk, refund):
    decision, item = await opened(desk, refund())
    assert item.decision == decision.id
    assert [r.code for r in item.reasons] == [r.code for r in decision.reasons]
    assert item.action == decision.action
    assert item.due_at - item.opened_at == timedelta(hours=1)


async def test_a_later_decision_on_the_conversation_takes_the_place_of_an_open_item(desk, refund):
    await opened(desk, refund())
    await opened(desk, refund())
    states = sorted(i.state for i in read(desk, of_conversation, conversation=refund().id))
    assert states == ["open", "superseded"]


async def test_the_riskiest_is_first_and_pages_follow_on(desk, refund, ticket):
    for name in ("plain-02", "plain-03", "plain-05"):
        await desk.decide(ticket(name), deadline_s=60)
    await desk.decide(refund(), deadline_s=60)
    whole = read(desk, items)
    assert [i.risk for i in whole] == sorted((i.risk for i in whole), reverse=True)
    assert whole[0].risk == RISKS.index("money")
    first = read(desk, items, limit=2)
    rest = read(desk, items, after=first[-1].id)
    assert [i.id for i in (*first, *rest)] == [i.id for i in whole]


async def test_what_is_approved_is_ordered_once_and_confirms_the_answers(desk, refund):
    _, item = await opened(desk, refund())
    said = Verdict(kind="approve", by="Ada", args_hash=item.args_hash)
    done = await give_verdict(desk, item.id, said)
    assert (done.state, done.verdict, done.verdict_by) == ("resolved", "approve", "Ada")
    assert done.final_action == item.action
    assert state_of(desk, key_of(desk, item, item.action)) is State.READY
    again = await give_verdict(desk, item.id, said)
    assert again == done
    labels = read(desk, lambda tx: list(audited_labels(tx)))
    assert {label.decision for label in labels} <= {item.decision}
    with pytest.raises(VerdictError) as refused:
        await give_verdict(desk, item.id, Verdict(kind="reject", by="Bo"))
    assert refused.value.code == "resolved"


async def test_a_verdict_on_other_arguments_is_stale(desk, refund):
    _, item = await opened(desk, refund())
    with pytest.raises(VerdictError) as refused:
        await give_verdict(desk, item.id, Verdict(kind="approve", by="Ada", args_hash="0" * 64))
    assert refused.value.code == "stale"
    assert read(desk, get_item, item=item.id).state == "open"


async def test_the_suggestion_can_never_run_after_an_edit(desk, refund):
    _, item = await opened(desk, refund())
    smaller = replace(item.action, args={**item.action.args, "amount": "12.00"})
    said = Verdict(kind="edit", by="Ada", args_hash=item.args_hash, action=smaller)
    done = await give_verdict(desk, item.id, said)
    assert done.final_action == smaller
    assert state_of(desk, key_of(desk, item, smaller)) is State.READY
    assert state_of(desk, key_of(desk, item, item.action)) is State.CANCELLED


@pytest.mark.parametrize("kind", ["reject", "respond"])
async def test_nothing_is_ordered_when_it_is_rejected_or_answered(desk, refund, kind):
    _, item = await opened(desk, refund())
    reply = "We will look into it." if kind == "respond" else None
    done = await give_verdict(desk, item.id, Verdict(kind=kind, by="Ada", reply=reply))
    assert (done.final_action, done.final_reply) == (None, reply)
    assert state_of(desk, key_of(desk, item, item.action)) is State.CANCELLED


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(Action(name="isue_refund"), id="unknown-action"),
        pytest.param(Action(name="issue_refund", args={"amount": "much"}), id="unfit-arguments"),
    ],
)
async def test_an_edit_that_does_not_fit_is_refused(desk, refund, action):
    _, item = await opened(desk, refund())
    said = Verdict(kind="edit", by="Ada", args_hash=item.args_hash, action=action)
    with pytest.raises(VerdictError) as refused:
        await give_verdict(desk, item.id, said)
    assert refused.value.code == "invalid"


async def test_what_a_rule_denies_today_nobody_can_approve(desk, folder, refund):
    _, item = await opened(desk, refund())
    path = folder / "policies" / "no-refunds.yaml"
    path.write_text(
        "policy: no-refunds\nversion: '1'\nclauses:\n  - {id: N1, text: No refunds today.}\n"
        "rules:\n  - {id: none-today, on: [issue_refund], effect: deny, cite: [N1],"
        " reason: no refunds today}\n",
        encoding="utf-8",
    )
    await desk.reload()
    said = Verdict(kind="approve", by="Ada", args_hash=item.args_hash)
    with pytest.raises(VerdictError) as refused:
        await give_verdict(desk, item.id, said)
    assert refused.value.code == "denied"
    assert state_of(desk, key_of(desk, item, item.action)) is None


async def test_of_many_verdicts_at_the_same_time_one_counts(desk, refund):
    _, item = await opened(desk, refund())

    def judge(n):
        said = Verdict(kind="approve" if n % 2 else "reject", by=f"p{n}", args_hash=item.args_hash)
        try:
            return anyio.run(give_verdict, desk, item.id, said).verdict_by
        except VerdictError as exc:
            return exc.code

    with ThreadPoolExecutor(8) as pool:
        told = await anyio.to_thread.run_sync(lambda: list(pool.map(judge, range(8))))
    assert len([one for one in told if one.startswith("p")]) == 1
    assert {one for one in told if not one.startswith("p")} == {"resolved"}


async def test_who_holds_an_item_is_the_only_one_to_judge_it(desk, refund):
    _, item = await opened(desk, refund())
    lease = timedelta(minutes=15)
    read(desk, claim, item=item.id, by="Ada", lease=lease)
    with pytest.raises(TakenError, match="Ada holds"):
        read(desk, claim, item=item.id, by="Bo", lease=lease)
    with pytest.raises(VerdictError) as refused:
        await give_verdict(desk, item.id, Verdict(kind="reject", by="Bo"))
    assert refused.value.code == "taken"
    assert (await give_verdict(desk, item.id, Verdict(kind="reject", by="Ada"))).state == "resolved"


async def test_what_is_overdue_is_told_once(desk, refund):
    _, item = await opened(desk, refund())
    desk.ledger.database._clock = lambda: item.due_at + timedelta(seconds=1)
    assert read(desk, overdue, tells=True) == [item.id]
    assert read(desk, overdue, tells=True) == []
    assert read(desk, queue_length) == (1, 1)


async def test_without_a_queue_the_bot_still_gets_a_person(desk, refund, monkeypatch):
    def gone(*_, **__):
        raise LedgerError("the ledger failed: gone")

    monkeypatch.setattr(desk.ledger.database, "transaction", gone)
    decision = await desk.decide(refund(), deadline_s=60)
    assert decision.route is Route.HUMAN
    assert "no-record" in [r.code for r in decision.reasons]


async def test_a_notice_arrives_though_the_webhook_fails_first_and_tells_no_value(desk, refund):
    spec = replace(desk.parts.desk.reviews, link="https://desk.example/reviews/{id}")
    answers, got = [500, 429, 200], []

    async def hook(request):
        got.append(await request.json())
        return web.Response(status=answers.pop(0), headers={"Retry-After": "1"})

    server = web.Application()
    server.router.add_post("/hook", hook)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    try:
        _, item = await opened(desk, refund())
        database, late = desk.ledger.database, item.due_at
        database._clock = lambda: late
        read(desk, overdue, tells=True)
        for hours in range(1, 4):
            database._clock = lambda hours=hours: late + timedelta(hours=hours)
            await send_notices(database, spec, f"http://127.0.0.1:{port}/hook")
        assert (answers, len(got)) == ([], 3)
        assert not await send_notices(database, spec, f"http://127.0.0.1:{port}/hook")
    finally:
        await runner.cleanup()
    text = json.dumps(got)
    assert f"https://desk.example/reviews/{item.id}" in text
    values = [str(value) for value in refund().requester.record.values() if len(str(value)) > 3]
    assert values
    assert not [value for value in values if value in text]
    assert message_of("review-opened", item, spec)["text"].endswith(item.id)


def test_the_queue_on_the_command_line(folder, refund, tmp_path, monkeypatch):
    monkeypatch.setenv("DESKQUORUM_KEY", KEYS["DESKQUORUM_KEY"])
    place = tmp_path / "cli.sqlite"
    desk = load_desk(folder, models=False, ledger=place, keys=os.environ)
    with closing(desk.ledger):
        desk.decide_sync(refund(), deadline_s=60)
    where = ["--desk", str(folder), "--ledger", str(place)]

    def run(*words):
        return CliRunner().invoke(app, ["queue", *words, *where])

    [row] = json.loads(run("list", "--json").stdout)
    assert row["action"]["name"] == "issue_refund"
    assert "1 open" in run("list").stdout
    assert row["args_hash"] in run("show", row["id"]).stdout
    assert run("claim", row["id"], "--by", "Ada").exit_code == 0
    stale = run("verdict", "approve", row["id"], "--by", "Ada", "--hash", "0" * 64)
    assert (stale.exit_code, "stale" in stale.output) == (1, True)
    said = ("--by", "Ada", "--answer", "intent=refund_faulty", "--json")
    done = run("verdict", "approve", row["id"], "--hash", row["args_hash"], *said)
    assert json.loads(done.stdout)["verdict"] == "approve"
    out = tmp_path / "gold.csv"
    labels = run("labels", "--question", "intent", "--out", str(out))
    assert labels.exit_code == 0
    assert out.read_text("utf-8").splitlines() == ["item,label", f"{refund().id},refund_faulty"]
