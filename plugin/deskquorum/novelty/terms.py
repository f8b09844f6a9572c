"""The words by which new tickets differ from past ones, named for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deskquorum.novelty.reference import Reference
from deskquorum.novelty.words import words_of

__all__ = ["Term", "new_terms"]

_HELD_BY, _MOST, _EXAMPLES = 5, 12, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of recent tickets that past ones did not hold."""

    word: str
    """Lower case, without accents."""
    tickets: int
    """Conversations that hold it."""
    examples: tuple[str, ...]
    """Ids of some of their decisions, newest first."""


def new_terms(
    texts: Iterable[tuple[str, str, str]], reference: Reference, *, held_by: int = _HELD_BY
) -> list[Term]:
    """The commonest new words, most tickets first; numbers and placeholders are none.

    INVARIANT: a word is named only if `held_by` conversations hold it, so that it is nobody's own.

    Args:
        texts: Conversation, decision and redacted text, oldest first.
        reference: What past tickets held.
        held_by: Conversations that have to hold a word.
    """
    seen: dict[str, dict[str, str]] = {}
    for conversation, decision, text in texts:
        for word in words_of(text):
            if not reference.knows(word):
                seen.setdefault(word, {})[conversation] = decision
    common = [(word, where) for word, where in seen.items() if len(where) >= held_by]
    common.sort(key=lambda pair: (-len(pair[1]), pair[0]))
    return [
        Term(
            word=word,
            tickets=len(where),
            examples=tuple(list(where.values())[::-1][:_EXAMPLES]),
        )
        for word, where in common[:_MOST]
    ]
