"""What is allowed in policy files and yet is probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from deskquorum.domain import Effect, Mode
from deskquorum.errors import Problem
from deskquorum.policy.book import ActionSpec, Clause, LimitSpec, PolicyBook, Rule
from deskquorum.policy.cases import run_cases, untested_rules
from deskquorum.policy.collecting import nothing_collected
from deskquorum.policy.redundancy import useless_rules

__all__ = ["lint"]


def lint(book: PolicyBook) -> tuple[Problem, ...]:
    """Remarks on a valid book, in file order; none of them stops it from being used."""
    with nothing_collected():
        found = [*_clauses(book), *_actions(book), *_rules(book), *useless_rules(book)]
    return tuple(sorted(found))


def _clauses(book: PolicyBook) -> Iterator[Problem]:
    cited = {clause for rule in book.rules for clause in rule.cite}
    for clause in book.clauses.values():
        if clause.id not in cited:
            message = f"no rule cites clause '{clause.id}'"
            yield _at(clause, message)


def _actions(book: PolicyBook) -> Iterator[Problem]:
    for action in book.actions.values():
        rules = book.by_action.get(action.name, ())
        # A rule that always holds back is a choice, not something forgotten.
        chosen = any(rule.when is None and rule.effect is not Effect.ALLOW for rule in rules)
        if not chosen and not any(rule.effect is Effect.ALLOW for rule in rules):
            message = f"no rule allows '{action.name}', so it always goes to a person"
            yield _at(action, message)
        if action.mode is Mode.AUTO and action.autonomy is None and action.signed_off is None:
            message = f"'{action.name}' is in mode auto without autonomy, so a person sends it"
            hint = "add autonomy: {max_error: 0.02, confidence: 0.95}"
            yield _at(action, message, hint)


def _rules(book: PolicyBook) -> Iterator[Problem]:
    results, hint = run_cases(book), "add one to the topic's .cases.yaml"
    for rule in untested_rules(book, results):
        message = f"rule '{rule.id}' matches in no case"
        yield _at(rule, message, hint)
    reached = {name for result in results for name in result.ruling.rules}
    for limit in book.limits.values():
        if limit.id not in reached:
            message = f"limit '{limit.id}' is reached in no case"
            yield _at(limit, message, hint)
    for rule in book.rules:
        if not rule.cite:
            message = f"rule '{rule.id}' cites no clause"
            yield _at(rule, message)


def _at(found: Clause | ActionSpec | LimitSpec | Rule, message: str, hint: str = "") -> Problem:
    return Problem(
        path=found.path, line=found.line, column=found.column, message=message, hint=hint
    )
