"""The review queue over HTTP: who may see, hold and judge what, and what a bot learns of it."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest

from deskquorum.host_key import HOST_KEY, read_host_key
from deskquorum.ledger import open_ledger
from deskquorum.ledger.api_keys import Scope, create, keys
from deskquorum.ledger.review_items import Draft
from deskquorum.ledger.reviews import open_item
from deskquorum.server.frame_tokens import FrameTokens

LESS = {"name": "issue_refund", "args": {"order_id": "NW-1", "amount": "12.00"}}
CANARY = "canary-value-0815"
numbers = count(1)


@pytest.fixture(scope="module")
def people(shared):
    """Agents with keys of their own, by name; and a key of another desk in the same database."""
    texts = {name: shared.place.key("agent", name=name)[1] for name in ("Ada", "Bo")}
    host_key = read_host_key({HOST_KEY: shared.place.host_key})
    where = shared.place.folder / "state" / "ledger.sqlite"
    with (
        closing(open_ledger(where, tenant="south", host_key=host_key)) as record,
        record.database.transaction(writing=True) as tx,
    ):
        texts["south"] = create(tx, name="Cy", scopes=frozenset(Scope), lasts=None)[1]
    # Keys are learned of once a second.
    time.sleep(1.6)
    return texts


@pytest.fixture
def caller(shared, people):
    """A client for a person, or for a token that was given out."""

    def made(who):
        key = people.get(who, who)
        return httpx.Client(
            base_url=shared.url, headers={"Authorization": f"Bearer {key}"}, timeout=20
        )

    return made


@pytest.fixture
def waiting(shared, tickets):
    """A bot wants to pay back 24.00, which only a person may allow here; its review."""
    plain = next(row for row in tickets if row["id"] == "plain-04")
    action = {"name": "issue_refund", "args": {"order_id": "NW-1", "amount": "24.00"}}

    def asked():
        row = {**plain, "id": f"asked-{next(numbers)}", "proposal": {"action": action}}
        with shared.client("bot") as bot:
            decision = bot.post("/v1/decisions", json=row).json()
        with shared.client("agent") as agent:
            # Its bot learns of the review by the decision, an agent by the queue.
            state = state_of(agent, decision["decision_id"])
            assert (state["state"], state["decision"]) == ("decided", decision)
            [review] = state["reviews"]
            return agent.get(f"/v1/reviews/{review['id']}").json()

    return asked


def state_of(client, decision):
    return client.get(f"/v1/decisions/{decision}").json()


def token_for(client, conversation, agent="mia"):
    body = {"conversation": conversation, "agent": agent}
    return client.post("/v1/frame-tokens", json=body).json()["token"]


def judge(client, item, kind, **more):
    bound = {"args_hash": item["args_hash"]} if kind in {"approve", "edit"} else {}
    body = {"verdict": kind, **bound, **more}
    return client.post(f"/v1/reviews/{item['id']}/verdict", json=body)


def test_what_waits_is_listed_page_by_page_and_by_who_holds_it(caller, waiting):
    new = {waiting()["id"] for _ in range(3)}
    with caller("Ada") as ada:
        held = next(iter(new))
        assert ada.post(f"/v1/reviews/{held}/claim").json()["assignee"] == "Ada"
        everything = ada.get("/v1/reviews", params={"limit": 200}).json()
        paged, after = [], {}
        while after is not None:
            page = ada.get("/v1/reviews", params={"limit": 2, **after}).json()
            assert len(page["items"]) <= 2
            paged += page["items"]
            after = {"after": page["next"]} if page["next"] else None
        mine = ada.get("/v1/reviews", params={"assignee": "Ada"}).json()["items"]
        assert ada.get("/v1/reviews", params={"assignee": "nobody"}).json()["items"] == []
        assert held not in ids(ada.get("/v1/reviews", params={"state": "resolved"}).json())
    assert [item["id"] for item in paged] == [item["id"] for item in everything["items"]]
    ranked = [(-item["risk"], item["due_at"], item["id"]) for item in paged]
    assert ranked == sorted(ranked)
    assert new <= {item["id"] for item in paged}
    assert {item["id"] for item in mine} == {held}


def ids(page):
    return {item["id"] for item in page["items"]}


@pytest.mark.parametrize("query", ["state=gone", "limit=0", "limit=201", "after=x", "assignee=%00"])
def test_a_question_that_can_not_be_is_refused(caller, query):
    with caller("Ada") as ada:
        assert ada.get(f"/v1/reviews?{query}").status_code == 422


def test_an_item_shows_its_reasons_and_its_suggestion(waiting):
    item = waiting()
    assert item["action"]["args"]["amount"] == "24.00"
    assert item["reasons"]
    assert all(reason["text"] for reason in item["reasons"])


def test_who_holds_an_item_is_the_only_one_to_judge_it(caller, waiting):
    item = waiting()
    with caller("Ada") as ada, caller("Bo") as bo:
        place = f"/v1/reviews/{item['id']}"
        held = ada.post(f"{place}/claim").json()
        assert (held["assignee"], held["lease_until"] is not None) == ("Ada", True)
        for refused in (
            bo.post(f"{place}/claim"),
            bo.post(f"{place}/release"),
            judge(bo, item, "reject"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (409, "taken")
        assert ada.post(f"{place}/release").json()["assignee"] is None
        assert bo.post(f"{place}/claim").json()["assignee"] == "Bo"
        assert judge(bo, item, "reject").json()["verdict_by"] == "Bo"


@pytest.mark.parametrize(
    ("said", "amount", "reply"),
    [
        pytest.param({"verdict": "approve"}, "24.00", None, id="approve"),
        pytest.param({"verdict": "edit", "action": LESS}, "12.00", None, id="edit"),
        pytest.param({"verdict": "reject", "why": "not theirs"}, None, None, id="reject"),
        pytest.param(
            {"verdict": "reject", "failure_mode": "wrong-action"}, None, None, id="reject-why"
        ),
        pytest.param({"verdict": "respond", "reply": "We look."}, None, "We look.", id="respond"),
    ],
)
def test_each_verdict_resolves_and_its_bot_learns_what_is_in_force(
    caller, waiting, said, amount, reply
):
    item, kind = waiting(), said["verdict"]
    with caller("Ada") as ada:
        told = judge(ada, item, kind, **said)
        assert told.status_code == 200, told.text
        assert ada.get(f"/v1/reviews/{item['id']}").json() == told.json()
        [review] = state_of(ada, item["decision_id"])["reviews"]
    assert (told.json()["state"], told.json()["verdict"]) == ("resolved", kind)
    assert told.json()["failure_mode"] == said.get("failure_mode")
    final = review["final_action"]
    assert (review["id"], review["state"], review["verdict"]) == (item["id"], "resolved", kind)
    assert (final and final["args"]["amount"], review["final_reply"]) == (amount, reply)


def test_a_bot_learns_who_has_its_ticket_and_until_when(shared, caller, waiting):
    item = waiting()
    with shared.client("bot") as bot, caller("Ada") as ada:
        before = state_of(bot, item["decision_id"])
        ada.post(f"/v1/reviews/{item['id']}/claim")
        [after] = state_of(bot, item["decision_id"])["reviews"]
    [review] = before["reviews"]
    assert before["executions"] == []
    assert (review["kind"], review["state"], review["overdue"]) == ("decision", "open", False)
    assert (review["due_at"], review["assignee"]) == (item["due_at"], None)
    assert (after["state"], after["assignee"]) == ("claimed", "Ada")


@pytest.mark.parametrize("kind", ["approve", "edit"])
def test_a_verdict_on_something_else_than_what_is_there_is_stale(caller, waiting, kind):
    item = {**waiting(), "args_hash": "0" * 64}
    with caller("Ada") as ada:
        answer = judge(ada, item, kind)
        still = ada.get(f"/v1/reviews/{item['id']}").json()
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert still["state"] == "open"


@pytest.mark.parametrize("scope", ["bot", "ops"])
@pytest.mark.parametrize("verb", ["claim", "release", "verdict"])
def test_only_agents_hold_and_judge(shared, waiting, scope, verb):
    item = waiting()
    with shared.client(scope) as client:
        answer = client.post(f"/v1/reviews/{item['id']}/{verb}", json={"verdict": "reject"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_bot_sees_nothing_of_the_queue(shared, waiting):
    item = waiting()
    with shared.client("bot") as bot:
        for path in ("/v1/reviews", f"/v1/reviews/{item['id']}"):
            assert bot.get(path).status_code == 403


def test_another_desk_has_no_such_thing(shared, caller, waiting):
    item = waiting()
    # Its key is not known here; and here another desk's item is not there.
    with caller("south") as stranger:
        assert stranger.get(f"/v1/reviews/{item['id']}").status_code == 401
    theirs = foreign_item(shared)
    with caller("Ada") as ada:
        for answer in (
            ada.get(f"/v1/reviews/{theirs}"),
            ada.post(f"/v1/reviews/{theirs}/claim"),
            judge(ada, {"id": theirs}, "reject"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert theirs not in ids(ada.get("/v1/reviews", params={"limit": 200}).json())


def foreign_item(shared):
    draft = Draft(
        kind="decision",
        conversation="south-1",
        decision="d_1",
        subject="C-1",
        reasons=(),
        action=None,
        reply="Hello.",
        risk=5,
        due=timedelta(hours=1),
    )
    where = shared.place.folder / "state" / "ledger.sqlite"
    host_key = read_host_key({HOST_KEY: shared.place.host_key})
    with (
        closing(open_ledger(where, tenant="south", host_key=host_key)) as record,
        record.database.transaction(writing=True) as tx,
    ):
        return open_item(tx, draft)


def test_a_frame_token_judges_in_its_own_conversation_under_its_agents_name(caller, waiting):
    mine, other = waiting(), waiting()
    with caller("Ada") as ada:
        token = token_for(ada, mine["conversation"])
    with caller(token) as frame:
        assert frame.get(f"/v1/reviews/{mine['id']}").json()["id"] == mine["id"]
        assert frame.post(f"/v1/reviews/{mine['id']}/claim").json()["assignee"] == "mia"
        assert judge(frame, mine, "reject").json()["verdict_by"] == "mia"
        nowhere = {**other, "id": "r_" + 32 * "0"}
        for item in (other, nowhere):
            assert frame.get(f"/v1/reviews/{item['id']}").status_code == 403
            assert judge(frame, item, "reject").status_code == 403
        # The queue as a whole, and further tokens, are for keys.
        assert frame.get("/v1/reviews").status_code == 401
        body = {"conversation": other["conversation"], "agent": "mia"}
        assert frame.post("/v1/frame-tokens", json=body).status_code == 401


def test_a_token_opens_nothing_that_its_key_would_not(shared, caller, waiting):
    item = waiting()
    with shared.client("ops") as ops:
        token = token_for(ops, item["conversation"], agent="Ada")
    with caller(token) as frame:
        assert frame.get(f"/v1/reviews/{item['id']}").status_code == 200
        refused = judge(frame, item, "reject")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_a_token_that_is_over_spoilt_or_of_somebody_else_opens_nothing(shared, caller, waiting):
    item, now = waiting(), datetime.now(UTC)
    host_key = read_host_key({HOST_KEY: shared.place.host_key})
    claims = {"agent": "mia", "conversation": item["conversation"], "lasts": timedelta(minutes=5)}
    key = next(key for key in shared.place.write(keys) if key.scopes == {"agent"})

    def made(signed_with=host_key, tenant="northwind", at=now, key=key.id):
        return FrameTokens(signed_with, tenant=tenant).make(now=at, key=key, **claims)

    with caller(made()) as frame:
        assert frame.get(f"/v1/reviews/{item['id']}").status_code == 200
    tokens = [
        made(at=now - timedelta(minutes=6)),
        made(signed_with=bytes(32)),
        made(tenant="south"),
        made(key="0123456789ab"),
        made()[:-3] + "AAA",
    ]
    answers = []
    for token in tokens:
        with caller(token) as frame:
            answers.append(judge(frame, item, "reject"))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1


def test_a_verdict_that_is_too_long_is_not_read(caller, waiting):
    item = waiting()
    with caller("Ada") as ada:
        assert judge(ada, item, "respond", reply="x" * 2_000_000).status_code == 413
        assert ada.get(f"/v1/reviews/{item['id']}").json()["state"] == "open"


def test_what_a_person_says_stands_in_no_log(shared, caller, waiting):
    item = waiting()
    with caller("Ada") as ada:
        stale = {**item, "args_hash": "0" * 64}
        for each in (stale, item):
            judge(ada, each, "edit", action=LESS, reply=f"Hello, {CANARY}.", why=CANARY)
        ada.get(f"/v1/reviews/{item['id']}?{CANARY}={CANARY}")
    logged = shared.place.log.read_text(encoding="utf-8")
    assert "/v1/reviews/{item}/verdict" in logged
    assert CANARY not in logged


def test_the_same_verdict_again_is_answered_as_before(caller, waiting):
    """A verdict is its own idempotency key: a header may be sent, and changes nothing."""
    item = waiting()
    with caller("Ada") as ada, caller("Bo") as bo:
        ada.headers["Idempotency-Key"] = "verdict-1"
        first = judge(ada, item, "approve")
        again = judge(ada, item, "approve")
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json() == first.json()
        for refused in (judge(ada, item, "reject"), judge(bo, item, "approve")):
            assert (refused.status_code, refused.json()["code"]) == (409, "resolved")


def test_of_eight_verdicts_at_once_one_counts(shared, caller, waiting):
    item = waiting()
    with caller("Ada") as ada:
        tokens = [token_for(ada, item["conversation"], agent=f"agent {n}") for n in range(8)]

    def said(token):
        with caller(token) as frame:
            return judge(frame, item, "approve")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(said, tokens))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    lost = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert lost == {"resolved"}
    with caller("Ada") as ada:
        kept = ada.get(f"/v1/reviews/{item['id']}").json()
    assert kept == won
    with closing(shared.place.opened()) as record:
        assert record.verify().is_whole


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        pytest.param({}, {"/verdict"}, id="nothing"),
        pytest.param(
            {"verdict": "maybe", "args_hash": "x", "by": "Bo", "why": "y" * 2001},
            {"/verdict", "/args_hash", "/by", "/why"},
            id="everything-wrong",
        ),
    ],
)
def test_all_that_is_wrong_with_a_verdict_is_told(caller, waiting, body, pointers):
    with caller("Ada") as ada:
        answer = ada.post(f"/v1/reviews/{waiting()['id']}/verdict", json=body)
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == pointers


def test_what_waits_is_told_to_prometheus(shared, waiting):
    waiting()
    with shared.client("agent") as agent, shared.client("ops") as ops:
        for _ in range(80):
            waits = len(agent.get("/v1/reviews", params={"limit": 200}).json()["items"])
            text = ops.get("/metrics").text
            if value_in(text, "deskquorum_reviews_open") == waits:
                break
            time.sleep(0.1)
    assert value_in(text, "deskquorum_reviews_open") == waits > 0
    assert value_in(text, "deskquorum_reviews_overdue") == 0
    states = ("ready", "leased", "sending", "unknown", "failed")
    assert [value_in(text, f'deskquorum_outbox{{state="{state}"}}') for state in states] == [0] * 5
    assert value_in(text, "deskquorum_ledger_append_seconds_count") > 0
    assert value_in(text, 'deskquorum_in_flight{kind="ticket"}') == 0
    assert value_in(text, 'deskquorum_loop_ok{loop="database-gauges"}') == 1


def value_in(text, name):
    found = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(found[0].rpartition(" ")[2]) if found else None
