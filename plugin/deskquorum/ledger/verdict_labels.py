"""Audited labels: what reviewers said that the answers of decisions should have been."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from deskquorum.ledger.chain import add_proved
from deskquorum.ledger.tables import audits, decisions, labels

if TYPE_CHECKING:
    from deskquorum.ledger.database import Transaction

__all__ = ["FAILURE_MODE", "AuditedLabel", "audited_labels", "note_labels"]

FAILURE_MODE = "@failure_mode"
"""The question under which auditors and reviewers say what went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedLabel:
    """One answer as a person gave it."""

    ticket: str
    decision: str
    question: str
    label: str
    by: str
    source: str
    """`audit` for a decision that was looked at to measure, `verdict` for one that was reviewed."""
    inclusion: float | None
    """How probable it was that the decision was drawn; None where it was not drawn at random."""


def note_labels(
    tx: Transaction,
    decision: str,
    answers: Mapping[str, str],
    *,
    by: str,
    source: Literal["verdict", "audit"] = "verdict",
) -> None:
    """Keep what a reviewer or an auditor said, as a link of the chain; it is never changed."""
    rows = [
        {
            "id": f"l_{random.token_hex(16)}",
            "tenant": tx.tenant,
            "decision": decision,
            "question": question,
            "label": label,
            "source": source,
            "by": by,
            "at_us": tx.now_us,
        }
        for question, label in answers.items()
    ]
    add_proved(tx, labels, rows)


def audited_labels(tx: Transaction, *, question: str | None = None) -> Iterator[AuditedLabel]:
    """Yield the labels, oldest first; of a decision's question the newest one is right."""
    query = (
        select(labels, decisions.c.ticket, audits.c.inclusion)
        .join(decisions, decisions.c.id == labels.c.decision)
        .outerjoin(audits, audits.c.decision == labels.c.decision)
        .where(labels.c.tenant == tx.tenant)
        .order_by(labels.c.at_us, labels.c.id)
    )
    if question is not None:
        query = query.where(labels.c.question == question)
    for row in tx.connection.execute(query):
        yield AuditedLabel(
            ticket=row.ticket,
            decision=row.decision,
            question=row.question,
            label=row.label,
            by=row.by,
            source=row.source,
            inclusion=row.inclusion,
        )
