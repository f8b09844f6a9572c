"""`policy authorize` as its users run it: rows of proposed actions in, rulings and a tally out."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from deskquorum.cli import main
from deskquorum.reporting.intervals import wilson

RETAIL = Path(__file__).parents[2] / "examples" / "tau-retail" / "policies"

SHOP = """\
policy: shop
version: "1"
facts:
  card.balance: {type: money, currency: USD}
  card.fees: {list: {kind: string, amount: {type: money, currency: USD}}}
  card.opened: {type: time, zone: America/New_York}
  now: {type: time, zone: America/New_York}
clauses:
  - {id: A, text: A card pays what it holds.}
  - {id: B, text: A card pays nothing more than it holds.}
  - {id: C, text: Cards are closed on the first day only.}
actions:
  charge: {args: {amount: {type: money, currency: USD}}}
  close: {}
rules:
  - id: covered
    on: charge
    effect: allow
    when: card.balance - sum_of(card.fees.map(f, f.amount)) >= args.amount_minor
    cite: [A]
    reason: the balance covers it
  - id: not-covered
    on: charge
    effect: deny
    when: card.balance - sum_of(card.fees.map(f, f.amount)) < args.amount_minor
    cite: [B]
    reason: the balance does not cover it
  - id: first-day
    on: close
    effect: allow
    when: now - card.opened <= duration("24h")
    cite: [C]
    reason: opened within a day
"""


@pytest.fixture
def authorize(tmp_path, monkeypatch, capsys):
    """Runs the command on rows under a policy, the small shop's unless a folder is given."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")

    def once(*rows, policies=folder, options=()):
        cases, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        cases.write_text("\n".join(lines) + "\n", encoding="utf-8")
        arguments = ["policy", "authorize", cases, "--policies", policies, "--out", out, *options]
        monkeypatch.setattr("sys.argv", ["deskquorum", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
        said = capsys.readouterr()
        written = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
        rulings = [json.loads(line) for line in written]
        return SimpleNamespace(code=done.value.code, said=said.out, err=said.err, rulings=rulings)

    return once


def charge(amount, *, balance=0.3, identity="1", **row):
    fees = [{"kind": "entry", "amount": 0.1}]
    facts = {"card": {"balance": balance, "fees": fees}}
    action = {"name": "charge", "args": {"amount": amount}}
    return {"id": identity, "action": action, "facts": facts} | row


def close(**row):
    facts = {"card": {"opened": "2026-11-01T09:00:00"}}
    return {"id": "1", "action": {"name": "close", "args": {}}, "facts": facts} | row


def test_a_ruling_names_rules_clauses_and_reasons(authorize):
    (ruling,) = authorize(charge("5.00", identity="x-1")).rulings
    assert (ruling["id"], ruling["effect"]) == ("x-1", "deny")
    assert (ruling["rules"], ruling["clauses"]) == (["not-covered"], ["B"])
    (reason,) = ruling["reasons"]
    assert reason["code"] == "rule"
    assert reason["text"] == "Rule not-covered: the balance does not cover it"


@pytest.mark.parametrize(
    ("amount", "effect"),
    [
        pytest.param(0.2, "allow", id="exactly-the-balance"),
        pytest.param(0.21, "deny", id="a-cent-more"),
        pytest.param("0.20", "allow", id="as-text"),
        pytest.param(1, "deny", id="whole-dollars"),
        pytest.param(0.205, "human", id="half-a-cent"),
        pytest.param(True, "human", id="no-number"),
        pytest.param(-1, "human", id="negative"),
    ],
)
def test_amounts_are_compared_to_the_cent(authorize, amount, effect):
    """In floating point 0.3 - 0.1 is less than 0.2."""
    assert authorize(charge(amount)).rulings[0]["effect"] == effect


def test_whole_dollars_in_facts_are_dollars(authorize):
    assert authorize(charge("55.90", balance=56)).rulings[0]["effect"] == "allow"


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"card": {"balance": 5}}, id="part-of-the-record"),
        pytest.param({"card": {"balance": 5, "fees": None}}, id="null"),
        pytest.param({"card": {"balance": 5, "fees": [{"kind": "a"}]}}, id="part-of-a-fee"),
        pytest.param({"card": {"balance": "five", "fees": []}}, id="wrong-type"),
    ],
)
def test_a_row_without_the_facts_is_for_a_person(authorize, facts):
    (ruling,) = authorize(charge("1.00", facts=facts)).rulings
    assert (ruling["effect"], ruling["rules"]) == ("human", [])
    codes = {reason["code"] for reason in ruling["reasons"]}
    assert codes <= {"missing-fact", "absent-fact", "wrong-type"}


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        pytest.param("expect", "unknown key 'expect'; did you mean 'expected'?", id="expected"),
        pytest.param("fact", "unknown key 'fact'; did you mean 'facts'?", id="facts"),
    ],
)
def test_a_row_with_a_misspelt_key_is_refused(authorize, key, hint):
    row = charge("0.20")
    row = {"id": row["id"], "action": row["action"], key: {}}
    done = authorize(row)
    assert (done.code, done.rulings[0]["effect"]) == (1, "human")
    assert hint in done.rulings[0]["error"]


