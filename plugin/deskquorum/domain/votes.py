"""Questions, votes and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

__all__ = ["Answer", "Question", "Vote", "VoteStatus", "Weight"]


class VoteStatus(StrEnum):
    """What became of one labeler's turn. A failure is not an abstention."""

    CAST = "cast"
    ABSTAINED = "abstained"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A small closed choice about a ticket, declared by ops."""

    id: str
    ask: str
    """The question in a sentence, as a person or a model reads it."""
    labels: Mapping[str, str]
    """Label to its one-line description; two labels at least."""
    labelers: tuple[str, ...]
    """Ids of the labelers that answer it."""
    settle_at: float = 0.6
    """Least posterior at which the answer counts as settled."""
    quorum: int = 1
    """Families of labelers that must name the same label before software may act on it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One labeler's opinion on one question about one ticket."""

    question: str
    labeler: str
    status: VoteStatus
    label: str | None = None
    """Chosen label; set exactly when the vote was cast."""
    distribution: Mapping[str, float] = field(default_factory=dict)
    """Probability per label where the labeler gives one; sums to 1."""
    family: str = ""
    """Labelers of one family err together: same base model, same word list."""
    model: str | None = None
    """As its endpoint names it."""
    stand_in: str | None = None
    """The fallback model that answered in place of the labeler's own; None where its own did. What
    was measured of the labeler does not hold for it."""
    prompt_hash: str | None = None
    cost: Decimal = Decimal(0)
    """In the desk's currency; of a call whose outcome nobody knows, the most that it may be."""
    latency_ms: int = 0
    why: str = ""
    """Short code: the rule that fired, or why the turn was lost (`timeout`, `truncated`, ...)."""

    def __post_init__(self) -> None:
        if (self.status is VoteStatus.CAST) != (self.label is not None):
            raise ValueError("a cast vote needs a label, any other must have none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What one cast vote counted for, and why."""

    labeler: str
    odds: float
    """How many times the vote, alone, multiplies the odds of its label; 1 counts for nothing."""
    right: int | None = None
    """Audited tickets on which the labeler was right; None where its accuracy is assumed."""
    of: int | None = None
    """Audited tickets on which it voted."""
    assumed: float | None = None
    """The accuracy that ops assume, where nothing is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The reconciled answer to one question."""

    question: str
    label: str | None
    """Most probable label; None when nobody voted."""
    probability: float
    """Posterior of `label`, 0..1."""
    settled: bool
    calibrated: bool
    quorum_met: bool = True
    """Whether as many families of labelers name the label as the question asks for."""
    distribution: Mapping[str, float] = field(default_factory=dict)
    weights: tuple[Weight, ...] = ()
    """Of the votes cast, in their order."""
