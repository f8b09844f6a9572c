import pytest

from deskquorum.domain import Effect
from deskquorum.policy import run_cases, untested_rules

CASES = """\
- name: a small refund in time goes out
  action: {name: issue_refund, args: {order_id: A1, amount: "24.00"}}
  now: 2026-11-12T15:00:00Z
  facts:
    order: {id: A1, delivered_at: 2026-11-01, currency: USD, user_id: C1}
    requester: {customer_id: C1}
  expect: allow
  because: [in-time]
- name: wrongly expected
  action: {name: issue_refund, args: {order_id: A1, amount: "24.00"}}
  now: 2026-11-12T15:00:00Z
  facts: {order.user_id: C1, order.currency: USD, requester.customer_id: C2}
  answers: {intent: refund}
  claimed: {item: i1}
  expect: allow
- name: a large order waits
  ticket: true
  now: 2026-11-12T15:00:00Z
  facts: {order: {total_minor: 90001}}
  expect: human
  because: too-much
"""


@pytest.fixture
def results(bench):
    book = bench.load(refunds__cases=CASES)
    return book, run_cases(book)


def test_a_case_passes_when_effect_and_rules_are_as_expected(results):
    assert [result.passed for result in results[1]] == [True, False, False]


def test_a_failed_case_says_what_came_instead(results):
    failed = results[1][1]
    assert (failed.expected, failed.got) == (Effect.ALLOW, Effect.DENY)
    assert (failed.line, failed.path.rpartition("/")[2]) == (9, "refunds.cases.yaml")


def test_a_case_fails_when_another_rule_decided(results):
    failed = results[1][2]
    assert (failed.got, failed.missing) == (Effect.HUMAN, ("too-much",))


def test_rules_that_matched_in_no_case_are_untested(results):
    book, results = results
    assert [rule.id for rule in untested_rules(book, results)] == ["too-much"]


@pytest.mark.parametrize(
    "now",
    [
        pytest.param("now: 2026-11-12T15:00:00Z", id="beside-the-facts"),
        pytest.param("facts: {now: 2026-11-12T15:00:00Z}", id="among-the-facts"),
        pytest.param('now: "2026-11-12T10:00:00"', id="in-the-declared-zone"),
    ],
)
def test_a_case_tells_the_moment_as_a_row_does(bench, now):
    text = f"""\
policy: clock
version: "1"
facts: {{now: {{type: time, zone: Etc/GMT+5}}}}
actions: {{ring: {{risk: none}}}}
rules:
  - {{id: at-three, on: ring, effect: allow, when: 'now == timestamp("2026-11-12T15:00:00Z")',
     reason: x}}
tests:
  - name: at three
    action: {{name: ring}}
    {now}
    expect: allow
"""
    assert [result.passed for result in run_cases(bench.load(clock=text))] == [True]


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        pytest.param("now: 2026-11-12", "3:46: now: expected a time such as 2026-01-31T09:00:00Z;"
                     " for times without a zone declare now: {type: time, zone: ZONE}", id="day"),
        pytest.param("facts: {now: today}", "3:54: now: expected a time such as"
                     " 2026-01-31T09:00:00Z; for times without a zone declare now: {type: time,"
                     " zone: ZONE}", id="word"),
    ],
)  # fmt: skip
def test_a_moment_that_is_none_is_named_at_its_place(bench, now, problem):
    bench.load()
    head = 'policy: clock\nversion: "1"\n'
    case = f"tests: [{{name: a, action: {{name: note}}, {now}, expect: human}}]\n"
    assert bench.problems(clock=head + case) == [f"clock.yaml:{problem}"]


@pytest.mark.parametrize("facts", ["order.id: B, order: {id: A}", "order: {id: A}, order.id: B"])
def test_a_dotted_name_says_a_fact_again(bench, facts):
    text = f"""\
policy: again
version: "1"
actions: {{ring: {{risk: none}}}}
rules: [{{id: it, on: ring, effect: allow, when: order.id == "B", reason: x}}]
tests: [{{name: a, action: {{name: ring}}, facts: {{{facts}}}, expect: allow}}]
"""
    assert [result.passed for result in run_cases(bench.load(again=text))] == [True]


def test_tests_in_a_topic_are_cases_too(bench):
    book = bench.load("tests: [{name: nothing allows it, action: {name: note}, expect: human}]\n")
    assert [result.passed for result in run_cases(book)] == [True]
