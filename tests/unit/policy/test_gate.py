from datetime import datetime

import pytest

from deskquorum.domain import Effect, Mode, Unread

DENY, HUMAN, ALLOW = Effect.DENY, Effect.HUMAN, Effect.ALLOW


@pytest.mark.parametrize(
    ("changed", "effect", "rules"),
    [
        pytest.param({}, ALLOW, ("in-time",), id="small-and-in-time"),
        pytest.param(
            {"args": {"order_id": "A1", "amount": "50.01"}}, HUMAN, ("too-much",),
            id="human-beats-allow",
        ),
        pytest.param(
            {"args": {"order_id": "A1", "amount": "50.01"}, "facts": {"order.user_id": "C2"}},
            DENY, ("not-theirs",), id="deny-beats-human",
        ),
        pytest.param(
            {"facts": {"order.delivered_at": "2026-10-01"}}, HUMAN, (), id="no-rule-means-a-person",
        ),
        pytest.param({"facts": {"order.delivered_at": None}}, HUMAN, (), id="not-delivered"),
    ],
)  # fmt: skip
def test_deny_beats_human_beats_allow(bench, ask, changed, effect, rules):
    ruling = ask(bench.load(), **changed)
    assert (ruling.effect, ruling.rules) == (effect, rules)


def reasons(ruling):
    return [(reason.code, dict(reason.params)) for reason in ruling.reasons]


def test_a_ruling_carries_all_that_led_to_it(bench, ask):
    book = bench.load()
    ruling = ask(book)
    assert ruling.clauses == ("R1",)
    assert ruling.obligations == ("tell-warehouse",)
    assert ruling.mode is Mode.SUGGEST
    assert ruling.policy_hash == book.hash
    assert ruling.trace == {
        "in-time": "matched",
        "too-much": "not-matched",
        "not-theirs": "not-matched",
    }
    assert reasons(ruling) == [
        ("rule", {"rule": "in-time", "effect": "allow", "text": "within 30 days"})
    ]


