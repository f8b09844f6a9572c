"""Rules that can't do what they are there for, each named with its place and its mend."""

import pytest

from deskquorum.policy import lint

HEAD = """\
policy: shop
version: "1"
facts:
  f.flag: bool
  f.total: int
  f.name: string
  f.kind: {type: string, values: [x, y]}
  f.list: {list: {name: string}}
conditions:
  large: f.total > 100
  listed: f.name in table.names
values: {limit: 'f.flag ? 200 : 100'}
tables: {names: [ada, bob]}
clauses: [{id: A, text: one}, {id: B, text: two}]
actions:
  pay: {args: {sum: {type: money}}, risk: money}
  other: {args: {sum: {type: money}}, risk: none}
rules:
"""


def findings(bench, *rules):
    """What is said of rules, which stand in one line each from line 19 on."""
    lines = [f"  - {{{rule}, reason: r, cite: [A]}}\n" for rule in rules]
    book = bench.load(rules="", shop=HEAD + "".join(lines))
    told = [str(p).replace(f"{bench.folder}/", "") for p in lint(book) if "shop.yaml" in p.path]
    loose = ("no rule cites", "no rule allows", "in no case")
    return [line for line in told if not any(part in line for part in loose)]


def rule(name, effect, when=None, on="pay"):
    return f"id: {name}, on: {on}, effect: {effect}" + (f', when: "{when}"' if when else "")


@pytest.mark.parametrize(
    ("when", "names"),
    [
        pytest.param("f.total > 5 && f.flag && f.total < 3", "f.total", id="numbers"),
        pytest.param("f.kind == 'x' && f.kind == 'y'", "f.kind", id="texts"),
        pytest.param("f.flag && !(f.kind in ['x', 'y'])", "f.kind", id="outside-its-values"),
        pytest.param("f.name in []", "f.name", id="in-nothing"),
        pytest.param("cond.large && f.total <= 100", "f.total", id="a-named-condition"),
        pytest.param("cond.listed && f.name == 'eve'", "f.name", id="a-table"),
        pytest.param("f.total > value.limit && f.total < 100", "f.flag and f.total", id="a-value"),
        pytest.param("args.sum_minor < 0", "args.sum_minor", id="a-negative-amount"),
        pytest.param(
            "answer.intent == 'refund' && answer.intent == 'thanks'",
            "answer.intent",
            id="two-answers-to-one-question",
        ),
    ],
)
def test_a_rule_that_can_never_hold_is_named_with_what_is_in_the_way(bench, when, names):
    assert findings(bench, rule("never", "deny", when)) == [
        (
            f"shop.yaml:19:46: rule 'never' can never hold: no value of {names} fits; "
            "change `when`, or remove the rule"
        )
    ]


def test_a_rule_that_is_never_true_at_all_needs_no_name(bench):
    assert findings(bench, rule("never", "deny", "false")) == [
        "shop.yaml:19:46: rule 'never' can never hold; change `when`, or remove the rule"
    ]


@pytest.mark.parametrize(
    "when",
    [
        pytest.param("true", id="true"),
        pytest.param("f.flag || !f.flag", id="or-not"),
        pytest.param("f.total > 3 || f.total < 5", id="every-number"),
        pytest.param("f.kind != 'x' || f.kind != 'y'", id="not-both"),
        pytest.param("args.sum_minor >= 0", id="every-amount"),
    ],
)
def test_a_condition_that_is_never_false_is_none(bench, when):
    assert findings(bench, rule("ever", "deny", when)) == [
        (
            "shop.yaml:19:45: the condition of rule 'ever' is never false; "
            "leave `when` out, or write down what is meant"
        )
    ]


def test_an_allow_rule_under_a_stronger_one_can_never_decide(bench):
    found = findings(
        bench,
        rule("small", "allow", "f.total < 50 && f.flag"),
        rule("any", "require_human", "f.total < 100"),
    )
    assert found == [
        (
            "shop.yaml:19:47: rule 'small' can never decide, overruled by 'any' "
            "(require_human, shop.yaml:20); "
            "wherever it holds, so does a stronger one; narrow one of them, or remove it"
        )
    ]


