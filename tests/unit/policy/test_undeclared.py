"""Rules about actions that no file declares."""

import pytest

SCOPE = """\
policy: scope
version: "1"
clauses: [{id: S1, text: Everything else is for a person.}]
rules:
  - {id: outside, on: undeclared, effect: require_human, cite: S1, reason: not in the list}
  - id: never-abroad
    on: undeclared
    effect: deny
    when: known.order && order.currency != "USD"
    reason: abroad
"""


def test_an_action_that_nobody_declared_is_for_a_person_by_its_clause(bench, ask):
    ruling = ask(bench.load(scope=SCOPE), "delete_account")
    assert (ruling.action, ruling.effect) == ("delete_account", "human")
    assert (ruling.rules, ruling.clauses) == (("outside",), ("S1",))
    assert [reason.code for reason in ruling.reasons] == ["unknown-action", "rule"]


def test_an_action_that_nobody_declared_can_be_denied(bench, ask):
    ruling = ask(bench.load(scope=SCOPE), "x", facts={"order.currency": "EUR"})
    assert (ruling.effect, ruling.rules) == ("deny", ("never-abroad",))


def test_a_declared_action_is_none_of_its_business(bench, ask):
    ruling = ask(bench.load(scope=SCOPE), "note", facts={"order.currency": "EUR"})
    assert "outside" not in ruling.trace


def test_a_case_asks_about_it_by_that_name(bench):
    case = "- {name: a, action: {name: undeclared}, expect: human, because: outside}\n"
    assert bench.load(scope=SCOPE, scope__cases=case).cases[0].action.name == "undeclared"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("rules: [{id: a, on: undeclared, effect: allow, reason: r}]",
                     "more.yaml:3:21: what nobody declared can't be allowed; "
                     "declare the action to allow it", id="allowed"),
        pytest.param("actions: {undeclared: {}}",
                     "more.yaml:3:11: 'undeclared' is no name for an action; "
                     "'undeclared' is built in", id="declared"),
        pytest.param("rules: [{id: a, on: undeclared, effect: deny, when: args.x > 1, reason: r}]",
                     "more.yaml:3:53: no action is ruled on here, so there is no 'args.x'",
                     id="reads-arguments"),
    ],
)  # fmt: skip
def test_what_can_t_be_said_about_it_is_refused(bench, text, problem):
    bench.load()
    assert bench.problems(more=f'policy: a\nversion: "1"\n{text}\n') == [problem]
