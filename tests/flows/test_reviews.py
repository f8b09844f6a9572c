"""What a person is to decide: the queue, and verdicts that the gate rules on again."""

import contextlib
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
from sqlalchemy import select
from typer.testing import CliRunner

from deskquorum import Action, Route, load_desk, notifying
from deskquorum.cli.app import app
from deskquorum.domain import Proposal
from deskquorum.errors import LedgerError
from deskquorum.ledger.events import events_after
from deskquorum.ledger.outbox import (
    State,
    begin,
    done,
    execution,
    give_to_person,
    lease,
    order_in,
    order_of,
    start,
)
from deskquorum.ledger.review_items import TakenError, Verdict, verdict_hash
from deskquorum.ledger.reviews import (
    claim,
    get_item,
    items,
    of_conversation,
    overdue,
    queue_length,
)
from deskquorum.ledger.tables import reservations
from deskquorum.ledger.verdict_labels import FAILURE_MODE, audited_labels
from deskquorum.notifying import message_of, send_notices
from deskquorum.policy import RISKS
from deskquorum.queueing import hand_over
from deskquorum.reviewing import give_verdict
from deskquorum.weighing import VerdictError

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
    with desk.ledger.database.transaction(writing=True) as tx:
        return order_of(tx, item.conversation, action, spec, item.decision, item.subject).key


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
    newest, older = read(desk, of_conversation, conversation=refund().id)
    assert (older.newer, older.verdict_by) == (newest.id, None)


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


INVOICES = """
policy: invoices
version: '1'
facts: {customer.email: string}
clauses: [{id: INV1, text: Invoices go to the customer's own address only.}]
actions:
  send_invoice:
    args: {order_id: string, email: string}
    risk: disclosure
    autonomy: {max_error: 0.02, confidence: 0.95}
rules:
  - id: not-to-others
    on: send_invoice
    effect: deny
    when: args.email != customer.email
    cite: [INV1]
    reason: an invoice goes to nobody else
"""


@pytest.mark.parametrize(
    ("email", "refused"),
    [
        pytest.param("delphine.yardley@example.com", None, id="own"),
        pytest.param("somebody.else@example.com", "denied", id="of-somebody-else"),
    ],
)
async def test_an_edit_is_ruled_on_by_the_customers_own_values(folder, refund, email, refused):
    """The record holds placeholders; what the suggestion did not name is known all the same."""
    (folder / "policies" / "invoices.yaml").write_text(INVOICES, encoding="utf-8")
    asked = refund()
    known = {**asked.facts["customer"], "email": "delphine.yardley@example.com"}
    asked = replace(asked, facts={**asked.facts, "customer": known})
    chosen = Action(name="send_invoice", args={"order_id": "NW-120358", "email": email})
    async with load_desk(folder, models=False, keys=KEYS) as desk:
        _, item = await opened(desk, asked)
        said = Verdict(kind="edit", by="Ada", args_hash=item.args_hash, action=chosen)
        if refused is None:
            assert (await give_verdict(desk, item.id, said)).final_action == chosen
            return
        with pytest.raises(VerdictError) as told:
            await give_verdict(desk, item.id, said)
    assert told.value.code == refused


async def test_without_a_host_key_no_value_is_kept_with_an_item(folder, refund):
    async with load_desk(folder, models=False, keys={}) as desk:
        _, item = await opened(desk, refund())
    assert item.values == {}


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


def carried_to(desk, state, *, person=False):
    """Carry out the one order that waits, up to a state."""

    def work(tx):
        [held] = lease(tx, owner="worker", lease_s=60, limit=5)
        begin(tx, held, lease_s=60)
        if not person:
            assert done(tx, held.order)
            return
        maybe = state is State.UNKNOWN
        assert give_to_person(tx, held, error="timeout", maybe=maybe)
        hand_over(lambda: desk.parts, tx, held.order, "timeout")

    read(desk, work)


async def refusal_of(desk, item, **said):
    with pytest.raises(VerdictError) as refused:
        await give_verdict(desk, item.id, Verdict(by="Bo", **said))
    assert read(desk, get_item, item=item.id).state == "open"
    return refused.value


async def test_what_was_rejected_once_is_never_called_approved(desk, refund):
    _, item = await opened(desk, refund())
    await give_verdict(desk, item.id, Verdict(kind="reject", by="Ada"))
    _, again = await opened(desk, refund())
    refused = await refusal_of(desk, again, kind="approve", args_hash=again.args_hash)
    assert (refused.code, "can never run" in str(refused)) == ("denied", True)


