"""Audited decisions as reports look at them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deskquorum.auditing.drawing import entries_of
from deskquorum.domain import Answer, Vote
from deskquorum.ledger import Entry, Ledger
from deskquorum.ledger.audits import DrawnAudit, all_chosen, drawn_audits
from deskquorum.ledger.verdict_labels import FAILURE_MODE, AuditedLabel, audited_labels
from deskquorum.reading import customer_text

__all__ = ["NO_FAILURE", "AuditedCase", "Audits", "audits_of"]

NO_FAILURE = "none"
"""What auditors write where nothing went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedCase:
    """One drawn decision and what people said of it."""

    decision: str
    text: str
    """The customer's, redacted."""
    stratum: Mapping[str, str]
    """Dimension to where the decision falls in it."""
    weight: float
    """How many decisions it stands for: one over its inclusion probability."""
    votes: tuple[Vote, ...]
    answers: Mapping[str, Answer]
    labels: tuple[AuditedLabel, ...]
    """Oldest first."""

    def truth(self, question: str) -> str | None:
        """The newest label of a question; None where nobody gave one."""
        said = [label.label for label in self.labels if label.question == question]
        return said[-1] if said else None

    def said(self, question: str) -> Mapping[str, str]:
        """Each auditor's newest label of a question."""
        return {label.by: label.label for label in self.labels if label.question == question}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audits:
    """What people looked at."""

    drawn: int
    cases: Sequence[AuditedCase]
    """The drawn decisions that somebody labelled; erased ones are left out."""
    chosen: int
    """Labelled decisions that were only chosen: they stand for nothing but themselves."""
    named: Mapping[str, int]
    """Failure mode to the decisions on which a reviewer named it, of all batches only."""


def audits_of(ledger: Ledger, *, batch: str | None = None) -> Audits:
    """All audits, or those of one batch.

    Raises:
        LedgerError: The ledger can't be read.
    """
    given, named = defaultdict[str, list[AuditedLabel]](list), dict[str, str]()
    with ledger.database.transaction() as tx:
        drawn, chosen = drawn_audits(tx, batch=batch), all_chosen(tx, batch=batch)
        ever_drawn = {one.decision for one in drawn_audits(tx)}
        for label in audited_labels(tx):
            if label.source == "audit":
                given[label.decision].append(label)
            elif label.question == FAILURE_MODE:
                named[label.decision] = label.label
    labelled = (one for one in drawn if one.decision in given)
    found = entries_of(ledger, labelled)
    return Audits(
        drawn=len(drawn),
        cases=[_case(one, entry, given[one.decision]) for one, entry in found],
        chosen=sum(one.decision in given.keys() - ever_drawn for one in chosen),
        named=Counter(named.values() if batch is None else ()),
    )


def _case(drawn: DrawnAudit, entry: Entry, labels: Iterable[AuditedLabel]) -> AuditedCase:
    return AuditedCase(
        decision=drawn.decision,
        text=customer_text(entry.evidence.ticket),
        stratum=json.loads(drawn.stratum),
        weight=1 / drawn.inclusion,
        votes=entry.evidence.votes,
        answers=entry.decision.answers,
        labels=tuple(labels),
    )
