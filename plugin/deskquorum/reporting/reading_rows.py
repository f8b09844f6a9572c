"""Reads from the ledger what a report is made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from deskquorum.reading import customer_text
from deskquorum.reporting.fates import AuditRow, OutcomeRow, Rows, VerdictRow
from deskquorum.reporting.tally import decision_row

if TYPE_CHECKING:
    from deskquorum.ledger import Entry, Ledger, Transaction
    from deskquorum.ledger.review_items import ReviewItem

__all__ = ["read_rows", "texts_of", "verdict_rows"]


def read_rows(ledger: Ledger, *, since: datetime) -> Rows:
    """Everything from then on; what was erased is left out.

    Raises:
        LedgerError: The ledger can't be read.
    """
    from deskquorum.ledger.outcomes import outcomes_since
    from deskquorum.ledger.verdict_labels import audited_labels

    decisions = [decision_row(entry) for entry in ledger.entries(since=since)]
    known = {row.id for row in decisions}
    with ledger.database.transaction() as tx:
        told = [
            OutcomeRow(conversation=o.conversation, at=at, kind=o.kind, value=o.value)
            for at, o in outcomes_since(tx, since)
        ]
        audited = [
            AuditRow(
                decision=label.decision,
                question=label.question,
                label=label.label,
                inclusion=label.inclusion,
            )
            for label in audited_labels(tx)
            # What was reviewed or only chosen stands for nothing but itself.
            if label.inclusion is not None and label.source == "audit" and label.decision in known
        ]
        verdicts = verdict_rows(tx, since=since)
    return Rows(decisions=decisions, outcomes=told, verdicts=verdicts, audited=audited)


def texts_of(entries: Iterable[Entry]) -> Iterator[tuple[str, str, str]]:
    """Conversation, decision and redacted text of each entry; none where it was not redacted."""
    for entry in entries:
        ticket = entry.evidence.ticket
        yield ticket.id, entry.decision.id, customer_text(ticket)


def verdict_rows(tx: Transaction, *, since: datetime) -> list[VerdictRow]:
    """The verdicts on decisions from then on, oldest first."""
    from deskquorum.ledger.reviews import resolved_since

    return [
        VerdictRow(
            decision=item.decision,
            kind=item.verdict,
            same_action=_same_action(item),
            took=item.verdict_at - item.opened_at,
        )
        for item in resolved_since(tx, since)
        if item.kind == "decision" and item.verdict is not None and item.verdict_at is not None
    ]


def _same_action(item: ReviewItem) -> bool | None:
    if item.verdict == "approve":
        return True
    if item.verdict in {"reject", "respond"}:
        return False
    return None if item.erased else item.final_action == item.action