async def test_what_ran_already_is_not_done_in_another_way_too(desk, refund):
    _, item = await opened(desk, refund())
    await give_verdict(desk, item.id, Verdict(kind="approve", by="Ada", args_hash=item.args_hash))
    carried_to(desk, State.DONE)
    _, again = await opened(desk, refund())
    smaller = replace(again.action, args={**again.action.args, "amount": "12.00"})
    refused = await refusal_of(desk, again, kind="edit", args_hash=again.args_hash, action=smaller)
    assert (refused.code, "undo it first" in str(refused)) == ("denied", True)
    assert state_of(desk, key_of(desk, again, smaller)) is None


async def test_what_may_have_happened_is_not_sent_again_on_a_persons_word(desk, refund):
    _, item = await opened(desk, refund())
    await give_verdict(desk, item.id, Verdict(kind="approve", by="Ada", args_hash=item.args_hash))
    carried_to(desk, State.UNKNOWN, person=True)
    [found] = read(desk, items)
    assert found.kind == "execution"
    refused = await refusal_of(desk, found, kind="approve", args_hash=found.args_hash)
    assert (refused.code, "may have been carried out" in str(refused)) == ("denied", True)
    done = await give_verdict(desk, found.id, Verdict(kind="reject", by="Bo", why="it arrived"))
    assert done.state == "resolved"


async def test_what_surely_did_not_happen_is_carried_out_on_a_persons_word(desk, refund):
    _, item = await opened(desk, refund())
    await give_verdict(desk, item.id, Verdict(kind="approve", by="Ada", args_hash=item.args_hash))
    carried_to(desk, State.FAILED, person=True)
    [found] = read(desk, items)
    await give_verdict(desk, found.id, Verdict(kind="approve", by="Bo", args_hash=found.args_hash))
    assert state_of(desk, key_of(desk, found, found.action)) is State.READY


@pytest.mark.parametrize("state", [State.UNKNOWN, State.FAILED])
async def test_what_turns_out_to_be_done_leaves_nothing_to_decide(desk, refund, state):
    _, item = await opened(desk, refund())
    await give_verdict(desk, item.id, Verdict(kind="approve", by="Ada", args_hash=item.args_hash))
    carried_to(desk, state, person=True)
    [found] = read(desk, items)
    read(desk, claim, item=found.id, by="Bo", lease=timedelta(minutes=5))
    key = key_of(desk, found, found.action)
    read(desk, lambda tx: done(tx, order_in(tx, key)))
    settled = read(desk, get_item, item=found.id)
    assert (settled.state, settled.assignee, settled.verdict) == ("settled", None, None)
    assert settled.reasons[-1].code == "done-late"
    assert settled.reasons[-1].params["key"] == key
    assert read(desk, items) == []
    for kind in ("approve", "reject"):
        with pytest.raises(VerdictError, match="turned out to be done") as refused:
            await give_verdict(
                desk, found.id, Verdict(kind=kind, by="Bo", args_hash=found.args_hash)
            )
        assert refused.value.code == "resolved"
    assert state_of(desk, key) is State.DONE
    with pytest.raises(TakenError, match="turned out to be done"):
        read(desk, claim, item=found.id, by="Bo", lease=timedelta(minutes=5))
    assert desk.ledger.verify().is_whole


async def test_another_orders_end_is_still_a_persons(desk, refund):
    _, item = await opened(desk, refund())
    await give_verdict(desk, item.id, Verdict(kind="approve", by="Ada", args_hash=item.args_hash))
    carried_to(desk, State.UNKNOWN, person=True)
    [found] = read(desk, items)
    other = replace(found.action, args={**found.action.args, "amount": "12.00"})

    def work(tx):
        spec = desk.parts.rules.book.actions[other.name]
        order = order_of(tx, found.conversation, other, spec, found.decision, found.subject)
        held = start(tx, order, owner="worker", lease_s=60)
        assert done(tx, held.order)

    read(desk, work)
    assert [one.id for one in read(desk, items)] == [found.id]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"reply": "We will call you instead."}, id="reply"),
        pytest.param({"why": "for another reason"}, id="why"),
        pytest.param({"answers": {"intent": "refund_faulty"}}, id="answers"),
        pytest.param({"failure_mode": "wrong-action"}, id="failure-mode"),
    ],
)
async def test_only_the_same_verdict_again_is_a_repeat(desk, refund, other):
    _, item = await opened(desk, refund())
    said = Verdict(kind="respond", by="Ada", reply="We will look into it.")
    done = await give_verdict(desk, item.id, said)
    assert await give_verdict(desk, item.id, said) == done
    with pytest.raises(VerdictError) as refused:
        await give_verdict(desk, item.id, replace(said, **other))
    assert refused.value.code == "resolved"


