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
from deskquorum.policy.expressions import depths, words_of

FOLDERS = {
    "starter-pack": starter_pack("policies"),
    "northwind": starter_pack("northwind") / "policies",
    "tau-retail": Path(__file__).parents[2] / "examples" / "tau-retail" / "policies",
}


@cache
def book_of(folder: str) -> PolicyBook:
    return load_policies(FOLDERS[folder])


def every_rule() -> Iterator[object]:
    for folder in FOLDERS:
        for rule in book_of(folder).rules:
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
    """The rule with another condition, which names no more than its own one."""
    conditions = {}
    for target, guarded in rule.conditions.items():
        assert guarded is not None
        action = target if target in book.actions else None
        condition = book.environment.compile(when, action=action, yes_or_no=True)
        needs = tuple(name for name in guarded.needs if name in condition.names)
        conditions[target] = replace(
            guarded,
            condition=condition,
            needs=needs,
            names=tuple(name for name in guarded.names if name in condition.names),
            guards={
                name: tuple(g for g in guarded.guards[name] if f"known.{g}" in condition.names)
                for name in needs
            },
        )
    return replace(rule, when=when, conditions=conditions)


def conjuncts(when: str) -> list[str]:
    """What stands between the outermost `&&`; one thing where `||` or `?` binds less tightly."""
    words = list(words_of(when))
    outer = [words[at] for at, depth in depths(words) if depth == 0 and words[at].kind == "mark"]
    if any(word.text in {"||", "?"} for word in outer):
        return [when]
    cuts = [word.start for word in outer if word.text == "&&"]
    ends = zip([0, *(cut + 2 for cut in cuts)], [*cuts, len(when)], strict=True)
    return [when[start:end].strip() for start, end in ends]


@pytest.mark.parametrize(("folder", "rule"), list(every_rule()))
def test_a_case_fails_without_the_rule(folder, rule):
    assert not kept_by(book_of(folder), None, rule)


@pytest.mark.parametrize(("folder", "rule"), list(every_rule()))
def test_a_case_fails_where_the_rule_says_the_opposite(folder, rule):
    book = book_of(folder)
    if rule.when is None:
        pytest.skip("a rule that always holds, turned around, is no rule")
    assert not kept_by(book, saying(book, rule, f"!({rule.when})"), rule)
