"""Looking for many phrases in a text at once, forgiving one typo in longer words.

A phrase is words in order. `a|b` stands for either word, `<name>` for any word of a named set,
`stem*` for any ending, `@person` for a placeholder of that type, `..` for up to three words in
between and `...` for up to six; nothing reaches past the end of a sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from deskquorum.reading import fold

__all__ = ["Lexicon", "Phrase", "Sentences", "parse_phrase"]

_LEAST_LETTERS = 5
"""Shorter words are too often one letter away from quite another word."""

_MORE_ALONE = 1
"""Letters more where a phrase is one word, so that no other word bears it out."""

_MORE_STEM = 1
"""Letters more for a stem, which fits more words."""

_GAPS = {"..": 3, "...": 6}
_WORD = re.compile(r"@?[^\W_]+(?:'[^\W_]+)*")
_PLACEHOLDER = re.compile(r"\u27e6(\w+?)_\d+\u00b7\w+\u27e7")
_ELIDED = frozenset(
    {*"ldjmnstc", "qu", "jusqu", "lorsqu", "puisqu", "quelqu", "dell", "all", "nell", "un"}
)
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u00b4`\u02bc", "'"))
_END = re.compile(
    r"(?<=[.!?\u2026])['\")\]]*\s+|\s*\n\s*\n\s*|\n(?=\s*(?:[-*\u2022]|\d{1,2}[.)])\s)"
)


@dataclass(frozen=True, slots=True)
class _Step:
    """One place of a phrase."""

    words: frozenset[str]
    """Any of these; one that ends in `*` is a stem."""
    gap: int = 0
    """How many other words may stand before it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in order, as `parse_phrase` reads them."""

    steps: tuple[_Step, ...]
    tolerant: bool
    """Whether its longer words may be misspelt."""


def parse_phrase(
    text: str, *, tolerant: bool, sets: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Phrase:
    """Read a phrase.

    Args:
        text: As ops write it.
        tolerant: Whether its longer words may be misspelt.
        sets: Words that `<name>` stands for.

    Raises:
        ValueError: Says what is wrong with it.
    """
    steps: list[_Step] = []
    gap = 0
    for part in text.translate(_APOSTROPHES).split():
        if part in _GAPS:
            gap = _GAPS[part]
            continue
        for words in _places(part, sets):
            steps.append(_Step(words, gap))
            gap = 0
    if not steps:
        raise ValueError("a phrase without words")
    if gap:
        raise ValueError(f"'{text}' ends in a gap")
    return Phrase(tuple(steps), tolerant)


def _places(part: str, sets: Mapping[str, Sequence[str]]) -> list[frozenset[str]]:
    """The places that one part of a phrase fills; "l'adresse" fills two, so does "e-mail"."""
    choices = [words for choice in part.split("|") for words in _choice(choice, sets)]
    if not all(choices):
        raise ValueError(f"'{part}' holds no word")
    if len(choices) == 1:
        return [frozenset({word}) for word in choices[0]]
    if any(len(words) != 1 for words in choices):
        raise ValueError(f"each side of '|' must be one word in '{part}'")
    return [frozenset(words[0] for words in choices)]


def _choice(text: str, sets: Mapping[str, Sequence[str]]) -> list[list[str]]:
    if not (text.startswith("<") and text.endswith(">")):
        return [_words(text)]
    try:
        return [_words(word) for word in sets[text[1:-1]]]
    except KeyError:
        raise ValueError(f"there is no set '{text[1:-1]}'") from None


def _words(text: str) -> list[str]:
    """The words of an unfolded text, a last one with its `*`."""
    found = _tokens(fold(text.removesuffix("*")))
    if found and text.endswith("*"):
        found[-1] += "*"
    return found


def _tokens(folded: str) -> list[str]:
    """Words in order; "don't" is `dont`, "l'adresse" is `l adresse`."""
    tokens: list[str] = []
    for word in _WORD.findall(_PLACEHOLDER.sub(_type_token, folded)):
        head, mark, rest = word.partition("'")
        if mark and head in _ELIDED and len(rest) > 1:
            tokens += [head, rest.replace("'", "")]
        else:
            tokens.append(word.replace("'", ""))
    return tokens


def _type_token(placeholder: re.Match[str]) -> str:
    return f" @{placeholder[1].replace('_', '')} "


@dataclass(frozen=True, slots=True)
class Sentences:
    """A text cut into sentences, folded for matching, and as written."""

    written: tuple[str, ...]
    folded: str
    """All sentences, folded, a space between them."""
    starts: tuple[int, ...]
    """Where each sentence starts in `folded`."""
    tokens: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> Sentences:
        """Cut and fold a text."""
        cut = (piece.strip() for piece in _END.split(text.translate(_APOSTROPHES)))
        written = tuple(piece for piece in cut if piece)
        folds = [fold(piece) for piece in written]
        starts, at = [], 0
        for folded in folds:
            starts.append(at)
            at += len(folded) + 1
        return cls(written, " ".join(folds), tuple(starts), tuple(map(_tokens_t, folds)))

    def at(self, offset: int) -> int:
        """Number of the sentence that holds a character of `folded`."""
        return max(0, bisect_right(self.starts, offset) - 1)


def _tokens_t(folded: str) -> tuple[str, ...]:
    return tuple(_tokens(folded))


class Lexicon:
    """Phrases with their owners, ready to be looked for in one pass."""

    def __init__(self, phrases: Iterable[tuple[int, Phrase]], *, known: Iterable[str] = ()) -> None:
        """Index phrases.

        Args:
            phrases: Number of the owner and its phrase.
            known: Words, besides the common ones, that are never a misspelling of another.
        """
        self._by_first: dict[str, list[tuple[int, Phrase]]] = defaultdict(list)
        exact: set[str] = set()
        tolerant: set[str] = set()
        for owner, phrase in phrases:
            for word in phrase.steps[0].words:
                self._by_first[_key(word, phrase)].append((owner, phrase))
            for step in phrase.steps:
                exact |= step.words
                tolerant |= step.words if phrase.tolerant else set()
        self._words = frozenset(w for w in exact if not w.endswith("*"))
        self._stems = _by_length(w[:-1] for w in exact if w.endswith("*"))
        more_known = {word for text in known for word in _tokens(fold(text))}
        self._known = self._words | _common_words() | more_known
        self._near = _deletions(w for w in tolerant if _letters(w) >= _LEAST_LETTERS)
        self._near_lengths = tuple(sorted({len(w) - 1 for w in tolerant if _is_near_stem(w)}))

    def find(self, sentences: Sentences) -> Mapping[int, set[int]]:
        """Owner to the numbers of the sentences in which one of its phrases stands."""
        found: dict[int, set[int]] = defaultdict(set)
        if not self._by_first:
            return found
        readings: dict[str, frozenset[str]] = {}
        for number, tokens in enumerate(sentences.tokens):
            for token in tokens:
                if token not in readings:
                    readings[token] = self._readings(token)
            read = [readings[token] for token in tokens]
            for at, words in enumerate(read):
                for word in words:
                    for owner, phrase in self._by_first.get(word, ()):
                        if number not in found[owner] and _stands(phrase, read, at, 1):
                            found[owner].add(number)
        return found

    def _readings(self, token: str) -> frozenset[str]:
        """All that a token may stand for: words, stems (`x*`), and either as a typo (`~x`)."""
        read = {token} if token in self._words else set()
        read |= {
            f"{token[:size]}*"
            for size, stems in self._stems.items()
            if size <= len(token) and token[:size] in stems
        }
        read |= {f"~{word}" for word in read}
        if token in self._known or len(token) < _LEAST_LETTERS - 1 or not token.isalpha():
            return frozenset(read)
        return frozenset(read | {f"~{word}" for word in self._typos(token)})

    def _typos(self, token: str) -> Iterator[str]:
        from rapidfuzz.distance import OSA

        heads = {token}
        for size in self._near_lengths:
            heads |= {token[: size + more] for more in (-1, 0, 1)}
        seen: set[str] = set()
        for head in heads:
            for key in (head, *_without_one(head)):
                for word in self._near.get(key, ()):
                    stem = word.removesuffix("*")
                    whole = stem != word or head == token
                    if word in seen or not whole or stem[0] != token[0]:
                        continue
                    if OSA.distance(head, stem, score_cutoff=1) <= 1:
                        seen.add(word)
                        yield word


@cache
def _common_words() -> frozenset[str]:
    text = Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in _tokens(fold(line)))


def _key(word: str, phrase: Phrase) -> str:
    """What a token must read as: the word, or the word with a typo."""
    least = _LEAST_LETTERS + (_MORE_ALONE if len(phrase.steps) == 1 else 0)
    return f"~{word}" if phrase.tolerant and _letters(word) >= least else word


def _is_near_stem(word: str) -> bool:
    return word.endswith("*") and _letters(word) >= _LEAST_LETTERS


def _letters(word: str) -> int:
    """How many letters of a word, or of a stem as long as it says as much."""
    return len(word) - 1 - _MORE_STEM if word.endswith("*") else len(word)


def _stands(phrase: Phrase, read: Sequence[frozenset[str]], at: int, step: int) -> bool:
    """Whether the steps from `step` on stand after the token at `at`."""
    if step == len(phrase.steps):
        return True
    wanted = phrase.steps[step]
    for place in range(at + 1, min(at + 2 + wanted.gap, len(read))):
        if any(_key(word, phrase) in read[place] for word in wanted.words) and _stands(
            phrase, read, place, step + 1
        ):
            return True
    return False


def _by_length(stems: Iterable[str]) -> dict[int, frozenset[str]]:
    grouped: dict[int, set[str]] = defaultdict(set)
    for stem in stems:
        grouped[len(stem)].add(stem)
    return {size: frozenset(found) for size, found in grouped.items()}


def _deletions(words: Iterable[str]) -> dict[str, list[str]]:
    """Each word under itself and under itself less one letter, so that a typo meets it there."""
    index: dict[str, list[str]] = defaultdict(list)
    for word in sorted(set(words)):
        stem = word.removesuffix("*")
        for key in {stem, *_without_one(stem)}:
            index[key].append(word)
    return dict(index)


def _without_one(word: str) -> Iterator[str]:
    # The first letter stays: people rarely get it wrong, and without it too much is alike.
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))