@pytest.mark.parametrize("kind", ["reject", "edit", "respond"])
async def test_a_reviewer_may_name_what_was_wrong(desk, refund, kind):
    _, item = await opened(desk, refund())
    said = Verdict(
        kind=kind,
        by="Ada",
        args_hash=item.args_hash,
        reply="We will look into it." if kind == "respond" else None,
        action=replace(item.action, args={**item.action.args, "amount": "12.00"})
        if kind == "edit"
        else None,
        failure_mode="wrong-action",
    )
    assert (await give_verdict(desk, item.id, said)).failure_mode == "wrong-action"
    assert read(desk, get_item, item=item.id).failure_mode == "wrong-action"
    noted = read(desk, lambda tx: list(audited_labels(tx, question=FAILURE_MODE)))
    assert [(label.label, label.source, label.by) for label in noted] == [
        ("wrong-action", "verdict", "Ada")
    ]
    assert desk.ledger.verify().first_broken is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param(
            {"kind": "reject", "failure_mode": "wrong-acton"},
            "no failure mode 'wrong-acton'; did you mean 'wrong-action'?",
            id="unknown",
        ),
        pytest.param(
            {"kind": "approve", "failure_mode": "wrong-action"},
            "what is approved has no failure mode",
            id="of-an-approval",
        ),
    ],
)
async def test_a_failure_mode_that_does_not_fit_is_refused(desk, refund, said, told):
    _, item = await opened(desk, refund())
    refused = await refusal_of(desk, item, args_hash=item.args_hash, **said)
    assert (refused.code, told in str(refused)) == ("invalid", True)


async def test_the_desks_own_failure_modes_count(folder, refund):
    (folder / "policies" / "failure_modes.yaml").write_text(
        "failure_modes:\n  - {id: too-slow, what: It took too long., severity: low, owner: ops}\n",
        encoding="utf-8",
    )
    async with load_desk(folder, models=False, keys=KEYS) as desk:
        _, item = await opened(desk, refund())
        await refusal_of(desk, item, kind="reject", failure_mode="wrong-action")
        said = Verdict(kind="reject", by="Ada", failure_mode="too-slow")
        assert (await give_verdict(desk, item.id, said)).failure_mode == "too-slow"


def test_a_verdict_without_a_failure_mode_has_the_digest_that_it_had_before_there_were_any():
    digest = "1af0d96a8a5d216ca0d9f07c8e8308b30c33a67544eda858cbec5baa6a2883ed"
    assert verdict_hash(Verdict(kind="reject", by="Ada", why="not theirs")) == digest


async def test_the_same_verdict_many_times_at_once_is_one(desk, refund):
    _, item = await opened(desk, refund())
    said = Verdict(kind="reject", by="Ada", answers={"intent": "refund_faulty"})

    def judge(_):
        return anyio.run(give_verdict, desk, item.id, said).verdict_by

    with ThreadPoolExecutor(8) as pool:
        told = await anyio.to_thread.run_sync(lambda: list(pool.map(judge, range(8))))
    assert told == ["Ada"] * 8
    noted = read(desk, lambda tx: list(audited_labels(tx, question="intent")))
    assert [label.label for label in noted] == ["refund_faulty"]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("Please pay with card 4111 1111 1111 1111.", id="card"),
        pytest.param("Please write to somebody.else@mail.example.", id="mail-address"),
        pytest.param("The password is Hunter2x9.", id="secret"),
        pytest.param("You idiot.", id="abuse"),
        pytest.param("Dear {{name}}, thanks.", id="gap"),
    ],
)
async def test_a_reviewers_reply_that_leaks_or_insults_is_refused(desk, refund, reply):
    _, item = await opened(desk, refund())
    refused = await refusal_of(desk, item, kind="respond", reply=reply)
    assert (refused.code, len(refused.problems) > 0) == ("invalid", True)
    bare = await refusal_of(desk, item, kind="respond", reply=reply, override=True, why=" ")
    assert bare.code == "invalid"


