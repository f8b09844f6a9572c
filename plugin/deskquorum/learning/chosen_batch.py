"""Which recorded decisions teach most, kept as chosen in the ledger.

INVARIANT: what is chosen is not drawn. It teaches, and never certifies or counts in an estimate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import numpy as np

from deskquorum.auditing.strata import cast_on
from deskquorum.domain import Question
from deskquorum.labeling import Embedder
from deskquorum.learning.agreeing import agreement, material
from deskquorum.learning.choosing import next_audits
from deskquorum.ledger import Entry, Ledger, Transaction
from deskquorum.ledger.audits import Audit, ChosenAudit, all_chosen, drawn_audits, note_chosen
from deskquorum.ledger.verdict_labels import audited_labels
from deskquorum.reading import customer_text
from deskquorum.reconciliation import VoteTable, vote_table

__all__ = ["choose_batch"]

_MOST_READ = 5000
"""Tickets that are compared with each other; of more, so many evenly."""


def choose_batch(
    ledger: Ledger,
    *,
    batch: str,
    size: int,
    since: datetime,
    now: datetime,
    question: Question,
    embedder: Embedder,
) -> Sequence[ChosenAudit]:
    """Fill what is chosen for a batch up to a size, keep it, and return all of it.

    Args:
        ledger: Whose decisions.
        batch: Its name.
        size: How many are chosen for it; fewer where there are not as many.
        since: The earliest decision that counts.
        now: The end of what is chosen from.
        question: The desk's main question, on whose answers doubt is measured.
        embedder: Reads the texts.

    Raises:
        LedgerError: The ledger can't be read or written; nothing was chosen.
        ValueError: Too few tickets to choose from.
    """
    with ledger.database.transaction() as tx:
        before, asked, truth = all_chosen(tx), _asked_about(tx), _truth(tx, question)
    missing = size - sum(one.batch == batch for one in before)
    if missing > 0:
        newest = {entry.decision.ticket: entry for entry in ledger.entries(since=since, until=now)}
        entries = _fewer(newest.values(), known=asked | truth.keys())
        places = _places(entries, asked, truth, count=missing, question=question, embedder=embedder)
        chosen = [_chosen(entries[place], batch) for place in places]
        with ledger.database.transaction(writing=True) as tx:
            # Somebody else who chose meanwhile was first.
            if all_chosen(tx) == before:
                note_chosen(tx, chosen)
    with ledger.database.transaction() as tx:
        return all_chosen(tx, batch=batch)


def _asked_about(tx: Transaction) -> frozenset[str]:
    """Tickets that somebody looks at anyway."""
    asked: list[Audit] = [*drawn_audits(tx), *all_chosen(tx)]
    return frozenset(one.ticket for one in asked)


def _truth(tx: Transaction, question: Question) -> Mapping[str, str]:
    """Ticket to what people said of it, the newest label of each."""
    said = {one.ticket: one.label for one in audited_labels(tx, question=question.id)}
    return {ticket: label for ticket, label in said.items() if label in question.labels}


def _fewer(entries: Iterable[Entry], *, known: frozenset[str]) -> Sequence[Entry]:
    """Those that people looked at, and of the others as many as can be compared; no text twice."""
    ranked = sorted(entries, key=lambda entry: _digest(entry.decision.ticket))
    looked_at = [entry for entry in ranked if entry.decision.ticket in known]
    others = [entry for entry in ranked if entry.decision.ticket not in known]
    # The first of a text stays, so that what repeats a text that people looked at is left out.
    ordered = reversed([*looked_at, *others])
    distinct = {customer_text(entry.evidence.ticket): entry for entry in ordered}
    return list(reversed(distinct.values()))[:_MOST_READ]


def _places(
    entries: Sequence[Entry],
    asked: frozenset[str],
    truth: Mapping[str, str],
    *,
    count: int,
    question: Question,
    embedder: Embedder,
) -> Sequence[int]:
    tickets = [entry.decision.ticket for entry in entries]
    taken = [n for n, ticket in enumerate(tickets) if ticket in asked or ticket in truth]
    read = material([customer_text(entry.evidence.ticket) for entry in entries], embedder)
    _, agreed = agreement(read, _table(entries, question), truth)
    found = next_audits(read.points, agreed, np.array(taken, dtype=np.int64), count)
    return [int(place) for place in found]


def _table(entries: Iterable[Entry], question: Question) -> VoteTable:
    """The recorded votes, in the entries' order."""
    cast = {e.decision.ticket: cast_on(question.id, e.evidence.votes) for e in entries}
    return vote_table(
        [(item, vote.labeler, str(vote.label)) for item, votes in cast.items() for vote in votes],
        families={v.labeler: v.family or v.labeler for votes in cast.values() for v in votes},
        items=list(cast),
        labels=question.labels,
    )


def _chosen(entry: Entry, batch: str) -> ChosenAudit:
    return ChosenAudit(decision=entry.decision.id, ticket=entry.decision.ticket, batch=batch)


def _digest(name: str) -> str:
    return sha256(f"compared {name}".encode()).hexdigest()
