import pytest

from deskquorum.domain import Effect
from deskquorum.policy.compare import compare

CASES = """\
- name: a large refund
  action: {name: issue_refund, args: {order_id: A1, amount: "60.00"}}
  now: 2026-11-12T15:00:00Z
  facts:
    order: {id: A1, delivered_at: 2026-11-01, currency: USD, user_id: C1}
    requester: {customer_id: C1}
  expect: human
"""


@pytest.fixture
def against(bench, tmp_path):
    """Compare the shop as it is with the shop after replacements in its topic."""

    def against(replacements, *, cases=CASES, desk=("", ""), **files):
        before = bench.load(refunds__cases=CASES)
        topic, shop = (
            (bench.folder / name).read_text(encoding="utf-8")
            for name in ("refunds.yaml", "desk.yaml")
        )
        for old, new in replacements.items():
            assert old in topic
            topic = topic.replace(old, new)
        (tmp_path / "after").mkdir()
        changed = {"refunds": topic, "refunds__cases": cases, "desk": shop.replace(*desk)}
        return compare(before, type(bench)(tmp_path / "after").load(**changed, **files))

    return against


def listed(comparison):
    return [(change.kind, change.name, change.state) for change in comparison.changes]


def test_a_set_compared_with_itself_has_no_differences(against):
    comparison = against({})
    assert (comparison.changes, comparison.rulings, comparison.same) == ((), (), True)
    assert comparison.cases == 1


@pytest.mark.parametrize(
    ("replacements", "change", "part"),
    [
        pytest.param(
            {"over 50.00 are": "over 40.00 are"},
            ("clause", "R2"),
            (
                "text",
                "Refunds over 50.00 are for a person.",
                "Refunds over 40.00 are for a person.",
            ),
            id="a-clause",
        ),
        pytest.param(
            {"  order.total_minor: int\n": "  order.total_minor: int?\n"},
            ("fact", "order.total_minor"),
            ("type", "a whole number", "a whole number, may be absent"),
            id="a-fact",
        ),
        pytest.param(
            {"mode: suggest": "mode: shadow"},
            ("action", "issue_refund"),
            ("mode", "suggest", "shadow"),
            id="a-mode",
        ),
        pytest.param(
            {"max_error: 0.02": "max_error: 0.05"},
            ("action", "issue_refund"),
            (
                "autonomy",
                "max_error: 0.02; confidence: 0.95",
                "max_error: 0.05; confidence: 0.95",
            ),
            id="an-error-rate",
        ),
        pytest.param(
            {"args.amount_minor > 5000": "args.amount_minor > 9000"},
            ("rule", "too-much"),
            ("when", "args.amount_minor > 5000", "args.amount_minor > 9000"),
            id="a-condition-of-a-rule",
        ),
        pytest.param(
            {"[tell-warehouse]": "[tell-bank]"},
            ("rule", "in-time"),
            ("obligations", "tell-warehouse", "tell-bank"),
            id="an-obligation",
        ),
    ],
)
def test_what_says_something_else_is_listed_with_both_wordings(against, replacements, change, part):
    (found,) = against(replacements).changes
    assert (found.kind, found.name) == change
    assert [(p.part, p.before, p.after) for p in found.parts] == [part]


def test_a_field_of_a_record_counts(against):
    (found,) = against({"note: string?, ": ""}).changes
    assert (found.kind, found.name) == ("fact", "order.items")
    assert "note: text, may be absent" in found.parts[0].before
    assert "note" not in found.parts[0].after


def test_a_rule_changes_with_the_condition_that_it_names(against):
    comparison = against({"own_order: order": 'own_order: order.id != "" && order'})
    assert listed(comparison) == [
        ("condition", "own_order", "changed"),
        ("rule", "in-time", "changed"),
        ("rule", "not-theirs", "changed"),
    ]
    assert [p.part for p in comparison.changes[1].parts] == ["when, conditions written out"]


def test_what_was_added_and_removed_is_listed(against):
    topic = 'policy: more\nversion: "1"\nclauses: [{id: M1, text: New.}]\n'
    comparison = against({"  - id: too-much": "  - id: much-too-much"}, more=topic)
    assert listed(comparison) == [
        ("policy", "more", "added"),
        ("clause", "M1", "added"),
        ("rule", "much-too-much", "added"),
        ("rule", "too-much", "removed"),
    ]


def test_a_new_version_alone_is_no_change_of_its_clauses(against):
    comparison = against({'version: "1"': 'version: "2"'})
    assert listed(comparison) == [("policy", "refunds", "changed")]


def test_a_ruling_that_turns_is_listed_with_both_sides(against):
    comparison = against({"args.amount_minor > 5000": "args.amount_minor > 9000"})
    (ruling,) = comparison.rulings
    assert ruling.turned
    assert (ruling.before.effect, ruling.after.effect) == (Effect.HUMAN, Effect.ALLOW)
    assert (ruling.before.rules, ruling.after.rules) == (("too-much",), ("in-time",))


def test_a_ruling_that_only_cites_something_else_does_not_turn(against):
    (ruling,) = against({"cite: [R2, R1]": "cite: [R2]"}).rulings
    assert not ruling.turned
    assert (ruling.before.clauses, ruling.after.clauses) == (("R2", "R1"), ("R2",))


def test_cases_of_both_sets_are_ruled_on_each_once(against):
    more = CASES + CASES.replace("large", "small").replace("60.00", "50.00")
    comparison = against({"args.amount_minor > 5000": "args.amount_minor > 4000"}, cases=more)
    assert comparison.cases == 2
    assert [r.case.name for r in comparison.rulings if r.turned] == ["a small refund"]


def test_a_case_is_ruled_on_by_a_set_that_lacks_its_action(against):
    comparison = against(
        {"issue_refund": "pay_back"}, cases=CASES.replace("issue_refund", "pay_back")
    )
    assert comparison.cases == 2
    assert {r.after.reasons[0].code for r in comparison.rulings} >= {"unknown-action"}


def test_a_change_that_is_not_listed_is_still_a_difference(against):
    comparison = against({}, desk=("money back", "money returned"))
    assert (comparison.changes, comparison.same) == ((), False)
