"""Words of a text with their offsets, spelled one way: case, contractions and numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

import regex

from deskquorum.grounding.kept import kept_by_text
from deskquorum.grounding.lexicon import STOP_WORDS

__all__ = ["Word", "content_words", "language_of", "languages_of", "parse_number", "words_of"]

# Symbols, marks that change direction and question marks stay words, so that a quote with one
# of them added is no longer the same quote.
_WORD = regex.compile(
    r"⟦[^⟦⟧]*⟧"
    r"|[\p{L}\p{M}\p{N}]+(?:(?:[-._'\u2019]|(?<=\p{N})[,:/](?=\p{N}))[\p{L}\p{M}\p{N}]+)*"
    r"|[\p{S}\p{Cf}\p{Co}\p{Cs}\p{Cn}%?]"
    r"|(?<!\S)-(?=\p{N})"
)
_PART = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}\p{N}]+)*")
_GROUPED = regex.compile(r"\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?")
_KEPT = 8192
"""Words that are kept with what they are."""
_LEAST_STOP_WORDS = 0.12
_TWO_READINGS = regex.compile(r"\d+[.,]\d{3}|0\d+")

_WHOLE = {"can't": ("can", "not"), "won't": ("will", "not"), "cannot": ("can", "not")}
_ENDINGS = {"n't": "not", "'ll": "will", "'re": "are", "'ve": "have"}


class Word(NamedTuple):
    """One word as it counts in comparisons, and where it stands; a tuple, for there are many."""

    text: str
    start: int
    end: int


@kept_by_text
def words_of(text: str) -> tuple[Word, ...]:
    """Every word and meaningful symbol of a text, in order; punctuation is dropped."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        at = match.start()
        for spelled, first, last, refuses in _spelled(match.group()):
            end = at + last
            # `No, you can` and `no you can` differ by a comma alone.
            comma = "," if refuses and text[end : end + 1] == "," else ""
            found += [Word(one + comma, at + first, end) for one in spelled]
    return tuple(found)


def content_words(words: Iterable[Word]) -> tuple[str, ...]:
    """Light stems of the words that carry a meaning, without numbers and stop words."""
    return tuple([stem for word in words if (stem := _content(word.text))])


@lru_cache(maxsize=_KEPT)
def _content(word: str) -> str:
    """The stem of a word that carries a meaning, empty for any other."""
    plain = word not in _ALL_STOP_WORDS and any(c.isalpha() for c in word)
    return _stem(word) if plain else ""


def language_of(words: Iterable[Word]) -> str | None:
    """The language whose stop words are the most frequent, None when none is frequent."""
    found = languages_of(words)
    return max(found, key=lambda language: found[language], default=None)


def languages_of(words: Iterable[Word]) -> Mapping[str, float]:
    """Languages to how frequent their stop words are beside those of the most frequent, at 1.

    Empty when none is frequent; a language of which there is no word is left out.
    """
    plain = [word.text for word in words if word.text[:1].isalpha()]
    counts = dict.fromkeys(STOP_WORDS, 0)
    for word in plain:
        for language in _STOPS_IN.get(word, ()):
            counts[language] += 1
    most = max(counts.values())
    if most <= _LEAST_STOP_WORDS * len(plain):
        return {}
    return {language: count / most for language, count in counts.items() if count}


def parse_number(text: str) -> Decimal | None:
    """The number written as `1299`, `1,299.00`, `1.299,00` or `12,5`; None for anything else."""
    plain = text.translate(_SPACES)
    separators = [c for c in plain if c in ".,"]
    if separators:
        last = max(plain.rfind("."), plain.rfind(","))
        whole, separator, tail = plain[:last], plain[last], plain[last + 1 :]
        grouped = _GROUPED.fullmatch(text) is not None
        if len(separators) > 1 and not grouped:
            return None
        thousands = grouped and len(tail) == _GROUP and (len(separators) > 1 or separator == ",")
        plain = whole.translate(_SPACES | _SEPARATORS) + ("" if thousands else ".") + tail
    if not plain or not all(c.isdecimal() or c == "." for c in plain):
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


_GROUP = 3
_SEPARATORS = str.maketrans("", "", ".,")
_SPACES = str.maketrans("", "", "'\u00a0\u202f")
_REFUSALS = {"no", "nein", "non", "não", "not", "never"}
_ALL_STOP_WORDS = frozenset().union(*STOP_WORDS.values())
_STOPS_IN = {
    word: tuple(language for language, stops in STOP_WORDS.items() if word in stops)
    for word in _ALL_STOP_WORDS
}
"""Stop word to the languages that it is one of."""


@lru_cache(maxsize=_KEPT)
def _spelled(token: str) -> tuple[tuple[tuple[str, ...], int, int, bool], ...]:
    """The words of a token, where in it they stand, and whether they refuse something."""
    return tuple(
        (_expanded(_number(part)), start, end, part in _REFUSALS)
        for part, start, end in _parts(token)
    )


def _parts(token: str) -> Iterable[tuple[str, int, int]]:
    """One token, or its parts where a dot or hyphen joins plain words."""
    folded = token.replace("\u2019", "'")
    if token.startswith("⟦"):
        yield token, 0, len(token)
    elif any(c.isnumeric() for c in token) or not any(c.isalpha() for c in token):
        yield _folded(folded), 0, len(token)
    else:
        for part in _PART.finditer(folded):
            yield _folded(part.group()), part.start(), part.end()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _number(text: str) -> str:
    """A number in its one spelling; `1.299` and `007` are left alone, since they have two."""
    number = parse_number(text)
    if number is None or _TWO_READINGS.fullmatch(text):
        return text
    spelled = f"{number:f}"
    return spelled.rstrip("0").rstrip(".") if "." in spelled else spelled


def _expanded(word: str) -> tuple[str, ...]:
    if word in _WHOLE:
        return _WHOLE[word]
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return (word.removesuffix(ending), full)
    return (word,)


def _stem(word: str) -> str:
    """Plural and verb endings off, enough to rank and to compare neighbours."""
    for ending in ("ies", "ing", "ed", "es", "s", "en", "e"):
        if ending == "s" and word.endswith("ss"):
            continue
        if word.endswith(ending) and len(word) - len(ending) >= _GROUP:
            stem = word.removesuffix(ending)
            doubled = ending in {"ed", "ing"} and len(stem) > _GROUP and stem[-1] == stem[-2]
            return stem[:-1] if doubled else stem
    return word
