"""Votes on tickets as the table that labelers are measured by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from deskquorum.domain import Question, Vote, VoteStatus
from deskquorum.reconciliation import VoteTable, vote_table

__all__ = ["measured_votes", "table_of"]


def measured_votes(question: Question, votes: Iterable[Vote]) -> tuple[Vote, ...]:
    """The votes by which the question's labelers are measured; not those of fallback models."""
    return tuple(
        vote
        for vote in votes
        if vote.question == question.id and vote.status is VoteStatus.CAST and vote.stand_in is None
    )


def table_of(question: Question, cast: Mapping[str, Sequence[Vote]]) -> VoteTable:
    """Votes that were cast, by ticket; a ticket without any is an item without votes.

    Args:
        question: Whose labels the table is coded by.
        cast: Ticket to its `measured_votes`, in the order of the table's items.
    """
    everyone = [(item, vote) for item, votes in cast.items() for vote in votes]
    return vote_table(
        [(item, vote.labeler, str(vote.label)) for item, vote in everyone],
        families={vote.labeler: vote.family or vote.labeler for _, vote in everyone},
        items=tuple(cast),
        labels=question.labels,
    )
