"""A desk while its models fail, and after: always an answer in time, a person when in doubt."""

import socket
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import anyio
import pytest

from deskquorum import Action, Proposal, Route, load_desk
from deskquorum.domain import VoteStatus
from deskquorum.llm import Spending
from deskquorum.llm.breaker import BreakerState
from deskquorum.testing import (
    ScriptedModel,
    drop,
    garbage_json,
    half,
    hang,
    html,
    letters,
    make_ticket,
    refusal,
    says,
    slow,
    status,
    truncated,
)

pytestmark = pytest.mark.anyio

DESK = """\
desk: small
version: "1"
languages: [en]
deadline_s: 1.0
currency: EUR
{budget}
questions:
  mood:
    ask: Does the customer only say thanks?
    labels: {{thanks: "nothing is asked", other: "anything else"}}
    labelers: [mood-words, mood-model]
    quorum: 2
labelers:
  mood-words: {{kind: rule, file: labelers/mood.rules.yaml, accuracy: 0.9}}
  mood-model: {{kind: prompt, prompt: classify, model: main, accuracy: 0.8, wave: 1, price: 0}}
models:
"""
MODEL = """\
  {name}:
    model: {name}-model
    base_url: {url}
    timeout_s: 0.4
    prompt_per_million: "1000"
    completion_per_million: "1000"
    fallback: [{fallback}]
"""
WORDS = """\
labeler: mood-words
version: "1"
otherwise: other
rules:
  - {id: thanks, label: thanks, words: [thanks]}
"""
CLOSING = """\
policy: closing
version: "1"
clauses:
  - {id: C1, text: "A ticket of thanks can be closed."}
actions:
  close_ticket:
    risk: close
    mode: auto
    autonomy: {uncertified: {by: Kim, date: 2026-11-02, why: it is only closed}}
rules:
  - id: close
    on: close_ticket
    effect: allow
    when: answer.mood == "thanks" && ticket.served_language
    cite: [C1]
    reason: nothing is asked
"""
THANKS = replace(
    make_ticket("Thanks for your help!"),
    proposal=Proposal(source="bot", action=Action(name="close_ticket")),
)
YES = letters({"A": 0.9, "B": 0.1})
DEADLINE_S = 1.0
LATE_S = DEADLINE_S + 0.1 + 0.9
"""Promised is the deadline and 100 ms; the rest is for a machine on which others are busy too."""


