from pathlib import Path

import pytest

from deskquorum.domain import Effect, Mode
from deskquorum.errors import PolicyFileError
from deskquorum.policy import load_policies

BROKEN = Path(__file__).parent / "broken"

TOPIC = 'policy: a\nversion: "1"\n'


def test_every_mistake_of_a_file_is_shown_at_once_at_its_place(bench):
    found = bench.problems(
        desk=(BROKEN / "desk.yaml").read_text(encoding="utf-8"),
        refunds=(BROKEN / "refunds.yaml").read_text(encoding="utf-8"),
    )
    assert found == (BROKEN / "problems.txt").read_text(encoding="utf-8").splitlines()


def test_the_path_is_shown_as_it_was_given(bench, monkeypatch):
    bench.write(refunds=TOPIC + "rulez: []\n")
    monkeypatch.chdir(bench.folder.parent)
    with pytest.raises(PolicyFileError, match=r"^policies/refunds.yaml:3:1: unknown key 'rulez'"):
        load_policies(Path("policies"))


def test_a_book_holds_what_was_written(bench):
    book = bench.load()
    assert book.clauses["R1"].text == "Refunds within 30 days of delivery."
    assert (book.clauses["R1"].version, book.clauses["R1"].policy) == ("1", "refunds")
    assert book.actions["issue_refund"].args["amount"].currency == "order.currency"
    assert book.actions["issue_refund"].autonomy.max_error == 0.02
    assert (book.actions["note"].mode, book.actions["note"].autonomy) == (Mode.SHADOW, None)
    assert [rule.id for rule in book.rules] == ["in-time", "too-much", "not-theirs", "sure-thing"]
    assert book.rules[0].effect is Effect.ALLOW
    assert "order.status" in book.facts


def test_the_desk_s_currency_serves_amounts_that_name_none(bench):
    topic = TOPIC + "actions: {pay: {args: {amount: {type: money}}}}\n"
    assert bench.load(credits=topic).actions["pay"].args["amount"].currency == "USD"


def test_an_action_without_a_risk_is_the_riskiest(bench):
    assert bench.load(more=TOPIC + "actions: {pay: {}}\n").actions["pay"].risk == "money"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param(("# a comment\n", ""), True, id="comment"),
        pytest.param(("reason: over 50.00", 'reason:   "over 50.00"'), True, id="layout"),
        pytest.param(("> 5000", "> 5001"), False, id="condition"),
        pytest.param(("Nobody else's order.", "Anybody's order."), False, id="clause"),
        pytest.param(("mode: suggest", "mode: auto"), False, id="mode"),
    ],
)
def test_the_hash_changes_with_what_is_ruled(bench, change, same):
    first = bench.load()
    path = bench.folder / "refunds.yaml"
    old, new = change
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new) if old in text else old + text, encoding="utf-8")
    assert (load_policies(bench.folder).hash == first.hash) is same


