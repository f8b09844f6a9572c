"""Finds the sentences of a reply that quote a clause word for word, or all but so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deskquorum.grounding.claims import lead_in
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
    # A stray full stop between two sentences does not part them.
    sentences = [span for span in sentences if words_of(reply[slice(*span)])]
    candidates = [_candidates(reply[slice(*span)], index) for span in sentences]
    found: dict[Span, ClauseSentence] = {}
    before: frozenset[tuple[str, int]] = frozenset()
    for place, span in enumerate(sentences):
        after = candidates[place + 1] if place + 1 < len(sentences) else ()
        kept = [one for one in candidates[place] if _stands(one, before, after, index)]
        if kept:
            found[span] = min(kept, key=lambda one: one.clause.id in index.reach.untold)
        before = frozenset((one.clause.id, one.place) for one in kept)
    return found


def _candidates(sentence: str, index: ClauseIndex) -> tuple[ClauseSentence, ...]:
    """What a sentence could quote, exact wording first; a lead-in must name the right clause."""
    whole = [
        one for wording in (verbatim(sentence), nearly(sentence)) for one in index.worded(wording)
    ]
    led_in = _led_in(sentence, index)
    return tuple({(one.clause.id, one.place): one for one in (*whole, *led_in)}.values())


def _led_in(sentence: str, index: ClauseIndex) -> list[ClauseSentence]:
    head = lead_in(sentence)
    if not head.end:
        return []
    body = sentence[head.end :]
    return [
        one
        for wording in (verbatim(body), nearly(body))
        for one in index.worded(wording)
        if head.clauses <= {one.clause.id.casefold()}
    ]


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
    return not _leans_back(following) or any(
        other.clause.id == one.clause.id and other.place == one.place + 1 for other in after
    )


def _leans_back(one: ClauseSentence) -> bool:
    words = words_of(one.text)
    return len(words) < _SHORTEST or words[0].text in TIES_BACK
