"""Looking for words and phrases in a text, forgiving one typo in longer words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Lexicon", "tokens_of"]

_LEAST_LETTERS = 6
"""Shorter words are too often one letter away from quite another word."""

Phrase = tuple[str, ...]


def tokens_of(folded: str) -> list[str]:
    """The words of a folded text, in order."""
    return re.findall(r"[^\W_]+", folded)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases by their first word."""

    _phrases: Mapping[str, Sequence[Phrase]]
    _tolerant: Mapping[tuple[str, int], Sequence[str]]
    """Words that may be misspelt, by first letter and length."""

    @classmethod
    def of(cls, *, tolerant: Iterable[Phrase], exact: Iterable[Phrase]) -> Lexicon:
        """A lexicon of phrases whose longer words may be misspelt, and of phrases that may not."""
        forgiving = [phrase for phrase in tolerant if phrase]
        phrases: dict[str, list[Phrase]] = defaultdict(list)
        for phrase in (*forgiving, *(phrase for phrase in exact if phrase)):
            phrases[phrase[0]].append(phrase)
        words = {w for phrase in forgiving for w in phrase if len(w) >= _LEAST_LETTERS}
        buckets: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(words):
            buckets[word[0], len(word)].append(word)
        return cls(dict(phrases), dict(buckets))

    def found_in(self, tokens: Sequence[str]) -> bool:
        """Whether any phrase stands in the text."""
        if not self._phrases:
            return False
        readings = [self._readings(token) for token in tokens]
        return any(
            self._stands(phrase, readings, at)
            for at, words in enumerate(readings)
            for word in words
            for phrase in self._phrases.get(word, ())
        )

    @staticmethod
    def _stands(phrase: Phrase, readings: Sequence[frozenset[str]], at: int) -> bool:
        span = readings[at : at + len(phrase)]
        return len(span) == len(phrase) and all(
            word in words for word, words in zip(phrase, span, strict=True)
        )

    def _readings(self, token: str) -> frozenset[str]:
        """The token itself and the words that it may be a misspelling of."""
        from rapidfuzz.distance import OSA

        size = len(token)
        if size < _LEAST_LETTERS - 1 or not self._tolerant:
            return frozenset({token})
        near = (
            w for n in (size - 1, size, size + 1) for w in self._tolerant.get((token[0], n), ())
        )
        return frozenset({token, *(w for w in near if OSA.distance(token, w, score_cutoff=1) <= 1)})
