"""Whole tickets through a whole desk, over real HTTP and a real ledger."""

import re
import time
from dataclasses import replace

import pytest

from deskquorum import Action, Proposal, Route, load_desk
from deskquorum.domain import Facts, Reason, Verdict, VoteStatus
from deskquorum.formats import parse_json, read_ticket
from deskquorum.judgement import judge
from deskquorum.reconciliation import Alarm, write_alarms
from deskquorum.redaction import Redactor
from deskquorum.testing import (
    ScriptedModel,
    drop,
    empty_choices,
    garbage_json,
    hang,
    html,
    letters,
    refusal,
    says,
    status,
    truncated,
)

pytestmark = pytest.mark.anyio

CARD = "4111 1111 1111 1111"


def codes(decision):
    return [reason.code for reason in decision.reasons]


async def test_thanks_are_closed_by_themselves(without_model, ticket):
    async with without_model as desk:
        decision = await desk.decide(ticket("plain-01"))
    assert (decision.route, decision.action) == (Route.AUTO, Action(name="close_ticket"))
    assert "signed-off" in codes(decision)


async def test_a_clause_declines_and_the_reply_quotes_it(without_model, ticket):
    async with without_model as desk:
        decision = await desk.decide(ticket("plain-10"))
    assert decision.route is Route.DENY
    clause = without_model.parts.rules.book.clauses["C2"].text
    assert clause in decision.reply
    assert any(finding.clause == "C2" for finding in decision.findings)


