"""The verdict on a policy claim that quotes no clause: never `supported`, since that is doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from deskquorum.domain import Verdict
from deskquorum.grounding.claims import Claim, PolicyAct
from deskquorum.grounding.quantities import Bound, Quantity, QuantityKind, find_quantities
from deskquorum.grounding.retrieve import ClauseIndex, ClauseLike, ClauseSentence
from deskquorum.grounding.words import content_words, words_of

__all__ = ["Support", "support_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A verdict, what decided it, and why in a few words."""

    verdict: Verdict
    why: str
    sentence: ClauseSentence | None = None
    """The clause's sentence that supports or contradicts."""


def support_of(claim: Claim, nearest: Sequence[ClauseLike], index: ClauseIndex) -> Support:
    """Compare a claim's quantities with the nearest clauses; promises need a quote."""
    against = _mismatch(claim, nearest, index)
    if against is not None:
        return against
    where = f"; nearest clause {nearest[0].id}" if nearest else ""
    if claim.act in {PolicyAct.COMMITMENT, PolicyAct.ENTITLEMENT}:
        why = f"{claim.act} that quotes no clause{where}"
        return Support(verdict=Verdict.UNSUPPORTED, why=why)
    return Support(verdict=Verdict.UNKNOWN, why=f"no clause says this word for word{where}")


_LEAST_SHARED = 2
_TOLD_OF_THE_CASE = frozenset({"ago", "since", "already", "been", "hace", "depuis", "seit", "há"})


def _mismatch(claim: Claim, nearest: Sequence[ClauseLike], index: ClauseIndex) -> Support | None:
    """A quantity of the claim that the nearest clause states otherwise for the same thing."""
    if not nearest:
        return None
    known = [q for clause in nearest for s in index.sentences[clause.id] for q in s.quantities]
    words = words_of(claim.text)
    rivals = [
        sentence
        for sentence in index.sentences[nearest[0].id]
        if len(set(content_words(words)) & set(content_words(words_of(sentence.text))))
        >= _LEAST_SHARED
    ]
    for quantity in find_quantities(claim.text):
        if _tells_the_case(quantity, {word.text for word in words}) or any(
            other.equals(quantity) or other.allows(quantity) for other in known
        ):
            continue
        for sentence in rivals:
            if any(_differs(quantity, other) for other in sentence.quantities):
                why = f"{quantity.kind} differs from clause {sentence.clause.id}"
                return Support(verdict=Verdict.CONTRADICTED, why=why, sentence=sentence)
    return None


def _differs(quantity: Quantity, other: Quantity) -> bool:
    """Whether the other is a different value of what this quantity is about."""
    return (
        other.comparable(quantity)
        and bool(other.role & quantity.role)
        and not _computed(quantity, other)
    )


def _tells_the_case(quantity: Quantity, words: set[str]) -> bool:
    """`It came two months ago` tells how long ago, not how long the customer has."""
    return quantity.bound is Bound.EXACT and bool(words & _TOLD_OF_THE_CASE)


def _computed(quantity: Quantity, other: Quantity) -> bool:
    """Whether an amount may be a sum worked out from the clause: a whole multiple, or a basket."""
    if quantity.kind is not QuantityKind.MONEY:
        return False
    value, base = quantity.value, other.value
    if not isinstance(value, Decimal) or not isinstance(base, Decimal):
        return True
    return other.bound is not quantity.bound or not base or value % base == 0
