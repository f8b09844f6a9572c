"""The voters' word on every policy claim of a reply, each against the clause it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from deskquorum.grounding.alignment import nearness
from deskquorum.grounding.claims import Claim
from deskquorum.grounding.number_votes import NumberVote
from deskquorum.grounding.passages import Passage, read_passage
from deskquorum.grounding.retrieve import ClauseIndex, ClauseLike
from deskquorum.grounding.sentences import Span
from deskquorum.grounding.voting import Ballot, ballot_of
from deskquorum.grounding.weights import Weights

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from deskquorum.grounding.alignment import Nearness

__all__ = ["Assessment", "assess", "clauses_near"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the voters make of one claim."""

    clause: ClauseLike
    """The clause that speaks most of the same things."""
    risk: float
    """0..1 that the claim says what the clause does not."""
    heard: float
    """0..1: how much of the claim the clause speaks of."""
    doubt: str
    """The strongest doubt about this claim in words, empty when there is none."""
    number: NumberVote | None
    """A number of the claim that the clause has otherwise."""


def assess(
    reply: str,
    claims: Sequence[Claim],
    index: ClauseIndex,
    weights: Weights,
    *,
    quoted: Collection[Span] = (),
) -> Mapping[Claim, Assessment]:
    """Assess claims, those of one clause together: one often gives the case, another the outcome.

    Claims for which no clause is found are left out.

    Args:
        reply: The whole reply; sentences without a claim of their own tell of the case.
        claims: What is to be assessed.
        index: The desk's clauses.
        weights: What each voter counts for.
        quoted: Sentences that quote a clause, and say nothing beyond it.
    """
    nearest = clauses_near(reply, claims, index, top=_CONSIDERED)
    whole = read_passage(reply)

    @cache
    def near(text: str) -> Nearness:
        return nearness(whole.marks, read_passage(text), index.vectors)

    @cache
    def heard(text: str) -> npt.NDArray[np.float64]:
        """For each word of the reply how near a word of a clause comes."""
        best: npt.NDArray[np.float64] = near(text).max(axis=1, initial=0.0)
        return best

    groups: dict[str, list[Claim]] = {}
    clauses: dict[str, ClauseLike] = {}
    for claim, found in zip(claims, nearest, strict=True):
        if found:
            best = _closest(claim, found, whole, heard)
            clauses[best.id] = best
            groups.setdefault(best.id, []).append(claim)
    taken = {claim.sentence for claim in claims}
    out: dict[Claim, Assessment] = {}
    for key, group in groups.items():
        others = taken - {claim.sentence for claim in group}
        passage = whole.only({*others, *quoted})
        rows = [mark.place for mark in passage.marks]
        text = clauses[key].text
        ballot = ballot_of(passage, read_passage(text), near(text)[rows])
        out |= _shared_out(group, passage, ballot, clauses[key], weights)
    return out


def clauses_near(
    reply: str, claims: Sequence[Claim], index: ClauseIndex, *, top: int
) -> list[tuple[ClauseLike, ...]]:
    """The clauses nearest to the sentence of each claim, or else to the whole reply."""
    sentences = list(dict.fromkeys(claim.sentence for claim in claims))
    queries = [reply[slice(*sentence)] for sentence in sentences]
    near = dict(zip(sentences, index.nearest(queries, top=top), strict=True))
    if not all(near.values()):
        (around,) = index.nearest([reply], top=top)
        near = {sentence: found or around for sentence, found in near.items()}
    return [near[claim.sentence] for claim in claims]


_CONSIDERED = 3
"""Clauses among which the one that speaks most of the claim is chosen."""


def _closest(
    claim: Claim,
    found: Sequence[ClauseLike],
    whole: Passage,
    heard: Callable[[str], npt.NDArray[np.float64]],
) -> ClauseLike:
    rows = [mark.place for mark in whole.marks if claim.start <= mark.start < claim.end]
    if len(found) == 1 or not rows:
        return found[0]
    # The first of those that are heard as much as any.
    return max(found, key=lambda clause: round(float(heard(clause.text)[rows].mean()), 3))


def _shared_out(
    group: Sequence[Claim],
    passage: Passage,
    ballot: Ballot,
    clause: ClauseLike,
    weights: Weights,
) -> Mapping[Claim, Assessment]:
    """The group's risk to each of its claims; where the doubt lies in one, less to the others."""
    risk = weights.risk(ballot.features)
    doubts = {claim: _doubt(claim, passage, ballot) for claim in group}
    worst = min((score for score, _ in doubts.values()), default=0.0)
    return {
        claim: Assessment(
            clause=clause,
            risk=risk if score <= worst / 2 else risk * _ELSEWHERE,
            heard=-ballot.features["unheard"],
            doubt=why,
            number=_number(claim, ballot),
        )
        for claim, (score, why) in doubts.items()
    }


_ELSEWHERE = 0.5


def _doubt(claim: Claim, passage: Passage, ballot: Ballot) -> tuple[float, str]:
    inside = [
        ballot.against[place]
        for place, segment in enumerate(passage.segments)
        if place in ballot.against and claim.start < segment.end and segment.start < claim.end
    ]
    return min(inside, default=(0.0, ""))


def _number(claim: Claim, ballot: Ballot) -> NumberVote | None:
    return next(
        (v for v in ballot.numbers if v.score < 0 and claim.start <= v.start < claim.end), None
    )
