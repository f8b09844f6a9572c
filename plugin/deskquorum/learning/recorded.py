"""Recorded decisions that people labelled, brought to an even draw of all decisions.

Which tickets people look at is no accident. Drawn ones have known probabilities. Others were
reviewed or chosen because the desk was unsure of them; their probability is the share of decisions
like them (same route, conflict and uncertainty) that was looked at. They are evened
(`deskquorum.auditing.even`), so that what is left can be counted plainly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deskquorum.auditing import Sorting, even, sorting_of, stratum_of
from deskquorum.domain import Evidence, Question
from deskquorum.judgement import Rulebook
from deskquorum.ledger import Entry, Ledger
from deskquorum.ledger.audits import drawn_audits
from deskquorum.ledger.verdict_labels import audited_labels

__all__ = ["Labelled", "evened", "labelled_decisions", "teaching_decisions"]

_Cell = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A recorded decision's evidence and what people found to be true of it."""

    evidence: Evidence
    truth: Mapping[str, str]
    inclusion: float
    """Probability, in (0, 1], that somebody looked at it."""


def labelled_decisions(
    ledger: Ledger, rules: Rulebook, *, since: datetime
) -> tuple[list[Labelled], list[Labelled]]:
    """Those that were drawn to be audited, and those that were only reviewed or chosen.

    Of a ticket that was looked at twice the newest decision counts.

    Args:
        ledger: The desk's.
        rules: Its questions, whose labels count.
        since: The earliest decision that counts.

    Raises:
        LedgerError: The ledger can't be read.
    """
    truths, drawn = _labels(ledger, rules)
    by = sorting_of(rules.questions, rules.book)
    decided, looked_at = Counter[_Cell](), Counter[_Cell]()
    audited: dict[str, Labelled] = {}
    reviewed: dict[str, tuple[_Cell, Entry]] = {}
    for entry in ledger.entries(since=since):
        decision = entry.decision
        cell = _cell(entry, by)
        decided[cell] += 1
        truth = truths.get(decision.id)
        if truth and decision.id in drawn:
            audited[decision.ticket] = Labelled(
                evidence=entry.evidence, truth=truth, inclusion=drawn[decision.id]
            )
        elif truth:
            looked_at[cell] += 1
            reviewed[decision.ticket] = (cell, entry)
    return list(audited.values()), [
        Labelled(
            evidence=entry.evidence,
            truth=truths[entry.decision.id],
            inclusion=looked_at[cell] / decided[cell],
        )
        for ticket, (cell, entry) in reviewed.items()
        if ticket not in audited
    ]


def teaching_decisions(
    ledger: Ledger, question: Question, *, since: datetime
) -> tuple[list[Evidence], Mapping[str, str]]:
    """Recorded tickets to teach with, and what people called right of some, by ticket.

    Drawn tickets stand among them without their labels: these are kept for measuring and
    certifying what was taught. Of a ticket the newest decision counts.

    Args:
        ledger: The desk's.
        question: Whose labels count.
        since: The earliest decision that counts.

    Raises:
        LedgerError: The ledger can't be read.
    """
    newest = {entry.decision.ticket: entry.evidence for entry in ledger.entries(since=since)}
    with ledger.database.transaction() as tx:
        kept_back = {one.ticket for one in drawn_audits(tx)}
        said = {one.ticket: one.label for one in audited_labels(tx, question=question.id)}
    truth = {
        ticket: label
        for ticket, label in said.items()
        if ticket in newest and ticket not in kept_back and label in question.labels
    }
    return list(newest.values()), truth


def evened(tickets: Iterable[Labelled]) -> Sequence[Labelled]:
    """Those that are kept, all with the same probability: that of the rarest."""
    tickets = tuple(tickets)
    kept = even({one.evidence.ticket.id: one.inclusion for one in tickets})
    return [one for one in tickets if one.evidence.ticket.id in kept]


def _labels(
    ledger: Ledger, rules: Rulebook
) -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, float]]:
    """Decision to its labels, and to the probability with which it was drawn."""
    truths = defaultdict[str, dict[str, str]](dict)
    drawn: dict[str, float] = {}
    with ledger.database.transaction() as tx:
        for label in audited_labels(tx):
            question = rules.questions.get(label.question)
            if question is not None and label.label in question.labels:
                truths[label.decision][label.question] = label.label
            # Who was reviewed is no accident, also of what was drawn.
            if label.inclusion is not None and label.source == "audit":
                drawn[label.decision] = label.inclusion
    return truths, drawn


def _cell(entry: Entry, by: Sorting) -> _Cell:
    found = stratum_of(entry.decision, entry.evidence, by)
    return found.route, found.conflict, found.uncertainty