def test_several_rules_can_overrule_one_together(bench):
    [found] = findings(
        bench,
        rule("some", "allow", "f.flag && (f.kind == 'x' || f.kind == 'y')"),
        rule("not-x", "deny", "f.kind == 'x'"),
        rule("unrelated", "deny", "f.total > 3"),
        rule("not-y", "require_human", "f.kind == 'y'"),
    )
    assert "'some' can never decide, overruled by 'not-x' (deny, shop.yaml:20) and" in found
    assert "'not-y' (require_human, shop.yaml:22)" in found


def test_a_ticket_that_always_goes_to_a_person_leaves_nothing_to_allow(bench):
    [found] = findings(
        bench,
        rule("refund", "allow", "answer.intent == 'refund' && f.flag"),
        rule("person", "require_human", "answer.intent != 'thanks'", on="ticket"),
    )
    assert "'refund' can never decide, overruled by 'person'" in found


def test_a_person_is_never_asked_where_it_is_denied_anyway(bench):
    [found] = findings(
        bench,
        rule("ask", "require_human", "f.total > 200"),
        rule("no", "deny", "cond.large"),
    )
    assert "'ask' can never decide, overruled by 'no' (deny, shop.yaml:20)" in found


def test_a_denial_that_may_be_without_a_value_leaves_a_person_to_ask(bench):
    denial = rule("no", "deny", "cond.large && (f.flag || !f.flag)")
    assert findings(bench, rule("ask", "require_human", "f.total > 200"), denial) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [("allow", "deny"), ("allow", "require_human"), ("require_human", "deny")],
)
def test_equal_conditions_with_other_effects_contradict_each_other(bench, first, second):
    [found] = findings(
        bench,
        rule("one", first, "f.total > 3 && f.flag"),
        rule("two", second, "f.flag && !(f.total <= 3)"),
    )
    assert f"rule 'one' ({first}) contradicts 'two' ({second}, shop.yaml:20)" in found


def test_a_rule_that_another_one_covers_adds_nothing(bench):
    found = findings(
        bench,
        rule("narrow", "deny", "f.total > 200"),
        rule("wide", "deny", "f.total > 100"),
    )
    assert found == [
        (
            "shop.yaml:19:47: rule 'narrow' adds nothing to rule 'wide' (shop.yaml:20); "
            "that one holds wherever it does, with the same effect and clauses; remove one"
        )
    ]


def test_of_two_equal_rules_the_second_one_is_named(bench):
    [found] = findings(
        bench, rule("one", "deny", "f.total > 100"), rule("two", "deny", "cond.large")
    )
    assert found.startswith("shop.yaml:20:44: rule 'two' adds nothing to rule 'one'")


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(
            [rule("one", "deny", "f.total > 200"), rule("two", "require_human", "f.total > 100")],
            id="a-stronger-rule-inside-a-weaker-one",
        ),
        pytest.param(
            [rule("one", "allow", "f.total < 9"), rule("two", "allow", "f.total < 99 || f.flag")],
            id="an-allowance-that-needs-fewer-facts",
        ),
        pytest.param(
            [rule("one", "allow", "f.total < 9"), rule("two", "deny", "f.total > 5")],
            id="rules-that-overlap",
        ),
        pytest.param(
            [
                rule("one", "allow", "f.total < 9", on="[pay, other]"),
                rule("two", "deny", "f.total < 10"),
            ],
            id="useless-on-one-action-only",
        ),
        pytest.param([rule("one", "deny", "f.total * f.total < 0")], id="what-can-not-be-decided"),
        pytest.param(
            [
                rule("one", "deny", "f.list.exists(i, i.name == 'a')"),
                rule("two", "allow", "f.list.exists(i, i.name == 'b')"),
            ],
            id="loops-that-differ",
        ),
    ],
)
def test_what_is_not_proven_is_not_said(bench, rules):
    assert findings(bench, *rules) == []
