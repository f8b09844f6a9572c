"""Each rule that we ship earns its place: without it, or turned around, a case beside it fails."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from deskquorum.pack import starter_pack
from deskquorum.policy import (
    REPLY,
    TICKET,
    UNDECLARED,
    Case,
    PolicyBook,
    Rule,
    load_policies,
    run_cases,
)

FOLDERS = {
    "starter-pack": starter_pack("policies"),
    "northwind": starter_pack("northwind") / "policies",
    "tau-retail": Path(__file__).parents[2] / "examples" / "tau-retail" / "policies",
}


@cache
def book_of(folder: str) -> PolicyBook:
    return load_policies(FOLDERS[folder])


def rules(*, with_condition: bool) -> Iterator[object]:
    for folder in FOLDERS:
        for rule in book_of(folder).rules:
            if rule.when is not None or not with_condition:
                yield pytest.param(folder, rule, id=f"{folder}-{rule.id}")


def asked(book: PolicyBook, case: Case) -> str:
    """What the rules must be on that a case asks for."""
    name = TICKET if case.action is None else case.action.name
    return name if name in {*book.actions, TICKET, REPLY} else UNDECLARED


def kept_by(book: PolicyBook, mutant: Rule | None, rule: Rule) -> bool:
    """Whether every case still holds with the mutant in place of the rule; None is none."""
    rules = [mutant if r is rule else r for r in book.rules]
    kept = tuple(r for r in rules if r is not None)
    changed = replace(
        book,
        rules=kept,
        by_action={t: tuple(r for r in kept if t in r.on) for t in book.by_action},
        cases=tuple(case for case in book.cases if asked(book, case) in rule.on),
    )
    return all(result.passed for result in run_cases(changed))


def saying(book: PolicyBook, rule: Rule, when: str) -> Rule:
    """The rule with another condition, which names the same."""
    conditions = {}
    for target, guarded in rule.conditions.items():
        assert guarded is not None
        action = target if target in book.actions else None
        condition = book.environment.compile(when, action=action, yes_or_no=True)
        conditions[target] = replace(guarded, condition=condition)
    return replace(rule, when=when, conditions=conditions)


@pytest.mark.parametrize(("folder", "rule"), list(rules(with_condition=False)))
def test_a_case_fails_without_the_rule(folder, rule):
    assert not kept_by(book_of(folder), None, rule)


@pytest.mark.parametrize(("folder", "rule"), list(rules(with_condition=True)))
def test_a_case_fails_where_the_rule_says_the_opposite(folder, rule):
    book = book_of(folder)
    assert not kept_by(book, saying(book, rule, f"!({rule.when})"), rule)
