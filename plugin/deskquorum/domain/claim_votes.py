"""Votes of verifiers on the claims of one draft, kept as evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from deskquorum.domain.votes import Vote

__all__ = ["ClaimAnswer", "ClaimVote", "draft_hash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimVote:
    """One verifier's vote on one claim of a draft."""

    draft: str
    """`draft_hash` of the draft; a vote counts for that very text only."""
    start: int
    end: int
    """Place of the claim in the redacted draft."""
    vote: Vote
    """On the question `claim`: entailed, contradicted or unsupported."""
    clause: str | None = None
    quote: str | None = None
    """Words that stand in that clause verbatim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAnswer:
    """What the verifiers' votes on one claim come to."""

    label: str | None
    """Most probable of entailed, contradicted and unsupported; None when nobody voted."""
    probability: float
    entailed: float
    """Posterior of entailed, 0..1."""
    settled: bool
    clause: str | None = None
    quote: str | None = None
    """Verbatim words of that clause, from a verifier that says entailed."""


def draft_hash(draft: str) -> str:
    """What a draft is known by in its votes."""
    return hashlib.sha256(draft.encode("utf-8", "surrogatepass")).hexdigest()