def test_a_row_may_have_keys_of_its_own(authorize):
    row = charge("0.20", domain="cards", note="a host's own", source="till 4")
    assert authorize(row).rulings[0]["effect"] == "allow"


TALK = """\
policy: talk
version: "1"
actions: {answer: {risk: none}}
rules:
  - {id: asked, on: answer, effect: allow, reason: x,
     when: answer.intent == "refund" && claimed.item == "i1"}
"""
DESK = """\
desk: talk
version: "1"
languages: [en]
questions:
  intent: {ask: What is wanted?, labels: {refund: money, other: else}, labelers: [words]}
labelers: {words: {kind: rule, file: talk/talk.yaml, accuracy: 0.8}}
"""
PLAYBOOK = """\
playbook: talk
version: "1"
slots: {item: {kind: record, type: string, list: order.items}}
"""


@pytest.mark.parametrize(
    ("said", "effect", "error"),
    [
        pytest.param({"answers": {"intent": "refund"}, "claimed": {"item": "i1"}}, "allow", None,
                     id="both"),
        pytest.param({"answers": {"intent": "unsettled"}, "claimed": {"item": "i1"}}, "human", None,
                     id="unsettled"),
        pytest.param({"answers": {"intent": "refnd"}}, "human",
                     "line 1: answers.intent: no such label; did you mean 'refund'?", id="label"),
        pytest.param({"answers": {"intnt": "refund"}}, "human",
                     "line 1: answers: unknown question 'intnt'; did you mean 'intent'?",
                     id="question"),
        pytest.param({"claimed": {"itm": "i1"}}, "human",
                     "line 1: claimed: unknown slot 'itm'; did you mean 'item'?", id="slot"),
    ],
)  # fmt: skip
def test_a_row_tells_what_the_customer_said(authorize, tmp_path, said, effect, error):
    folder = tmp_path / "talk"
    folder.mkdir()
    for name, text in (("talk", TALK), ("desk", DESK), ("playbook", PLAYBOOK)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    row = {"id": "1", "action": {"name": "answer"}} | said
    done = authorize(row, policies=folder)
    assert done.rulings, done.err
    (ruling,) = done.rulings
    assert (ruling["effect"], ruling.get("error")) == (effect, error)


def test_an_action_called_ticket_is_no_question_about_the_ticket(authorize):
    (ruling,) = authorize({"id": "1", "action": {"name": "ticket"}}).rulings
    assert (ruling["effect"], ruling["reasons"][0]["code"]) == ("human", "unknown-action")


def test_an_action_that_nobody_declared_is_for_a_person(authorize):
    (ruling,) = authorize(charge("1.00", action={"name": "refund"})).rulings
    assert (ruling["effect"], ruling["reasons"][0]["code"]) == ("human", "unknown-action")


@pytest.mark.parametrize(
    ("now", "effect"),
    [
        pytest.param("2026-11-02T09:00:00", "allow", id="after-a-day-in-the-declared-zone"),
        pytest.param("2026-11-02T09:00:01", "human", id="a-second-later"),
        pytest.param("2026-11-02T14:00:00Z", "allow", id="the-same-moment-in-utc"),
        pytest.param(None, "human", id="no-time-is-told"),
    ],
)
def test_a_row_tells_its_own_time(authorize, now, effect):
    facts = {"card": {"opened": "2026-11-01T09:00:00"}, "now": now}
    assert authorize(close(facts=facts)).rulings[0]["effect"] == effect
    assert authorize(close(now=now)).rulings[0]["effect"] == effect


def test_an_hour_that_happens_twice_is_no_time(authorize):
    done = authorize(close(now="2026-11-01T01:30:00"))
    assert (done.code, done.rulings[0]["effect"]) == (1, "human")
    assert "now: expected a time" in done.rulings[0]["error"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        pytest.param("{", "line 2: not JSON at column 2", id="no-json"),
        pytest.param('{"id": "b"}', "line 2: action: missing", id="no-action"),
        pytest.param('{"id": "b", "action": {"name": "close", "arg": {}}}', "action.arg",
                     id="misspelt-key"),
        pytest.param('{"id": "b", "action": {"name": "close"}, "expected": "yes"}', "expected:",
                     id="no-effect"),
    ],
)  # fmt: skip
def test_a_bad_row_is_held_and_keeps_its_place(authorize, line, error):
    done = authorize(charge("0.20", identity="a"), line, charge("0.20", identity="c"))
    assert [ruling["id"] for ruling in done.rulings][::2] == ["a", "c"]
    assert (done.code, done.rulings[1]["effect"]) == (1, "human")
    assert error in done.rulings[1]["error"]


