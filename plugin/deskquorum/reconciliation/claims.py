"""The votes on each claim of a draft to one answer a claim, the way questions are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deskquorum.domain import ClaimAnswer, ClaimVote, Question, VoteStatus, draft_hash
from deskquorum.reconciliation.answering import reconcile

__all__ = ["CLAIM", "settle_claims"]

CLAIM = Question(
    id="claim",
    ask="What do the clauses say of the claim?",
    labels={
        "entailed": "it follows from the clauses, all of it",
        "contradicted": "a clause says otherwise",
        "unsupported": "no clause says it, or not all of it",
    },
    labelers=(),
    settle_at=0.6,
)
"""What every verifier's vote is on."""


def settle_claims(
    draft: str, votes: Sequence[ClaimVote], accuracy: float
) -> Mapping[tuple[int, int], ClaimAnswer]:
    """One answer for each claim of this very draft that somebody was asked about.

    Args:
        draft: The redacted draft; votes on another text are ignored.
        votes: In any order.
        accuracy: Assumed of each verifier, 0..1.
    """
    known = draft_hash(draft)
    claims: dict[tuple[int, int], list[ClaimVote]] = {}
    for vote in votes:
        if vote.draft == known:
            claims.setdefault((vote.start, vote.end), []).append(vote)
    return {place: _answer(given, accuracy) for place, given in claims.items()}


def _answer(votes: Sequence[ClaimVote], accuracy: float) -> ClaimAnswer:
    assumed = {v.vote.labeler: accuracy for v in votes}
    answer = reconcile(CLAIM, [vote.vote for vote in votes], assumed)
    quoting = sorted(
        (v for v in votes if v.quote is not None and v.vote.status is VoteStatus.CAST),
        key=lambda v: v.vote.labeler,
    )
    return ClaimAnswer(
        label=answer.label,
        probability=answer.probability,
        entailed=answer.distribution.get("entailed", 0.0),
        settled=answer.settled,
        clause=quoting[0].clause if quoting else None,
        quote=quoting[0].quote if quoting else None,
    )
