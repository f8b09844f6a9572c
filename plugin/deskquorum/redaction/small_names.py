"""Names in small letters, as people type them into a chat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.record import fold
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import (
    everyday_words,
    first_names,
    given_names,
    namelike_words,
    places,
    surnames,
    words,
)

__all__ = ["looks_like", "people_in_small_letters"]

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")  # noqa: RUF001
_LEAST = 3
_LONGEST_GAP = 1


def looks_like(found: Sequence[str]) -> str:
    """`en`, `de` or nothing, by the small words among a text's words in small letters.

    Only as sure as the choice of word lists needs; `languages_of` is what names a language.
    """
    german = sum(word in words("german_markers") for word in found)
    english = sum(word in words("english_markers") for word in found)
    if german > english:
        return "de"
    known = sum(word in everyday_words() for word in found)
    return "en" if english and known * 2 > len(found) else ""


def people_in_small_letters(view: View, *, shouted: bool) -> Iterator[Entity]:
    """Find a first name and a surname side by side in English; alone, where nothing is capitalised.

    Args:
        view: The text.
        shouted: Whether the text has no capitalised word, so that small letters say nothing.
    """
    if not _worth_reading(view):
        return
    spelled = [(hit[0], *hit.span()) for hit in _WORD.finditer(view.text)]
    found = [
        (_folded(word), start, end)
        for word, start, end in spelled
        if len(word) >= _LEAST and word.islower()
    ]
    taken = -1
    for (given, start, left_end), (family, right_start, end) in pairwise(found):
        close = right_start - left_end == 1 and view.text[left_end] == " "
        if close and start > taken and _is_pair(given, family):
            yield _person(start, end)
            taken = right_start
    for word, start, end in found if shouted else ():
        if start > taken and word.removesuffix("'s") in first_names():
            yield _person(start, end)


def _folded(word: str) -> str:
    """A word in small letters, folded."""
    return word if word.isascii() else fold(word)


def _worth_reading(view: View) -> bool:
    """Whether a name of the lists is among the words at all."""
    met = view.vocabulary
    if not view.text.isascii() or not met.isdisjoint(first_names()):
        return True
    given = not (met.isdisjoint(given_names()) and met.isdisjoint(namelike_words()))
    return given and not met.isdisjoint(surnames())


def _is_pair(given: str, family: str) -> bool:
    bare = family.removesuffix("'s")
    if bare in everyday_words() or (bare in places() and bare not in surnames()):
        return False
    if given in first_names():
        return True
    known = given in given_names() or given in namelike_words()
    return known and bare in surnames()


def _person(start: int, end: int) -> Entity:
    return Entity(start=start, end=end, type=EntityType.PERSON, score=0.5, source="gazetteer")