def test_a_sign_off_is_named_in_the_ruling(bench, ask):
    assert ask(bench.load(), "reply", {}).signed_off == "Ada, 2026-11-01: harmless"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        pytest.param(
            {"name": "refund"}, ("unknown-action", {"action": "refund"}), id="unknown-action"
        ),
        pytest.param(
            {"name": "ticket", "args": {}}, ("unknown-action", {"action": "ticket"}),
            id="a-ticket-is-no-action",
        ),
        pytest.param(
            {"args": {"order_id": "A1"}},
            ("missing-argument", {"action": "issue_refund", "argument": "amount",
                                  "expected": "an amount such as 24.00"}),
            id="missing-argument",
        ),
        pytest.param(
            {"args": {"order_id": "A1", "amount": "1.00", "to": "x"}},
            ("bad-argument", {"action": "issue_refund", "argument": "to",
                              "expected": "no such argument"}),
            id="argument-that-is-not-declared",
        ),
        pytest.param(
            {"args": {"order_id": 1, "amount": "1.00"}},
            ("bad-argument", {"action": "issue_refund", "argument": "order_id",
                              "expected": "text"}),
            id="number-for-text",
        ),
        pytest.param(
            {"without": ["order.currency"]},
            ("missing-fact", {"fact": "order.currency", "rule": "issue_refund"}),
            id="amount-of-an-unknown-currency",
        ),
        pytest.param(
            {"name": "note", "args": {}}, ("no-rule", {"action": "note"}), id="no-rule"
        ),
        pytest.param(
            {"facts": {"order.user_id": None}},
            ("absent-fact", {"fact": "order.user_id", "rule": "not-theirs"}),
            id="read-and-absent",
        ),
        pytest.param(
            {"facts": {"order.delivered_at": "yesterday"}},
            ("wrong-type", {"fact": "order.delivered_at", "rule": "in-time",
                            "expected": "a date such as 2026-01-31"}),
            id="fact-of-another-type",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_ruled_on_is_for_a_person_and_says_why(bench, ask, call, reason):
    ruling = ask(bench.load(), **call)
    assert (ruling.effect, reasons(ruling)) == (HUMAN, [reason])


@pytest.mark.parametrize(
    "amount",
    [
        pytest.param(24.0, id="float"),
        pytest.param("-1.00", id="negative"),
        pytest.param("24.000", id="too-many-digits"),
        pytest.param("24,00", id="comma"),
        pytest.param(["24.00"], id="list"),
        pytest.param(True, id="true"),
        pytest.param("inf", id="infinite"),
    ],
)
def test_what_is_no_amount_is_never_allowed(bench, ask, amount):
    ruling = ask(bench.load(), args={"order_id": "A1", "amount": amount})
    assert [reason.code for reason in ruling.reasons] == ["bad-argument"]


def test_an_amount_is_counted_in_its_own_currency(bench, ask):
    yen = {"facts": {"order.currency": "JPY"}, "args": {"order_id": "A1", "amount": "5001"}}
    assert ask(bench.load(), **yen).rules == ("too-much",)


def test_a_restriction_that_needs_a_fact_not_read_goes_to_a_person(bench, ask):
    ruling = ask(bench.load(), without=["order.user_id"])
    assert ruling.effect is HUMAN
    assert reasons(ruling) == [("missing-fact", {"fact": "order.user_id", "rule": "not-theirs"})]
    assert ruling.trace["not-theirs"] == "error"


@pytest.mark.parametrize("name", ["order.user_id", "order.currency"])
def test_a_missing_fact_that_a_source_was_to_tell_says_why(bench, ask, name):
    why = Unread(source="crm", why="status-503")
    ruling = ask(bench.load(), without=[name], unread={name: why, "order.note": why})
    assert ruling.effect is HUMAN
    said = [dict(reason.params) for reason in ruling.reasons if reason.code == "missing-fact"]
    assert [(p["fact"], p["source"], p["why"]) for p in said] == [(name, "crm", "status-503")]


def test_why_a_fact_is_missing_holds_nothing_up_where_no_rule_needs_it(bench, ask):
    unread = {"order.items": Unread(source="crm", why="timeout")}
    assert ask(bench.load(), without=["order.items"], unread=unread).effect is ALLOW


def test_a_deny_stands_without_the_facts_it_does_not_need(bench, ask):
    book = bench.rule("order.status == 'delivered' || order.total_minor > 3", effect="deny")
    assert ask(book, "note", {}, without=["order.total_minor"]).effect is DENY


def test_an_allow_does_not_count_by_luck(bench, ask):
    book = bench.rule("order.status == 'delivered' || order.total_minor > 3", effect="allow")
    assert ask(book, "note", {}).effect is ALLOW
    assert ask(book, "note", {}, without=["order.total_minor"]).effect is HUMAN


@pytest.mark.parametrize(
    ("without", "effect"),
    [
        pytest.param(["order."], ALLOW, id="no-order-at-all"),
        pytest.param(["order.total_minor"], HUMAN, id="an-order-without-a-total"),
        pytest.param([], ALLOW, id="an-order-with-a-small-total"),
    ],
)
def test_a_guard_excuses_only_a_record_that_was_not_read(bench, ask_ticket, without, effect):
    book = bench.load()
    gone = [name for name in book.facts if any(name.startswith(prefix) for prefix in without)]
    assert ask_ticket(book, without=gone).effect is effect


def test_a_ticket_that_no_rule_holds_back_goes_on(bench, ask_ticket):
    ruling = ask_ticket(bench.load())
    assert (ruling.action, ruling.effect, ruling.reasons) == ("ticket", ALLOW, ())


def test_a_rule_on_the_ticket_holds_it_back(bench, ask_ticket):
    ruling = ask_ticket(bench.load(), facts={"order.total_minor": 90001})
    assert (ruling.effect, ruling.rules, ruling.clauses) == (HUMAN, ("sure-thing",), ("R2",))
    assert ruling.obligations == ("priority-high",)


def test_a_rule_that_can_not_be_evaluated_holds(bench, ask):
    book = bench.rule("order.total_minor / (order.total_minor - 12000) > 3", effect="deny")
    ruling = ask(book, "note", {})
    assert (ruling.effect, reasons(ruling)) == (
        HUMAN,
        [("rule-error", {"rule": "tested", "why": "a division by zero"})],
    )


def test_an_allow_that_can_not_be_evaluated_does_not_count(bench, ask):
    book = bench.rule("order.total_minor / (order.total_minor - 12000) > 3", effect="allow")
    assert ask(book, "note", {}).effect is HUMAN


@pytest.mark.parametrize(
    ("answers", "effect"),
    [
        pytest.param("refund", ALLOW, id="settled"),
        pytest.param(None, HUMAN, id="unanswered"),
        pytest.param("riddle", HUMAN, id="not-among-its-labels"),
    ],
)
def test_only_a_settled_answer_has_its_label(bench, ask, answers, effect):
    from deskquorum.domain import Answer

    book = bench.rule("answer.intent == 'refund'", effect="allow")
    given = {}
    if answers is not None:
        given["intent"] = Answer(
            question="intent", label=answers, probability=1.0, settled=True, calibrated=False
        )
    assert ask(book, "note", {}, answers=given).effect is effect


def test_an_unsettled_answer_reads_as_unsettled(bench, ask):
    from deskquorum.domain import Answer

    book = bench.rule("answer.intent == 'unsettled'", effect="deny")
    unsure = Answer(
        question="intent", label="refund", probability=0.5, settled=False, calibrated=False
    )
    assert ask(book, "note", {}, answers={"intent": unsure}).effect is DENY


def test_an_argument_that_may_be_absent_can_be_asked_for(bench, ask):
    book = bench.rule("known.args.text && args.text == 'hello'", effect="allow")
    assert ask(book, "note", {"text": "hello"}).effect is ALLOW
    assert ask(book, "note", {}).effect is HUMAN


def test_any_stands_for_every_action_but_not_for_replies(bench, ask):
    book = bench.load("rules: [{id: stop, on: any, effect: deny, reason: closed}]\n")
    effects = [ask(book, name, args).effect for name, args in (("note", {}), ("reply", {}))]
    assert effects == [DENY, HUMAN]


def test_a_moment_without_a_zone_is_no_moment(bench, ask):
    book = bench.rule("now > timestamp('2020-01-01T00:00:00Z')", effect="allow")
    assert ask(book, "note", {}).effect is ALLOW
    assert ask(book, "note", {}, now=datetime(2026, 11, 12)).effect is HUMAN  # noqa: DTZ001 - asked


def test_reasons_name_no_value_of_a_fact(bench, ask):
    ruling = ask(bench.load(), facts={"order.status": "SECRET", "order.delivered_at": "SECRET"})
    assert "SECRET" not in str(ruling)
