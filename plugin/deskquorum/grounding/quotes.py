"""Finds the sentences of a reply that quote a clause word for word, or all but so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deskquorum.grounding.claims import lead_in_end
from deskquorum.grounding.lexicon import TIES_BACK
from deskquorum.grounding.retrieve import ClauseIndex, ClauseSentence
from deskquorum.grounding.sentences import Span
from deskquorum.grounding.wording import nearly, verbatim
from deskquorum.grounding.words import words_of

__all__ = ["find_quotes"]

_SHORTEST = 4
"""Words that a sentence needs to be quoted without the sentences before it."""


def find_quotes(
    reply: str, sentences: Sequence[Span], index: ClauseIndex
) -> Mapping[Span, ClauseSentence]:
    """The reply's sentences that quote, with what they quote.

    A sentence that leans on its neighbours ("They are refunded", "Otherwise: human") counts only
    where the neighbour is quoted beside it.
    """
    candidates = [_candidates(reply[slice(*span)], index) for span in sentences]
    found: dict[Span, ClauseSentence] = {}
    before: frozenset[tuple[str, int]] = frozenset()
    for place, span in enumerate(sentences):
        after = candidates[place + 1] if place + 1 < len(sentences) else ()
        kept = [one for one in candidates[place] if _stands(one, before, after, index)]
        if kept:
            found[span] = kept[0]
        before = frozenset((one.clause.id, one.place) for one in kept)
    return found


def _candidates(sentence: str, index: ClauseIndex) -> tuple[ClauseSentence, ...]:
    """What a sentence could quote, exact wording before near wording."""
    texts = dict.fromkeys((sentence, sentence[lead_in_end(sentence) :].strip()))
    exact = [one for text in texts for one in index.worded.get(verbatim(text), ())]
    near = [one for text in texts for one in index.worded.get(nearly(text), ())]
    return tuple({(one.clause.id, one.place): one for one in [*near, *exact]}.values())[::-1]


def _stands(
    one: ClauseSentence,
    before: frozenset[tuple[str, int]],
    after: Sequence[ClauseSentence],
    index: ClauseIndex,
) -> bool:
    follows = (one.clause.id, one.place - 1) in before
    if not follows and one.place > 0 and _leans_back(one):
        return False
    if one.last:
        return True
    following = index.sentences[one.clause.id][one.place + 1]
    return not _limits(following) or any(
        other.clause.id == one.clause.id and other.place == one.place + 1 for other in after
    )


def _leans_back(one: ClauseSentence) -> bool:
    words = words_of(one.text)
    return len(words) < _SHORTEST or words[0].text in TIES_BACK


def _limits(following: ClauseSentence) -> bool:
    """Whether a sentence takes back part of the one before it."""
    return words_of(following.text)[0].text in TIES_BACK and _leans_back(following)
