"""How limits are written, and what the gate makes of what was used."""

import pytest

from deskquorum.domain import Effect, Usage
from deskquorum.policy import lint, run_cases

RULES = """\
rules:
  - {id: fine, on: issue_refund, effect: allow, when: cond.own_order, cite: [R1], reason: theirs}
"""
TWICE = "{id: twice, per: requester.customer_id, within: 90d, count: 2, cite: [R2], reason: often}"
SUM = '{id: a-day, per: desk, within: 24h, amount: "50.00", currency: USD, cite: R2, reason: much}'


def topic(*limits, rules=RULES, action="issue_refund"):
    shop = SHOP_WITH.replace("LIMITS", f"[{', '.join(limits)}]").replace("ACTION", action)
    return shop + rules


SHOP_WITH = """\
policy: refunds
version: "1"
facts:
  order.currency: string
  order.user_id: string
  order.items: [string]
conditions: {own_order: order.user_id == requester.customer_id}
clauses:
  - {id: R1, text: Refunds are made.}
  - {id: R2, text: Two refunds in ninety days.}
actions:
  issue_refund:
    args: {order_id: string, amount: {type: money, currency: order.currency}}
    limits: LIMITS
"""


@pytest.fixture
def limited(bench):
    return bench.load(refunds=topic(TWICE, SUM))


@pytest.mark.parametrize(
    ("used", "by", "clause"),
    [
        pytest.param({}, "fine", "R1", id="nothing-used"),
        pytest.param({"twice": Usage(count=1)}, "fine", "R1", id="one-of-two-used"),
        pytest.param({"twice": Usage(count=2)}, "twice", "R2", id="both-used"),
        pytest.param({"a-day": Usage(amount_minor=2600)}, "fine", "R1", id="just-fits"),
        pytest.param({"a-day": Usage(amount_minor=2601)}, "a-day", "R2", id="a-cent-too-much"),
    ],
)
def test_beyond_a_limit_a_person_decides(limited, ask, used, by, clause):
    ruling = ask(limited, used=used)
    effect = Effect.ALLOW if by == "fine" else Effect.HUMAN
    assert (ruling.effect, ruling.rules, ruling.clauses) == (effect, (by,), (clause,))


def test_the_reason_tells_what_was_used_of_how_much(limited, ask):
    (reason,) = ask(limited, used={"a-day": Usage(count=3, amount_minor=4000)}).reasons
    assert reason.code == "limit"
    assert reason.params == {"limit": "a-day", "used": "40.00 of 50.00 USD", "text": "much"}


def test_without_the_fact_that_a_limit_counts_by_nothing_is_allowed(bench, ask):
    rules = RULES.replace("when: cond.own_order", "when: order.user_id != ''")
    book = bench.load(refunds=topic(TWICE, rules=rules))
    ruling = ask(book, without=["requester.customer_id"])
    assert ruling.effect is Effect.HUMAN
    assert ruling.reasons[0].params == {"fact": "requester.customer_id", "rule": "twice"}


def test_an_amount_in_another_currency_is_for_a_person(limited, ask):
    ruling = ask(limited, facts={"order.currency": "EUR"})
    assert (ruling.effect, ruling.reasons[0].code) == (Effect.HUMAN, "limit-currency")


def test_a_denied_action_stays_denied_whatever_was_used(bench, ask):
    rules = RULES.replace("effect: allow", "effect: deny")
    book = bench.load(refunds=topic(TWICE, rules=rules))
    assert ask(book, used={"twice": Usage(count=9)}).effect is Effect.DENY


def test_a_case_says_what_was_used(bench):
    book = bench.load(
        refunds=topic(TWICE, SUM),
        refunds__cases="""\
        - name: the third one waits
          action: {name: issue_refund, args: {order_id: A1, amount: "10.00"}}
          facts: {order.currency: USD, order.user_id: C1, requester.customer_id: C1}
          used: {twice: {count: 2}, a-day: {amount: "10.00"}}
          expect: human
          because: twice
        """,
    )
    assert [result.passed for result in run_cases(book)] == [True]
    findings = [str(problem).rpartition("/")[2] for problem in lint(book)]
    assert "refunds.yaml:14:110: limit 'a-day' is reached in no case; add one to" in findings[-1]