async def test_a_reviewer_may_send_a_reply_against_its_check_with_a_reason(desk, refund):
    _, item = await opened(desk, refund())
    said = Verdict(
        kind="respond",
        by="Ada",
        reply="Please write to somebody.else@mail.example.",
        override=True,
        why="the carrier's own address",
    )
    done = await give_verdict(desk, item.id, said)
    assert (done.overridden, done.final_reply, done.why) == (True, said.reply, said.why)


async def test_a_suggested_reply_that_contradicts_or_leaks_is_not_approved_as_it_is(desk, refund):
    asked = refund()
    reply = "You can return anything within 900 days. Write to somebody.else@mail.example."
    _, item = await opened(desk, replace(asked, proposal=replace(asked.proposal, reply=reply)))
    assert item.reply == reply
    refused = await refusal_of(desk, item, kind="approve", args_hash=item.args_hash)
    assert (refused.code, len(refused.problems) > 0) == ("invalid", True)


async def test_the_customers_own_values_in_a_suggested_reply_are_no_leak(desk, refund):
    asked = refund()
    own = asked.requester.record["email"]
    reply = f"Thank you for your patience, {own}!"
    _, item = await opened(desk, replace(asked, proposal=replace(asked.proposal, reply=reply)))
    assert own in item.reply
    said = Verdict(kind="approve", by="Ada", args_hash=item.args_hash)
    assert (await give_verdict(desk, item.id, said)).final_reply == item.reply


async def test_a_label_that_does_not_exist_never_gets_in(desk, refund):
    _, item = await opened(desk, refund())
    wrong = {"intnt": "refund_faulty", "intent": "refund_fawlty"}
    refused = await refusal_of(desk, item, kind="reject", answers=wrong)
    assert (refused.code, len(refused.problems)) == ("invalid", 2)
    assert read(desk, lambda tx: list(audited_labels(tx))) == []


@pytest.mark.parametrize(
    ("kind", "label"), [("approve", "right"), ("edit", "wrong"), ("reject", "wrong")]
)
async def test_a_verdict_says_whether_the_suggested_action_was_right(desk, refund, kind, label):
    _, item = await opened(desk, refund())
    smaller = replace(item.action, args={**item.action.args, "amount": "12.00"})
    edited = smaller if kind == "edit" else None
    said = Verdict(kind=kind, by="Ada", args_hash=item.args_hash, action=edited)
    await give_verdict(desk, item.id, said)
    [noted] = read(desk, lambda tx: list(audited_labels(tx, question="@action")))
    assert noted.label == label


async def test_what_a_reviewer_chose_instead_is_counted_in_its_limits(folder, ledger, refund):
    path = folder / "policies" / "refunds.yaml"
    written = path.read_text(encoding="utf-8")
    limit = "limits: [{id: few, per: customer.id, within: 24h, count: 1, cite: [R1], reason: few}]"
    assert "  issue_refund:\n" in written
    path.write_text(
        written.replace("  issue_refund:\n", f"  issue_refund:\n    {limit}\n"), encoding="utf-8"
    )
    asked = replace(refund(), proposal=Proposal(source="bot", action=Action(name="escalate")))
    async with load_desk(folder, models=False, ledger=ledger, keys=KEYS) as desk:
        _, item = await opened(desk, asked)
        chosen = refund().proposal.action
        said = Verdict(kind="edit", by="Ada", args_hash=item.args_hash, action=chosen)
        await give_verdict(desk, item.id, said)
        taken = read(
            desk, lambda tx: tx.connection.execute(select(reservations.c.limit_id)).scalars().all()
        )
    assert taken == ["few"]


async def test_who_holds_an_item_is_told_of_a_newer_one(desk, refund):
    _, held = await opened(desk, refund())
    read(desk, claim, item=held.id, by="Ada", lease=timedelta(minutes=15))
    await desk.decide(refund(), deadline_s=60)
    newest, older = read(desk, of_conversation, conversation=refund().id)
    assert (older.id, older.state, older.newer) == (held.id, "open", newest.id)
    assert (newest.state, newest.newer) == ("open", None)


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


@contextlib.asynccontextmanager
async def webhook(*answers):
    """Where notices go: a status, headers and a pause each time, and 200 once there are no more."""
    waiting, got = list(answers), []

    async def hook(request):
        got.append(await request.json())
        status, headers, pause_s = waiting.pop(0) if waiting else (200, {}, 0)
        await anyio.sleep(pause_s)
        return web.Response(status=status, headers=headers)

    server = web.Application()
    server.router.add_post("/hook", hook)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", got
    finally:
        await runner.cleanup()


