"""Attempts to let the customer's text alone allow what moves money, closes or discloses."""

import pytest

from deskquorum.errors import PolicyFileError
from deskquorum.policy import load_policies

HINTS = {
    "no fact": "without a fact of your own systems",
    "no say": "whatever your facts say",
}

TOPIC = """\
policy: trust
version: "1"
facts:
  f.flag: bool
  f.other: bool
  f.total: int
  f.name: string
  f.kind: {type: string, values: [x, y]}
  f.list: {list: {name: string, price: int}}
  f.day: date?
conditions:
  text: claimed.sure
  both: claimed.sure && f.flag
  either: claimed.sure || f.flag
actions:
  pay: {args: {sum: {type: money}, order: string}, risk: money}
rules:
  - id: tried
    on: pay
    effect: allow
    when: |
      WHEN
    reason: a test
"""

PLAYBOOK = """\
playbook: trust
version: "1"
slots:
  sure: {kind: mentions, type: bool}
  other: {kind: mentions, type: bool}
  name: {kind: record, type: string}
  sum: {kind: money, type: int}
"""

DESK = """\
desk: trust
version: "1"
languages: [en]
currency: USD
questions:
  intent:
    ask: What is wanted?
    labels: {refund: money back, thanks: nothing}
    labelers: [words]
labelers:
  words: {kind: rule, file: policies/desk.yaml, accuracy: 0.8}
"""


def gap(bench, when):
    """What is wrong with a rule that allows a payment; None where it is accepted."""
    bench.write(desk=DESK, playbook=PLAYBOOK, more=TOPIC.replace("WHEN", when))
    try:
        load_policies(bench.folder)
    except PolicyFileError as exc:
        [problem] = exc.problems
        return next(name for name, told in HINTS.items() if told in problem.message)
    return None


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("f.flag", id="a-fact"),
        pytest.param("claimed.sure && f.flag", id="text-and-a-fact"),
        pytest.param(
            "f.flag && (claimed.sure || answer.intent == 'refund')", id="a-fact-and-texts"
        ),
        pytest.param(
            "(f.flag && claimed.sure) || (claimed.other && f.other)", id="a-fact-each-way"
        ),
        pytest.param("answer.intent == 'refund' ? f.flag : f.other", id="a-fact-in-both-branches"),
        pytest.param("!(claimed.sure || f.flag)", id="denied-alternatives-are-conjuncts"),
        pytest.param("cond.both", id="a-named-condition"),
        pytest.param("!cond.either", id="a-denied-named-condition"),
        pytest.param("f.list.exists(i, i.name == claimed.name)", id="an-item-of-the-order"),
        pytest.param("f.total >= 0", id="only-a-negative-total-says-no"),
        pytest.param("args.sum_minor <= f.total", id="an-amount-that-a-fact-bounds"),
        pytest.param(
            "args.sum_minor <= claimed.sum && claimed.sum <= f.total",
            id="an-amount-that-a-claim-bounds-and-a-fact-bounds-the-claim",
        ),
        pytest.param(
            "(answer.intent == 'refund' || answer.intent == 'thanks')"
            " && (answer.intent != 'refund' || f.flag)"
            " && (answer.intent != 'thanks' || f.other)",
            id="if-this-then-that",
        ),
        pytest.param("known.f.day && days_between(f.day, now) < 30", id="a-date-that-is-asked-for"),
    ],
)
def test_a_condition_to_which_facts_can_say_no_is_accepted(bench, when):
    assert gap(bench, when) is None


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("true", id="always"),
        pytest.param("claimed.sure", id="text"),
        pytest.param("claimed.sure || f.flag", id="text-or-a-fact"),
        pytest.param("(f.flag && claimed.sure) || answer.intent == 'refund'", id="a-way-around"),
        pytest.param("claimed.sure ? f.flag : true", id="a-fact-in-one-branch"),
        pytest.param("claimed.sure ? true : f.flag", id="a-fact-in-the-other-branch"),
        pytest.param("!(claimed.sure && f.flag)", id="a-denied-conjunction-is-two-ways"),
        pytest.param("!(!claimed.sure && !f.flag)", id="twice-denied"),
        pytest.param("!cond.both", id="a-denied-named-condition"),
        pytest.param("cond.either", id="a-named-condition-with-a-way-around"),
        pytest.param("cond.text && answer.intent == 'refund'", id="a-named-condition-of-text"),
        pytest.param("claimed.name == 'f.flag'", id="a-fact-s-name-in-quotes"),
        pytest.param("claimed.sure // && f.flag", id="a-fact-in-a-comment"),
        pytest.param("['a'].exists(f, f == claimed.name)", id="a-loop-s-own-name"),
        pytest.param("args.sum_minor < 5000", id="the-bot-s-own-argument"),
        pytest.param("now > timestamp('2026-01-01T00:00:00Z') && claimed.sure", id="the-time"),
        pytest.param("known.f.total && claimed.sure", id="that-something-was-looked-up"),
        pytest.param("known.f || !known.f", id="known-or-not"),
        pytest.param("claimed.name == f.name", id="a-name-that-the-customer-can-write"),
        pytest.param("claimed.sum > f.total", id="an-amount-that-the-customer-can-write"),
        pytest.param("claimed.name in ['a', 'b'] && !(claimed.sure && f.flag)", id="nested"),
    ],
)
def test_an_alternative_without_a_fact_is_refused(bench, when):
    assert gap(bench, when) == "no fact"


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("f.total == f.total && claimed.sure", id="a-fact-is-itself"),
        pytest.param("claimed.sure && (f.flag || !f.flag)", id="a-fact-or-not"),
        pytest.param("claimed.sure ? f.flag : !f.flag", id="text-that-follows-the-fact"),
        pytest.param("(claimed.sure && f.flag) || !f.flag", id="text-on-one-side-of-a-fact"),
        pytest.param("claimed.sure && f.kind in ['x', 'y']", id="every-value-that-there-is"),
        pytest.param("claimed.sure && size(f.list) >= 0", id="no-list-is-shorter-than-nothing"),
        pytest.param("claimed.sure && (f.total > 3 || f.total < 5)", id="every-number"),
        pytest.param("claimed.sure && (f.total > 3 || f.total <= 3)", id="more-or-not-more"),
        pytest.param("claimed.sure && !(f.kind == 'x' && f.kind == 'y')", id="never-both"),
    ],
)
def test_facts_that_can_not_say_no_are_refused(bench, when):
    assert gap(bench, when) == "no say"


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("claimed.sure && f.list.all(i, i.price == i.price)", id="inside-a-loop"),
        pytest.param("claimed.sure && f.total * f.total >= 0", id="a-square"),
        pytest.param("claimed.sure && f.name.startsWith('')", id="inside-a-function"),
    ],
)
def test_what_is_only_true_of_every_fact_inside_a_loop_or_function_is_not_seen(bench, when):
    assert gap(bench, when) is None


def test_many_alternatives_are_still_looked_at_one_by_one(bench):
    written = " && ".join(f"(claimed.name != 'a{n}' || f.flag)" for n in range(25))
    assert gap(bench, f"{written} && f.other") is None
    assert gap(bench, written) == "no fact"