def write_desk(folder, urls, *, budget=""):
    """A desk whose model `main` falls back on the others, in order."""
    for name in ("policies", "labelers"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    names = list(urls)
    text = DESK.format(budget=f"budget: {budget}" if budget else "")
    for n, (name, url) in enumerate(urls.items()):
        text += MODEL.format(name=name, url=url, fallback=", ".join(names[n + 1 : n + 2]))
    (folder / "policies" / "desk.yaml").write_text(text, encoding="utf-8")
    (folder / "policies" / "closing.yaml").write_text(CLOSING, encoding="utf-8")
    (folder / "labelers" / "mood.rules.yaml").write_text(WORDS, encoding="utf-8")
    return folder


@asynccontextmanager
async def desk_on(folder, urls, *, spending=None, **more):
    async with load_desk(write_desk(folder, urls, **more), spending=spending) as desk:
        # The first decision also loads what is only needed then.
        await desk.label(make_ticket("hello", id="warm-up"), "mood")
        yield desk


async def decide(desk, n=0):
    """A decision, and the model's vote on it; INVARIANT: in time."""
    started = time.monotonic()
    decision = await desk.decide(replace(THANKS, id=f"t-{n}"))
    assert time.monotonic() - started < LATE_S
    # On a machine that is too busy to record by the deadline there is no record.
    entry = desk.ledger.get(decision.id)
    if entry is None:
        assert decision.route is Route.HUMAN
        return await decide(desk, n + 1000)
    votes = entry.evidence.votes
    return decision, next((vote for vote in votes if vote.labeler == "mood-model"), None)


async def decide_many(desk, count):
    found = []

    async def one(n):
        found.append(await decide(desk, n))

    async with anyio.create_task_group() as group:
        for n in range(count):
            group.start_soon(one, n)
    return found


async def until_normal(desk):
    """Decisions go on, one after the other, until the model is heard again."""
    with anyio.fail_after(20):
        while True:
            found = await decide(desk)
            if found[0].route is Route.AUTO:
                return found
            await anyio.sleep(0.1)


class Changing:
    """A script that plays one turn until it is told another."""

    def __init__(self, play):
        self.play = play

    def __call__(self, _body):
        return self.play


LYING = replace(YES, body=YES.body.replace(b'"scripted"', b'"another-model"'))

FAULTS = [
    pytest.param(hang(), "timeout", id="hangs"),
    pytest.param(slow(3, YES), "timeout", id="slow"),
    pytest.param(status(429, retry_after=2), "rate-limited", id="rate-limited"),
    pytest.param(status(500), "server-error", id="server-error"),
    pytest.param(status(503, retry_after=1.5), "server-error", id="overloaded"),
    pytest.param(drop(), "unreachable", id="drops"),
    pytest.param(half(YES), "unreachable", id="half-a-body"),
    pytest.param(garbage_json(), "garbage", id="half-a-json"),
    pytest.param(html(), "garbage", id="proxy-page"),
    pytest.param(says("A" * 6_000_000), "garbage", id="huge-body"),
    pytest.param(truncated(), "no-logprobs", id="cut-off"),
    pytest.param(refusal(), "refused", id="refuses"),
    pytest.param(status(401), "auth", id="key-refused"),
]


@pytest.mark.parametrize(("play", "why"), FAULTS)
async def test_a_fault_gives_tickets_to_a_person_in_time_and_passes_without_a_restart(
    tmp_path, play, why
):
    script = Changing(YES)
    async with (
        ScriptedModel(script) as model,
        desk_on(tmp_path, {"main": model.base_url}) as desk,
    ):
        assert (await decide(desk))[0].route is Route.AUTO
        script.play = play
        during = [*await decide_many(desk, 6), await decide(desk), await decide(desk)]
        script.play = YES
        after, _ = await until_normal(desk)
    assert {decision.route for decision, _ in during} == {Route.HUMAN}
    lost = {vote.why for _, vote in during if vote is not None}
    assert why in lost
    assert lost <= {why, "circuit-open", "timeout"}
    assert all(vote is None or vote.status is VoteStatus.FAILED for _, vote in during)
    assert after.route is Route.AUTO


async def test_a_provider_that_asks_for_more_time_than_there_is_costs_no_waiting(tmp_path):
    async with (
        ScriptedModel(lambda _: status(429, retry_after=60)) as model,
        desk_on(tmp_path, {"main": model.base_url}) as desk,
    ):
        asked = len(model.requests)
        [(_, vote)] = [await decide(desk)]
        assert (vote.why, len(model.requests)) == ("rate-limited", asked + 1)
        for n in range(6):
            await decide(desk, n)
        [endpoint] = desk.endpoints
        assert endpoint.breaker is BreakerState.OPEN
        assert 50 < endpoint.pause_left_s <= 60
        # It asked to be left alone, and is.
        asked = len(model.requests)
        _, vote = await decide(desk)
        assert (vote.why, len(model.requests)) == ("circuit-open", asked)
        assert any("left alone" in notice for notice in desk.notices)


async def test_a_flapping_model_is_not_left_alone(tmp_path):
    plays = iter([YES, *[status(500), YES] * 200])
    async with (
        ScriptedModel(lambda _: next(plays)) as model,
        desk_on(tmp_path, {"main": model.base_url}) as desk,
    ):
        found = [await decide(desk, n) for n in range(8)]
        [endpoint] = desk.endpoints
    assert endpoint.breaker is BreakerState.CLOSED
    assert {decision.route for decision, _ in found} == {Route.AUTO}


async def test_a_model_without_a_server_is_heard_once_there_is_one(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with desk_on(tmp_path, {"main": f"http://127.0.0.1:{port}/v1"}) as desk:
        during = [*await decide_many(desk, 6), await decide(desk)]
        async with ScriptedModel(lambda _: YES, port=port):
            after, _ = await until_normal(desk)
    assert {decision.route for decision, _ in during} == {Route.HUMAN}
    assert {vote.why for _, vote in during} <= {"unreachable", "circuit-open"}
    assert {decision.cost for decision, _ in during} == {0}
    assert after.route is Route.AUTO


@pytest.mark.parametrize(
    ("play", "status_of_vote"),
    [
        pytest.param(letters({"Z": 1.0}), VoteStatus.ABSTAINED, id="label-off-the-menu"),
        pytest.param(says("A"), VoteStatus.FAILED, id="label-without-probabilities"),
        pytest.param(letters({"B": 0.9, "A": 0.1}), VoteStatus.CAST, id="wrong-label"),
    ],
)
async def test_a_model_that_tells_lies_moves_nothing_by_itself(tmp_path, play, status_of_vote):
    async with (
        ScriptedModel(lambda _: play) as model,
        desk_on(tmp_path, {"main": model.base_url}) as desk,
    ):
        decision, vote = await decide(desk)
    assert (decision.route, vote.status) == (Route.HUMAN, status_of_vote)


async def test_whoever_says_to_have_answered_is_recorded(tmp_path):
    async with (
        ScriptedModel(lambda _: LYING) as model,
        desk_on(tmp_path, {"main": model.base_url}) as desk,
    ):
        _, vote = await decide(desk)
    assert vote.model == "another-model"


@pytest.mark.parametrize(
    "play", [hang(), status(500), status(429, retry_after=60), html(), status(401)],
    ids=["hangs", "server-error", "rate-limited", "proxy-page", "key-refused"],
)  # fmt: skip
async def test_a_fallback_model_answers_in_its_own_name(tmp_path, play):
    async with (
        ScriptedModel(lambda _: play) as main,
        ScriptedModel(lambda _: YES) as backup,
        desk_on(tmp_path, {"main": main.base_url, "backup": backup.base_url}) as desk,
    ):
        decision, vote = await decide(desk)
        story = desk.ledger.get(decision.id)
    assert decision.route is Route.AUTO
    assert (vote.stand_in, vote.family, vote.model) == ("backup", "backup", "scripted")
    assert backup.bodies[-1]["model"] == "backup-model"
    assert story.evidence.cost == decision.cost


async def test_a_person_decides_where_nobody_in_the_chain_answers(tmp_path):
    async with (
        ScriptedModel(lambda _: status(500)) as main,
        ScriptedModel(lambda _: hang()) as backup,
        desk_on(tmp_path, {"main": main.base_url, "backup": backup.base_url}) as desk,
    ):
        decision, vote = await decide(desk)
    assert decision.route is Route.HUMAN
    assert vote.why in {"server-error", "timeout"}


async def test_a_decision_costs_what_its_calls_cost(tmp_path):
    # 600 tokens and one letter, at 1000 EUR a million.
    play = letters({"A": 0.9, "B": 0.1}, prompt_tokens=600)
    async with (
        ScriptedModel(lambda _: play) as model,
        desk_on(tmp_path, {"main": model.base_url}) as desk,
    ):
        decision, vote = await decide(desk)
    assert decision.cost == vote.cost == Decimal("0.601")


async def test_a_call_that_is_given_up_costs_the_most_that_it_may(tmp_path):
    script = Changing(YES)
    spending = Spending()
    async with (
        ScriptedModel(script) as model,
        desk_on(tmp_path, {"main": model.base_url}, spending=spending) as desk,
    ):
        before, script.play = await spending.spent_today(), hang()
        decision, _ = await decide(desk)
        # Each try that could not be recorded in time has cost as much.
        tries = 1 + int(decision.ticket.removeprefix("t-")) // 1000
        assert decision.cost * tries == await spending.spent_today() - before
        assert decision.cost > 0


async def test_without_money_for_a_ticket_no_model_is_asked_and_a_person_decides(tmp_path):
    async with (
        ScriptedModel(lambda _: YES) as model,
        desk_on(tmp_path, {"main": model.base_url}, budget='{per_ticket: "0.01"}') as desk,
    ):
        decision, vote = await decide(desk)
    assert (decision.route, vote.why, decision.cost) == (Route.HUMAN, "over-budget", 0)
    assert model.requests == []


async def test_a_spent_day_holds_back_what_costs_money_until_midnight(tmp_path):
    async with ScriptedModel(lambda _: YES) as model:
        urls = {"main": model.base_url}
        async with desk_on(tmp_path, urls, budget='{per_day: "1.0"}') as desk:
            first, _ = await decide(desk)
            while (found := await decide(desk))[0].route is Route.AUTO:
                pass
            decision, vote = found
            assert first.route is Route.AUTO
            assert (decision.route, vote.why) == (Route.HUMAN, "over-budget")
            assert await desk.spending.spent_today() <= 1
            assert any("until midnight UTC" in notice for notice in desk.notices)
            # That it is not asked is no word against its endpoint.
            assert desk.endpoints[0].breaker is BreakerState.CLOSED


async def test_side_by_side_tickets_do_not_pass_the_days_budget(tmp_path):
    async with (
        ScriptedModel(lambda _: slow(0.05, YES)) as model,
        desk_on(tmp_path, {"main": model.base_url}, budget='{per_day: "2.0"}') as desk,
    ):
        await decide_many(desk, 12)
        assert await desk.spending.spent_today() <= 2