def set_clock(desk, now):
    desk.ledger.database._clock = lambda: now


async def overdue_item(desk, refund):
    """An item whose alarm is to be sent."""
    _, item = await opened(desk, refund())
    set_clock(desk, item.due_at)
    read(desk, overdue, tells=True)
    return item


async def test_a_notice_arrives_though_the_webhook_fails_first_and_tells_no_value(
    desk, refund, monkeypatch
):
    monkeypatch.setattr(notifying, "_TIMEOUT_S", 0.3)
    spec = replace(desk.parts.desk.reviews, link="https://desk.example/reviews/{id}")
    item = await overdue_item(desk, refund)
    database = desk.ledger.database
    async with webhook((500, {}, 0), (429, {"Retry-After": "1"}, 0), (200, {}, 1)) as (url, got):
        for hours in range(4):
            set_clock(desk, item.due_at + timedelta(hours=hours))
            await send_notices(database, spec, url)
            assert len(got) == hours + 1
        assert not await send_notices(database, spec, url)
    text = json.dumps(got)
    assert f"https://desk.example/reviews/{item.id}" in text
    values = [str(value) for value in refund().requester.record.values() if len(str(value)) > 3]
    assert values
    assert not [value for value in values if value in text]
    assert message_of("review-opened", item, spec)["text"].endswith(item.id)


async def test_a_webhook_is_left_alone_for_as_long_as_it_asks(desk, refund):
    item, spec = await overdue_item(desk, refund), desk.parts.desk.reviews
    async with webhook((429, {"Retry-After": "1800"}, 0)) as (url, got):
        for minutes, calls in [(0, 1), (29, 1), (31, 2)]:
            set_clock(desk, item.due_at + timedelta(minutes=minutes))
            await send_notices(desk.ledger.database, spec, url)
            assert len(got) == calls


async def test_a_notice_that_never_arrives_is_given_up_with_an_event(desk, refund):
    item, spec = await overdue_item(desk, refund), desk.parts.desk.reviews
    async with webhook(*[(500, {}, 0)] * 20) as (url, got):
        for hours in range(12):
            set_clock(desk, item.due_at + timedelta(hours=hours))
            await send_notices(desk.ledger.database, spec, url)
    assert len(got) == 8
    told = read(desk, lambda tx: [e.ref for e in events_after(tx, 0) if "given-up" in e.kind])
    assert told == [item.id]


async def test_no_markup_of_an_id_reaches_the_notice(desk, refund):
    _, item = await opened(desk, refund())
    odd = replace(item, conversation="<!channel> *b* _i_ ~s~ `c`\n> & done")
    [block] = message_of("review-opened", odd, desk.parts.desk.reviews)["blocks"]
    line = block["text"]["text"].splitlines()[1]
    assert line == f"{item.id} about &lt;!channel&gt; b i s c &gt; &amp; done"


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
    assert "1 open; --limit lists more" in run("list", "--limit", "1").stdout
    shown = run("show", row["id"]).stdout
    assert row["args_hash"] in shown
    assert f"because: {row['reasons'][0]['text']} ({row['reasons'][0]['code']})" in shown
    unbound = run("verdict", "approve", row["id"], "--by", "Ada")
    assert "--hash is missing" in str(unbound.exception)
    assert run("claim", row["id"], "--by", "Ada").exit_code == 0
    stale = run("verdict", "approve", row["id"], "--by", "Ada", "--hash", "0" * 64)
    assert (stale.exit_code, "stale" in stale.output) == (1, True)
    odd = run("verdict", "reject", row["id"], "--by", "Ada", "--failure-mode", "wrong-acton")
    assert (odd.exit_code, "did you mean 'wrong-action'?" in odd.output) == (2, True)
    said = ("--by", "Ada", "--answer", "intent=refund_faulty", "--json")
    done = run("verdict", "approve", row["id"], "--hash", row["args_hash"], *said)
    assert json.loads(done.stdout)["verdict"] == "approve"
    out = tmp_path / "gold.csv"
    labels = run("labels", "--question", "intent", "--out", str(out))
    assert labels.exit_code == 0
    assert out.read_text("utf-8").splitlines() == ["item,label", f"{refund().id},refund_faulty"]
