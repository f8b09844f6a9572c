"""How far two auditors agree beyond chance (Cohen 1960)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from deskquorum.auditing.cases import AuditedCase
from deskquorum.auditing.estimates import wilson

__all__ = ["Kappa", "cohen", "kappas"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Two auditors on the tickets that both labelled."""

    question: str
    auditors: tuple[str, str]
    n: int
    agreed: int
    kappa: float | None
    """1 is full agreement, 0 is chance; None where both gave one and the same label only."""
    low: float
    high: float


def kappas(cases: Iterable[AuditedCase], questions: Iterable[str]) -> Iterator[Kappa]:
    """Every pair of auditors who share tickets, by question."""
    cases = tuple(cases)
    for question in questions:
        given = [case.said(question) for case in cases]
        people = sorted({person for one in given for person in one})
        for first, second in combinations(people, 2):
            pairs = [(one[first], one[second]) for one in given if first in one and second in one]
            if pairs:
                yield cohen(pairs, question=question, auditors=(first, second))


def cohen(pairs: list[tuple[str, str]], *, question: str, auditors: tuple[str, str]) -> Kappa:
    """Kappa of pairs of labels, at least one.

    Its interval is Wilson's for the share on which they agree, at the agreement that chance gives:
    it stays open where few tickets show full agreement.
    """
    n, agreed = len(pairs), sum(a == b for a, b in pairs)
    firsts, seconds = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(firsts[label] * seconds[label] for label in firsts) / (n * n)
    kappa, low, high = None, -1.0, 1.0
    if chance < 1:
        beyond = [(seen - chance) / (1 - chance) for seen in (agreed / n, *wilson(agreed / n, n))]
        kappa, low, high = beyond[0], max(-1.0, beyond[1]), beyond[2]
    return Kappa(
        question=question,
        auditors=auditors,
        n=n,
        agreed=agreed,
        kappa=kappa,
        low=low,
        high=high,
    )