def test_two_actions_share_one_allowance_under_one_id(bench):
    other = f"  credit: {{args: {{sum: {{type: money, currency: USD}}}}, limits: [{SUM}]}}\n"
    book = bench.load(refunds=topic(SUM, rules=other + RULES))
    assert [spec.limits[0].id for spec in book.actions.values()] == ["a-day", "a-day"]
    assert [spec.limits[0].argument for spec in book.actions.values()] == ["amount", "sum"]


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        pytest.param(
            TWICE.replace("requester.customer_id", "requester.customer"),
            "unknown fact 'requester.customer'; did you mean 'requester.customer_id'?",
            id="unknown-fact",
        ),
        pytest.param(
            TWICE.replace("requester.customer_id", "order.items"),
            "fact 'order.items' names nobody: a limit is per text or whole number",
            id="per-a-list",
        ),
        pytest.param(
            TWICE.replace("requester.customer_id", "answer.intent"),
            "unknown fact 'answer.intent'",
            id="per-what-the-text-says",
        ),
        pytest.param(
            TWICE.replace("90d", "90 days"),
            "expected a window such as 24h or 90d, got '90 days'; a whole number of m, h or d",
            id="no-window",
        ),
        pytest.param(
            TWICE.replace("count: 2, ", ""),
            "a limit without a count or an amount; add count: 2",
            id="no-limit",
        ),
        pytest.param(
            TWICE.replace("count: 2", "count: 0"), "expected at least 1, got 0", id="none-at-all"
        ),
        pytest.param(
            TWICE.replace("R2", "R9"), "unknown clause 'R9'; clauses: R1, R2", id="unknown-clause"
        ),
        pytest.param(
            SUM.replace('"50.00"', '"50.001"'),
            "USD has 2 digits after the point, got '50.001'",
            id="finer-than-a-cent",
        ),
        pytest.param(
            SUM.replace('"50.00"', "50.00"),
            "expected text, got 50.00; put it in quotes",
            id="an-amount-that-is-a-number",
        ),
        pytest.param(
            SUM.replace("currency: USD", "of: sum"),
            "'sum' is no argument of money of issue_refund; its amounts: amount",
            id="unknown-argument",
        ),
        pytest.param(
            TWICE.replace("count: 2", "count: 2, of: amount"),
            "'of' without an amount",
            id="argument-without-amount",
        ),
    ],
)
def test_a_faulty_limit_is_told_at_its_place(bench, limit, told):
    problems = bench.problems(refunds=topic(limit), desk=DESK)
    assert len(problems) == 1
    assert problems[0].startswith("refunds.yaml:14:")
    assert told in problems[0]


def test_an_amount_needs_a_currency(bench):
    (problem,) = bench.problems(refunds=topic(SUM.replace("currency: USD, ", "")))
    assert "an amount whose currency is not told; add currency: USD" in problem


def test_one_id_for_two_different_limits_is_told(bench):
    other = TWICE.replace("count: 2", "count: 3")
    (problem,) = bench.problems(refunds=topic(TWICE, other), desk=DESK)
    assert "limit 'twice' is declared differently in" in problem


def test_a_limit_can_not_be_called_as_a_rule(bench):
    (problem,) = bench.problems(refunds=topic(TWICE.replace("id: twice", "id: fine")), desk=DESK)
    assert "rule 'fine' twice" in problem


@pytest.mark.parametrize(
    ("used", "told"),
    [
        ("{twise: {count: 1}}", "unknown limit 'twise'; did you mean 'twice'?"),
        ("{twice: {amount: '1.00'}}", "limit 'twice' counts no amount"),
        ("{a-day: {amount: '1.005'}}", "USD has 2 digits after the point, got '1.005'"),
    ],
)
def test_a_case_with_faulty_use_is_told(bench, used, told):
    case = f"[{{name: c, action: {{name: issue_refund}}, used: {used}, expect: human}}]\n"
    (problem,) = bench.problems(refunds=topic(TWICE, SUM), refunds__cases=case, desk=DESK)
    assert problem.startswith("refunds.cases.yaml:1:")
    assert told in problem


DESK = 'desk: shop\nversion: "1"\nlanguages: [en]\n'
