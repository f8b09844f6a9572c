"""The verdict on a policy claim that quotes no clause: never `supported`, since that is doubt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deskquorum.domain import Verdict
from deskquorum.grounding.assessing import Assessment
from deskquorum.grounding.claims import Claim, ClaimKind, PolicyAct
from deskquorum.grounding.retrieve import ClauseIndex, ClauseSentence
from deskquorum.grounding.weights import Weights

__all__ = ["Support", "in_reach", "support_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A verdict, what decided it, and why in a few words."""

    verdict: Verdict
    why: str
    sentence: ClauseSentence | None = None
    """The clause's sentence that supports or contradicts."""
    risk: float = 0.5
    """0..1: how likely the claim says what nothing backs."""


def support_of(
    claim: Claim, assessment: Assessment | None, index: ClauseIndex, weights: Weights
) -> Support:
    """What the voters make of a claim: doubt enough to name it, or not enough to tell."""
    if assessment is None:
        return _unheard(claim, "no clause speaks of this", risk=_NOTHING_FOUND)
    return in_reach(_heard(claim, assessment, index, weights), assessment.clause.id, index)


def in_reach(support: Support, clause: str, index: ClauseIndex) -> Support:
    """A verdict by a clause, unless nobody can tell whether that clause applies.

    INVARIANT: such a clause backs no claim, and contradicts none; it may be named.
    """
    doubt = index.reach.untold.get(clause)
    if doubt is None or support.verdict is Verdict.UNSUPPORTED:
        return support
    why = f"whether clause {clause} applies can't be told: {doubt}"
    return replace(support, verdict=Verdict.UNKNOWN, why=why)


def _heard(claim: Claim, assessment: Assessment, index: ClauseIndex, weights: Weights) -> Support:
    clause, risk = assessment.clause, round(assessment.risk, 4)
    if assessment.heard < _BARELY_HEARD and risk >= _EVEN:
        return _unheard(claim, f"nearest clause {clause.id} speaks of little of this", risk=risk)
    loose = assessment.number is not None and assessment.number.kind == "unexplained"
    if loose and assessment.heard < _LITTLE_HEARD and claim.act in _PROMISES:
        return _unheard(claim, f"not by the numbers of clause {clause.id}", risk=risk)
    doubtful = risk >= weights.doubtful_from or _is_another_number(assessment)
    if doubtful and assessment.doubt and (claim.kind is ClaimKind.POLICY or assessment.number):
        why = f"{assessment.doubt}, by clause {clause.id}"
        sentence = _sentence(assessment, index)
        return Support(verdict=Verdict.CONTRADICTED, why=why, sentence=sentence, risk=risk)
    why = f"no clause says this word for word; nearest clause {clause.id}"
    return Support(verdict=Verdict.UNKNOWN, why=why, risk=risk)


_NOTHING_FOUND = 0.8
_BARELY_HEARD = 0.12
_EVEN = 0.5
_LITTLE_HEARD = 0.34
_PROMISES = frozenset({PolicyAct.COMMITMENT, PolicyAct.ENTITLEMENT})


def _is_another_number(assessment: Assessment) -> bool:
    """The one rule that is good enough alone: a number that the clause has otherwise."""
    number = assessment.number
    return number is not None and number.kind == "other" and assessment.heard >= _LITTLE_HEARD


def _unheard(claim: Claim, why: str, *, risk: float) -> Support:
    """A promise that no clause speaks of is unsupported; of other claims nobody can tell."""
    if claim.act in _PROMISES:
        return Support(
            verdict=Verdict.UNSUPPORTED, why=f"{claim.act} that quotes no clause; {why}", risk=risk
        )
    return Support(verdict=Verdict.UNKNOWN, why=why, risk=risk)


def _sentence(assessment: Assessment, index: ClauseIndex) -> ClauseSentence | None:
    """The clause's sentence with the number that decides, else its first."""
    sentences = index.sentences[assessment.clause.id]
    source = None if assessment.number is None else assessment.number.source
    if source is not None:
        at = 0
        text = assessment.clause.text
        for sentence in sentences:
            at = text.find(sentence.text, at)
            if at <= source.start < at + len(sentence.text):
                return sentence
    return sentences[0] if sentences else None