def test_a_case_does_not_change_the_hash(bench):
    first = bench.load().hash
    cases = "- {name: a, action: {name: note}, expect: human}\n"
    assert bench.load(refunds__cases=cases).hash == first


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        pytest.param(
            {"a": TOPIC + "facts: {x: int}\n", "b": TOPIC + "facts: {x: string}\n"},
            ["b.yaml:3:9: fact 'x' is declared differently in a.yaml:3; declare it once"],
            id="two-types-of-one-fact",
        ),
        pytest.param(
            {"a": TOPIC + "clauses: [{id: A, text: x}]\n",
             "b": TOPIC + "clauses: [{id: A, text: y}]\n"},
            ["b.yaml:3:16: clause 'A' twice; the first one is a.yaml:3"],
            id="one-clause-in-two-files",
        ),
        pytest.param(
            {"a": TOPIC + "actions: {x: {risk: none}}\n",
             "b": TOPIC + "actions: {x: {risk: none}}\n"},
            ["b.yaml:3:14: action 'x' twice; the first one is a.yaml:3"],
            id="one-action-in-two-files",
        ),
        pytest.param(
            {"a": TOPIC + "facts: {ticket.tags: [string]}\n"},
            [("a.yaml:3:9: 'ticket' is built in, so no fact can be called 'ticket.tags'; "
             "remove it, or rename it")],
            id="built-in-record",
        ),
        pytest.param(
            {"a": TOPIC + "facts: {order.in: int}\n"},
            ["a.yaml:3:9: 'order.in' is no name for a fact; use lower-case letters, digits and _"],
            id="reserved-word",
        ),
        pytest.param(
            {"a": TOPIC + "actions: {any: {}}\n"},
            ["a.yaml:3:11: 'any' is no name for an action; 'any' is built in"],
            id="reserved-action",
        ),
        pytest.param(
            {"a": TOPIC + "actions: {x: {args: {sum: {type: money}}}}\n"},
            [("a.yaml:3:27: an amount without a currency; "
             "write {type: money, currency: FACT}, or `currency: USD` in desk.yaml")],
            id="amount-without-currency",
        ),
        pytest.param(
            {"a": TOPIC + "facts: {c: int}\n"
             "actions: {x: {args: {sum: {type: money, currency: c}}}}\n"},
            ["a.yaml:4:51: fact 'c' names no currency, it is not a string"],
            id="currency-from-a-number",
        ),
        pytest.param(
            {"a": TOPIC + "actions: {x: {risk: none, autonomy: {max_error: 0.1}}}\n"},
            [("a.yaml:3:37: expected max_error and confidence, or uncertified; "
             "write {max_error: 0.02, confidence: 0.95}")],
            id="half-an-autonomy",
        ),
        pytest.param(
            {"a": TOPIC + "rules: [{id: x, on: ticket, effect: allow, reason: y}]\n"},
            [("a.yaml:3:21: a rule on the ticket can't allow; "
             "a ticket that no rule holds back goes on")],
            id="a-ticket-can-not-be-allowed",
        ),
        pytest.param(
            {"a": TOPIC + "actions: {x: {risk: account}}\n"
             "rules: [{id: r, on: any, effect: allow, reason: y}]\n"},
            [("a.yaml:4:9: rule 'r' allows x (risk account) without a fact of your own systems; "
             "text alone can't allow that: name a fact in every alternative of `when`")],
            id="allowing-always",
        ),
        pytest.param(
            {"a": TOPIC + "rules: [{id: r, on: ticket, effect: deny, reason: y,"
             " when: answer.intent == 'x'}]\n"},
            ["a.yaml:3:60: unknown question 'intent'"],
            id="question-without-a-desk-file",
        ),
        pytest.param(
            {"a": TOPIC, "a__cases": "- {name: n, expect: human}\n"},
            ["a.cases.yaml:1:3: expected either an action or `ticket: true`"],
            id="case-about-nothing",
        ),
        pytest.param(
            {"a": TOPIC + "rules: [{id: r, on: ticket, effect: deny, reason: y, when: "
             "now > timestamp('2026-01-01T00:00:00Z')}]\n",
             "a__cases": "- {name: n, ticket: true, expect: human}\n"},
            [("a.cases.yaml:1:10: case 'n' has no `now`, which rule 'r' reads; "
             "add now: 2026-01-31T09:00:00Z")],
            id="case-without-the-time-it-needs",
        ),
        pytest.param(
            {"a": TOPIC + "facts: {f.t: time, f.d: date, f.l: {list: {n: int}}, f.m: money}\n",
             "a__cases": "- name: n\n  ticket: true\n  expect: human\n  facts:\n"
             "    f.t: 2026-01-01T09:00:00\n    f.d: 2026-02-30\n    f.l: [{n: x}]\n"
             "    f.m: 2.5\n"},
            ["a.cases.yaml:5:10: expected a time with its zone, got '2026-01-01T09:00:00'",
             "a.cases.yaml:6:10: expected a real date, got '2026-02-30'",
             ("a.cases.yaml:7:10: expected a list of records, got a list; "
              "a part of it is not a whole number"),
             ("a.cases.yaml:8:10: no fact is a number with a point; "
              "write money in minor units, 2400 for 24.00")],
            id="facts-of-a-case-that-would-count-as-not-read",
        ),
        pytest.param(
            {"a": TOPIC + "rules: [{id: r, on: ticket, effect: deny, reason: y, when: "
             "now > timestamp('2026-01-01T09:00:00') && now - now > duration('1d')}]\n"},
            [("a.yaml:3:76: '2026-01-01T09:00:00' is no time with its zone; "
              'write "2026-01-31T09:00:00Z"'),
             "a.yaml:3:123: '1d' is no length of time; write \"24h\" for a day, or \"90m\""],
            id="moments-that-nobody-can-read",
        ),
        pytest.param(
            {"a": TOPIC + "rules:\n- {id: r, on: ticket, effect: alow, effect: deny, reason: y}\n"
             "- id: s\n  on: ticket\n  effect: deny\n"
             "  when: ! ticket.served_language\n  reason: y\n"
             "facts: {f.t: int, f.t: bool, <<: {f.u: int}}\n"},
            [("a.yaml:4:31: expected allow, require_human or deny, got 'alow'; "
              "did you mean 'allow'?"),
             "a.yaml:4:37: key 'effect' twice; the first one is in line 4",
             ("a.yaml:8:9: '!' is a tag, which is not read; "
              "put a text that starts with '!' in quotes"),
             "a.yaml:10:19: key 'f.t' twice; the first one is in line 10",
             ("a.yaml:10:30: '<<' is not read; "
              "write the keys out; `&NAME` and `*NAME` repeat a value")],
            id="keys-twice-a-lost-not-and-merged-keys",
        ),
        pytest.param(
            {"a": TOPIC, "playbook": "slots: {x: {kind: item, type: strin}}\n"},
            ["playbook.yaml:1:31: slot 'x': unknown type 'strin'; did you mean 'string'?"],
            id="slot-of-an-unknown-type",
        ),
        pytest.param(
            {"a": TOPIC + "conditions: {own: args.idd == 'x'}\n"
             "actions: {x: {risk: none, args: {id: string}}}\n"},
            ["a.yaml:3:19: no action has an argument 'idd'; did you mean 'id'?"],
            id="condition-on-an-unknown-argument",
        ),
        pytest.param(
            {"a": TOPIC + "conditions: {own: args.id == 'x'}\n"
             "actions: {x: {risk: none, args: {id: string}}, y: {risk: none, args: {n: int}}}\n"
             "rules: [{id: r, on: y, effect: deny, reason: y, when: true && cond.own}]\n"},
            [("a.yaml:5:63: in condition 'own': action 'y' has no argument 'id'; "
             "its arguments: n")],
            id="condition-on-another-action-s-argument",
        ),
    ],
)  # fmt: skip
def test_one_mistake_is_one_problem(bench, files, problems):
    assert bench.problems(**files) == problems