def test_rulings_as_expected_end_well(authorize):
    rows = [charge("0.20", expected="allow"), charge("0.21", expected="deny", clause="B")]
    done = authorize(*rows)
    assert done.code == 0
    assert "as expected: 2 of 2, 100.00% (34.24% to 100.00%)" in done.said


@pytest.mark.parametrize(
    ("row", "difference"),
    [
        pytest.param(charge("0.21", expected="allow"), "expected allow, got deny B", id="blocked"),
        pytest.param(charge("0.20", expected="deny", clause="B"), "expected deny B, got allow A",
                     id="let-through"),
        pytest.param(charge("0.21", expected="deny", clause="A"), "expected deny A, got deny B",
                     id="other-clause"),
    ],
)  # fmt: skip
def test_a_difference_is_shown_and_fails(authorize, row, difference):
    done = authorize(row, charge("0.20", expected="allow"))
    assert done.code == 1
    assert f"1: {difference}: Rule " in done.said


def test_the_summary_as_json_counts_by_clause(authorize):
    rows = [
        charge("0.21", identity="blocked", expected="allow"),
        charge("0.20", identity="missed", expected="deny", clause="B"),
        charge("0.21", identity="right", expected="deny", clause="B"),
    ]
    summary = json.loads(authorize(*rows, options=["--json"]).said)
    assert summary["effects"] == {"allow": 1, "deny": 2, "human": 0}
    counts = [(c["clause"], c["rows"], c["right"], c["wrong"]) for c in summary["clauses"]]
    assert counts == [("(allow)", 1, 0, 1), ("B", 2, 1, 1)]
    assert (summary["false_blocks"]["count"], summary["false_blocks"]["of"]) == (1, 1)
    assert (summary["missed"]["count"], summary["missed"]["of"]) == (1, 2)
    assert [d["id"] for d in summary["differences"]] == ["blocked", "missed"]


def test_without_expectations_rows_are_only_counted(authorize):
    done = authorize(charge("0.20"), charge("0.21"))
    assert done.code == 0
    assert done.said == "2 rows: 1 allow, 1 deny, 0 human; 0 could not be read\n"


def test_faulty_policies_are_reported_and_nothing_is_ruled(authorize, tmp_path):
    (tmp_path / "policies" / "more.yaml").write_text("policy: a\nrulez: []\n", encoding="utf-8")
    done = authorize(charge("0.20"))
    assert (done.code, done.rulings) == (2, [])
    assert "more.yaml:2:1: unknown key 'rulez'" in done.err


@pytest.mark.parametrize(
    ("hits", "of", "interval"),
    [
        # By hand, z = 1.96: 45 / (45 + 3.8415) = 0.92135.
        pytest.param(45, 45, (0.9213, 1.0), id="all"),
        pytest.param(0, 45, (0.0, 0.0787), id="none"),
        # (0.5 + 3.8415 / 8) / (1 + 3.8415 / 4) = 0.5; half = 0.6998 / 1.9604 = 0.3570 of 0.5.
        pytest.param(2, 4, (0.15, 0.85), id="half"),
        pytest.param(0, 0, (0.0, 1.0), id="nothing-counted"),
    ],
)
def test_the_interval_is_wilson_s(hits, of, interval):
    assert wilson(hits, of) == pytest.approx(interval, abs=5e-5)


def test_the_retail_example_rules_on_a_row_as_its_source_writes_it(authorize):
    row = {
        "id": 7,
        "action": {
            "name": "modify_pending_order_payment",
            "args": {"order_id": "#W1", "payment_method_id": "gift_card_1"},
        },
        "facts": {
            "now": None,
            "session": {"authenticated_user_id": "ada_1", "user_confirmed": True},
            "user": {
                "user_id": "ada_1",
                "email": "ada@shop.example",
                "payment_methods": {
                    "gift_card_1": {"id": "gift_card_1", "source": "gift_card", "balance": 17},
                    "paypal_1": {"id": "paypal_1", "source": "paypal"},
                },
            },
            "order": {
                "order_id": "#W1",
                "user_id": "ada_1",
                "status": "pending",
                "items": [{"item_id": "1", "product_id": "2", "price": 17.0, "options": {}}],
                "payment_history": [
                    {
                        "transaction_type": "payment",
                        "amount": 17.0,
                        "payment_method_id": "paypal_1",
                    }
                ],
            },
            "catalog": {},
            "prior_writes": [{"name": "modify_user_address", "order_id": None}],
        },
    }
    (ruling,) = authorize(row, policies=RETAIL).rulings
    assert (ruling["id"], ruling["effect"]) == (7, "allow")
