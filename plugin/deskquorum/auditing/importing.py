"""Keeping what auditors said."""

from __future__ import annotations

from collections.abc import Iterable

from deskquorum.auditing.sheet import GivenLabels
from deskquorum.ledger import Transaction
from deskquorum.ledger.verdict_labels import audited_labels, note_labels

__all__ = ["keep_labels"]


def keep_labels(tx: Transaction, given: Iterable[GivenLabels]) -> int:
    """Keep the labels that are news, so that a sheet can be handed in twice; returns how many.

    Raises:
        LedgerError: The ledger can't be written; nothing was kept.
    """
    newest = {
        (label.decision, label.by, label.question): label.label
        for label in audited_labels(tx)
        if label.source == "audit"
    }
    kept = 0
    for one in given:
        news = {
            question: label
            for question, label in one.answers.items()
            if newest.get((one.decision, one.by, question)) != label
        }
        note_labels(tx, one.decision, news, by=one.by, source="audit")
        kept += len(news)
    return kept