def test_what_a_faulty_part_declares_is_not_reported_as_unknown(bench):
    topic = TOPIC + (
        "facts: {order.total: imt}\n"
        "clauses: [{id: A, txt: x}]\n"
        "actions: {pay: {risc: none}}\n"
        "rules: [{id: r, on: pay, effect: deny, when: order.total > 3, cite: A, reason: y}]\n"
    )
    assert [problem[:9] for problem in bench.problems(a=topic)] == [
        "a.yaml:3:", "a.yaml:4:", "a.yaml:4:", "a.yaml:5:",
    ]  # fmt: skip


def test_a_file_that_nobody_would_read_is_reported(bench):
    bench.load()
    (bench.folder / "limits.yml").write_text(TOPIC, encoding="utf-8")
    assert bench.problems() == ["limits.yml: not read; name it .yaml"]


def test_a_folder_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(PolicyFileError, match="no such folder"):
        load_policies(tmp_path / "none")


def test_a_book_knows_the_version_of_each_policy(bench):
    book = bench.load(one='policy: one\nversion: "2"\n', two='policy: two\nversion: "7"\n')
    assert book.versions == {"one": "2", "refunds": "1", "two": "7"}


def test_files_of_one_policy_with_several_versions_are_all_named(bench):
    book = bench.load(one=TOPIC, two='policy: a\nversion: "2"\n')
    assert book.versions["a"] == "1, 2"


def test_a_faulty_action_is_the_only_mistake_told_of_it(bench):
    """Its rules, its limits and the cases that name them are not, as nobody knows what it is."""
    action = (
        "actions:\n"
        "  pay:\n"
        "    args: {amount: {type: money, currency: USD}}\n"
        "    riks: none\n"
        "    limits: [{id: pay-a-day, per: desk, within: 24h, count: 2, reason: two a day}]\n"
        "rules:\n"
        "  - {id: small-pay, on: pay, effect: allow, when: args.amount_minor < 500, reason: r}\n"
    )
    case = (
        "- name: small\n"
        "  action: {name: pay, args: {amount: 1}}\n"
        "  used: {pay-a-day: {count: 2}}\n"
        "  expect: human\n"
        "  because: [small-pay, pay-a-day]\n"
    )
    assert bench.problems(pay=TOPIC + action, pay__cases=case) == [
        "pay.yaml:6:5: unknown key 'riks'; did you mean 'risk'?"
    ]


def test_a_rule_on_an_action_that_does_not_exist_is_not_told_that_it_has_no_arguments(bench):
    rule = (
        "actions: {issue_refund: {args: {amount: {type: money, currency: USD}}}}\n"
        "rules:\n"
        "  - {id: typo, on: isue_refund, effect: deny, when: args.amount_minor > 5, reason: r}\n"
    )
    assert bench.problems(pay=TOPIC + rule) == [
        "pay.yaml:5:20: unknown action 'isue_refund'; did you mean 'issue_refund'?"
    ]