@pytest.mark.parametrize(
    ("scope", "route"),
    [
        pytest.param("{order.status: [shipped, delivered]}", Route.DENY, id="applies"),
        pytest.param("{customer.tier: trailhead}", Route.HUMAN, id="does-not-apply"),
        pytest.param("{order.channel: shop}", Route.HUMAN, id="nobody-can-tell"),
    ],
)
async def test_a_reply_of_its_own_quotes_a_clause_only_where_it_applies(
    folder, ticket, scope, route
):
    policies = folder / "policies"
    for file, old, new in (
        ("orders.yaml", "{id: C2, ", f"{{id: C2, scope: {scope}, "),
        ("facts.yaml", "facts:\n", "facts:\n  order.channel: string\n"),
    ):
        text = (policies / file).read_text(encoding="utf-8")
        (policies / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    async with load_desk(folder, models=False) as desk:
        decision = await desk.decide(ticket("plain-10"))
        entry = desk.ledger.get(decision.id)
        assert decision.route is route
        assert replayed(desk, entry) == entry.decision
    backed = {f.clause for f in decision.findings if f.verdict is Verdict.SUPPORTED}
    assert ("C2" in backed) is (route is Route.DENY)


async def test_money_never_moves_by_itself(without_model, rows, ticket):
    async with without_model as desk:
        decisions = [await desk.decide(ticket(name)) for name in rows]
    moved = [d for d in decisions if d.route is Route.AUTO and d.action]
    assert {d.action.name for d in moved} <= {"close_ticket"}


async def test_a_ticket_that_must_be_human_is_human(without_model, rows, ticket):
    async with without_model as desk:
        for name, row in rows.items():
            if row["expected"]["must_be_human"]:
                assert (await desk.decide(ticket(name))).route is Route.HUMAN, name


async def test_an_address_comes_back_for_the_action_and_not_into_the_ledger(without_model, ticket):
    async with without_model as desk:
        decision = await desk.decide(ticket("plain-07"))
        entry = desk.ledger.get(decision.id)
    assert decision.action.args["address"] == "77 Tamarack Street, Duluth, MN 55802"
    assert entry.decision.action.args["address"].startswith("⟦ADDRESS_1·")


def replayed(desk, entry):
    """What today's files decide on recorded evidence."""
    return judge(
        entry.evidence,
        desk.parts.rules,
        decision_id=entry.decision.id,
        now=entry.decision.decided_at,
        saved_calls=entry.decision.saved_calls,
    )


async def test_a_recorded_decision_replays_to_the_same_decision(without_model, rows, ticket):
    async with without_model as desk:
        for name in rows:
            made = await desk.decide(ticket(name))
            entry = desk.ledger.get(made.id)
            assert replayed(desk, entry) == entry.decision, name
        assert desk.ledger.verify().first_broken is None


async def test_a_decision_held_by_drift_replays_to_itself(folder, ticket):
    alarm = Alarm(kind="disagreement", question="intent", noticed="they differ")
    write_alarms(load_desk(folder, models=False).parts.learned_path, [alarm])
    async with load_desk(folder, models=False) as desk:
        made = await desk.decide(ticket("plain-01"))
        entry = desk.ledger.get(made.id)
        assert made.route is Route.HUMAN
        assert "drift" in codes(made)
        assert replayed(desk, entry) == entry.decision


async def test_a_decision_without_a_sources_facts_replays_to_itself(without_model, ticket):
    params = {"source": "crm", "why": "late", "facts": "order.status"}
    failed = (Reason(code="fact-source-failed", params=params),)
    async with without_model as desk:
        gathered = await desk.gather(ticket("plain-10"))
        facts = {n: f for n, f in gathered.facts.values.items() if n != "order.status"}
        evidence = replace(gathered, facts=Facts(values=facts), failures=failed)
        made = judge(
            evidence, desk.parts.rules, decision_id="d-1", now=evidence.ticket.messages[-1].at
        )
        entry = desk.ledger.append(made, evidence)
        assert "fact-source-failed" in codes(made)
        assert replayed(desk, desk.ledger.get("d-1")) == entry.decision


async def test_a_hand_off_replays_to_itself(folder, ticket, monkeypatch):
    def broken(_, ticket):
        raise RuntimeError(ticket.id)

    async with load_desk(folder, models=False) as desk:
        monkeypatch.setattr(Redactor, "open", broken)
        made = await desk.decide(ticket("plain-01"))
        entry = desk.ledger.get(made.id)
        assert codes(made) == ["stage-failed"]
        assert replayed(desk, entry) == entry.decision


async def test_a_decision_names_the_versions_that_it_was_decided_by(without_model, ticket):
    async with without_model as desk:
        decision = await desk.decide(ticket("plain-01"))
    rules = without_model.parts.rules
    assert decision.policy_hash == rules.book.hash
    assert decision.versions["policy.refunds"] == "2026-11-1"
    assert decision.versions["desk"] == decision.versions["playbook"] == "2026-11-1"
    assert decision.versions["learned"] == rules.learned.hash
    assert decision.versions["playbook_hash"] == rules.playbook.hash


async def test_no_personal_data_reaches_the_model_or_the_ledger(always_asking, model, rows, ticket):
    folder = always_asking
    desk = load_desk(folder, model_url=model.base_url)
    async with desk:
        for name in rows:
            await desk.decide(ticket(name))
    wire = "\n".join(body.decode() for body in model.requests)
    kept = b"".join(f.read_bytes() for f in (folder / "state").iterdir()).decode("utf-8", "replace")
    assert len(model.requests) == len(rows)
    for row in rows.values():
        for value in row["requester"].values():
            assert value not in wire, row["id"]
            assert value not in kept, row["id"]
        for value in row["expected"]["redact"]:
            assert not re.search(rf"\b{re.escape(value)}\b", wire), row["id"]
    assert not re.search(r"\b4[0-9]{3}([ -]?[0-9]{4}){3}\b", wire + kept)
    assert not re.search(r"[\w.]+@[\w.]+\.\w+", wire + kept)


@pytest.mark.parametrize(
    ("play", "why"),
    [
        pytest.param(status(429, retry_after=60), "rate-limited", id="429"),
        pytest.param(status(500), "server-error", id="500"),
        pytest.param(status(401), "auth", id="401"),
        pytest.param(html(), "garbage", id="html"),
        pytest.param(garbage_json(), "garbage", id="garbage"),
        pytest.param(truncated(), "truncated", id="truncated"),
        pytest.param(refusal(), "refused", id="refusal"),
        pytest.param(empty_choices(), "empty", id="empty"),
        pytest.param(hang(), "timeout", id="hanging"),
        pytest.param(drop(), "unreachable", id="dropped"),
        pytest.param(says("I think it is returns."), "off-menu", id="prose"),
    ],
)
async def test_a_broken_model_costs_its_vote_and_gives_the_ticket_to_a_person(
    always_asking, ticket, play, why
):
    async with ScriptedModel(lambda _: play) as model:
        desk = load_desk(always_asking, model_url=model.base_url)
        async with desk:
            started = time.monotonic()
            decision = await desk.decide(ticket("plain-01"), deadline_s=3)
            elapsed_s = time.monotonic() - started
        votes = desk.ledger.get(decision.id).evidence.votes
    lost = [vote for vote in votes if vote.status is not VoteStatus.CAST and vote.model is None]
    failed = [vote for vote in votes if vote.status is VoteStatus.FAILED]
    assert decision.route is Route.HUMAN or not failed
    assert elapsed_s < 3.5
    assert [v.why for v in votes if v.labeler == "route-model"] in ([why], ["no-logprobs"]), lost


async def test_a_model_whose_vote_could_change_nothing_is_not_asked(folder, model, ticket):
    async with load_desk(folder, model_url=model.base_url) as desk:
        decision = await desk.decide(ticket("plain-01"))
    assert (decision.route, decision.saved_calls, model.requests) == (Route.AUTO, 1, [])


async def test_a_model_that_is_down_gives_the_ticket_to_a_person(always_asking, ticket):
    desk = load_desk(always_asking, model_url="http://127.0.0.1:9/v1")
    async with desk:
        decision = await desk.decide(ticket("plain-01"), deadline_s=3)
    assert decision.route is Route.HUMAN
    assert decision.reasons[0].params["why"] == "unreachable"


async def test_a_deadline_that_cannot_be_kept_is_a_hand_off(always_asking, ticket):
    async with ScriptedModel(lambda _: hang()) as model:
        desk = load_desk(always_asking, model_url=model.base_url)
        async with desk:
            decision = await desk.decide(ticket("plain-01"), deadline_s=0.001)
    assert decision.route is Route.HUMAN
    # Where the ledger is late too, that is told first.
    assert {r.code for r in decision.reasons} & {"late", "labeler-failed"}


async def test_without_a_record_nothing_goes_by_itself(folder, ticket, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("no folder")
    desk = load_desk(folder, models=False, ledger=blocked / "ledger.sqlite")
    async with desk:
        decision = await desk.decide(ticket("plain-01"))
    assert decision.route is Route.HUMAN
    assert decision.reasons[0].code == "no-record"


async def test_what_cannot_be_redacted_is_a_hand_off_without_its_text(folder, ticket, monkeypatch):
    def broken(_, ticket):
        raise RuntimeError(ticket.messages[0].text)

    desk = load_desk(folder, models=False)
    async with desk:
        monkeypatch.setattr(Redactor, "open", broken)
        decision = await desk.decide(ticket("plain-01"))
    entry = desk.ledger.get(decision.id)
    assert decision.route is Route.HUMAN
    assert decision.reasons[0].params == {"stage": "redaction", "why": "RuntimeError"}
    assert [message.text for message in entry.evidence.ticket.messages] == [""]


async def test_a_bots_action_is_ruled_on_facts_and_not_on_its_word(without_model, ticket):
    wish = Proposal(
        source="bot",
        action=Action(name="issue_refund", args={"order_id": "NW-120917", "amount": "9000.00"}),
    )
    async with without_model as desk:
        decision = await desk.review(ticket("plain-10"), wish)
    assert decision.route is not Route.AUTO


async def test_a_bots_invented_promise_goes_to_a_person(without_model, ticket):
    wish = Proposal(source="bot", reply="You have 90 days to return it, and we pay 50 EUR on top.")
    async with without_model as desk:
        decision = await desk.review(ticket("plain-09"), wish)
    assert decision.route is Route.HUMAN
    assert "reply-check" in codes(decision)


async def test_an_unknown_action_of_a_bot_goes_to_a_person(without_model, ticket):
    wish = Proposal(source="bot", action=Action(name="delete_everything"))
    async with without_model as desk:
        decision = await desk.review(ticket("plain-01"), wish)
    assert decision.route is Route.HUMAN


async def test_a_placeholder_in_a_bots_reply_is_never_filled_from_another_conversation(
    without_model, ticket
):
    wish = Proposal(source="bot", reply="Hello ⟦PERSON_1·zzzz⟧, thank you.")
    async with without_model as desk:
        decision = await desk.review(ticket("plain-01"), wish)
    assert decision.route is Route.HUMAN


async def test_another_persons_data_in_a_bots_reply_goes_to_a_person(without_model, ticket):
    wish = Proposal(source="bot", reply="We wrote to mia.lund@example.com as well.")
    async with without_model as desk:
        decision = await desk.review(ticket("plain-01"), wish)
    assert decision.route is Route.HUMAN
    assert "leak" in codes(decision)


async def test_a_card_in_the_ticket_does_not_reach_the_record(without_model, ticket):
    seen = ticket("plain-01")
    text = f"{seen.messages[0].text} My card was {CARD}."
    pasted = replace(seen, messages=(replace(seen.messages[0], text=text),))
    async with without_model as desk:
        decision = await desk.decide(pasted)
        entry = desk.ledger.get(decision.id)
    assert CARD not in str(entry)
    assert entry.evidence.ticket.redactions["CREDIT_CARD"] == 1


async def test_attackers_votes_alone_never_allow_a_refund(always_asking, rows):
    """Every prompt labeler answers as the attacker wants; the order is past every window."""
    row = dict(rows["plain-05"])
    row["facts"] = row["facts"] | {
        "order": row["facts"]["order"]
        | {"status": "delivered", "delivered_at": "2024-01-05", "ordered_at": "2024-01-01"}
    }
    async with ScriptedModel(lambda _: letters({"B": 1.0})) as model:
        desk = load_desk(always_asking, model_url=model.base_url)
        async with desk:
            decision = await desk.decide(read_ticket(row))
    assert decision.route is not Route.AUTO
    ruled = [ruling for ruling in decision.rulings if ruling.action == "issue_refund"]
    assert all(ruling.effect != "allow" for ruling in ruled)


def test_the_sync_door_decides_too(without_model, ticket):
    assert without_model.decide_sync(ticket("plain-01")).route is Route.AUTO


def test_a_ticket_needs_nothing_but_an_id_and_a_message(without_model):
    row = '{"id": "x", "messages": [{"role": "customer", "text": "hi", "at": "2026-11-01T09:00Z"}]}'
    assert without_model.decide_sync(read_ticket(parse_json(row))).route is Route.HUMAN
