"""Running the cases that ops wrote, and finding the rules that no case exercises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deskquorum.domain import Answer, Effect, Fact, Facts, JsonValue, Ruling
from deskquorum.policy.bindings import UNSETTLED
from deskquorum.policy.book import Case, PolicyBook, Rule
from deskquorum.policy.gate import rule_on, rule_on_ticket

__all__ = ["CaseResult", "run_cases", "untested_rules"]

_USUAL: dict[str, JsonValue] = {
    "ticket.customer_messages": 1,
    "ticket.agent_messages": 0,
    "ticket.languages": [],
    "ticket.served_language": True,
}
"""What a case need not say: a first mail in a language that the desk serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What became of one case."""

    name: str
    path: str
    line: int
    passed: bool
    expected: Effect
    got: Effect
    missing: tuple[str, ...]
    """Rules named under `because` that did not decide."""
    ruling: Ruling


def run_cases(book: PolicyBook) -> tuple[CaseResult, ...]:
    """Rule on every case."""
    return tuple(_run(book, case) for case in book.cases)


def untested_rules(book: PolicyBook, results: Iterable[CaseResult]) -> tuple[Rule, ...]:
    """Rules that matched in no case, in file order."""
    matched = {
        rule
        for result in results
        for rule, state in result.ruling.trace.items()
        if state == "matched"
    }
    return tuple(rule for rule in book.rules if rule.id not in matched)


def _run(book: PolicyBook, case: Case) -> CaseResult:
    ruling = _ruling(book, case)
    missing = tuple(rule for rule in case.because if rule not in ruling.rules)
    return CaseResult(
        name=case.name,
        path=case.path,
        line=case.line,
        passed=ruling.effect is case.expect and not missing,
        expected=case.expect,
        got=ruling.effect,
        missing=missing,
        ruling=ruling,
    )


def _ruling(book: PolicyBook, case: Case) -> Ruling:
    values = {**_USUAL, **case.facts}
    facts = Facts(
        values={
            name: Fact(value=value, source="case", read_at=case.now)
            for name, value in values.items()
        }
    )
    answers = {name: _answer(name, label) for name, label in case.answers.items()}
    if case.action is None:
        return rule_on_ticket(
            book, facts=facts, answers=answers, claimed=case.claimed, now=case.now
        )
    return rule_on(
        book,
        case.action,
        facts=facts,
        answers=answers,
        claimed=case.claimed,
        now=case.now,
        used=case.used,
    )


def _answer(question: str, label: str) -> Answer:
    settled = label != UNSETTLED
    return Answer(
        question=question,
        label=label if settled else None,
        probability=1.0 if settled else 0.0,
        settled=settled,
        calibrated=False,
        distribution={},
    )
