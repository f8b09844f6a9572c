"""Cuts a reply into sentences and sentences into clauses, by offsets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import regex

from deskquorum.grounding.kept import kept_by_text
from deskquorum.grounding.lexicon import ABBREVIATIONS, CONDITIONS

__all__ = ["Span", "clauses_of", "sentences_of"]

Span = tuple[int, int]

_BULLET = regex.compile(r"[ \t]*(?:[-*•\u2013>#]+|\(?\d{1,2}[.)]|\(?[a-z]\))[ \t]+")
# A line that goes on in lower case or with a number was only wrapped.
_LINE_END = regex.compile(rf"\n(?={_BULLET.pattern})|\n[ \t]*+(?![\p{{Ll}}\d(])|\r(?!\n)")
_FULL_STOP = regex.compile(r"(?<![.!?…])[.!?…]+[\"'”\u2019»)\]*]*+(?=\s|$)|[。\uff01\uff1f]")
_JOINT = regex.compile(
    r";\s+|(?<!\s)\s+[—\u2013-]\s+"
    r"|,\s+(?=(?:and|but|so|yet|y|pero|et|mais|und|aber|sondern|mas)\s)",
    regex.IGNORECASE,
)
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'\u2019]+")
_SHORTEST_CLAUSE = 3


@kept_by_text
def sentences_of(text: str) -> tuple[Span, ...]:
    """Offsets of every sentence and list item, without bullets and outer blanks."""
    return tuple(
        span
        for start, end in _lines(text)
        for piece in _stops(text, start, end)
        if (span := _trimmed(text, *piece)) is not None
    )


def clauses_of(text: str, sentence: Span) -> tuple[Span, ...]:
    """A sentence cut at its main joints; one that holds a condition stays whole."""
    start, end = sentence
    words = {word.group().casefold() for word in _WORD.finditer(text, start, end)}
    if words & CONDITIONS:
        return (sentence,)
    cuts = [start]
    for joint in _JOINT.finditer(text, start, end):
        if min(_length(text, cuts[-1], joint.start()), _length(text, joint.end(), end)) >= (
            _SHORTEST_CLAUSE
        ):
            cuts.append(joint.end())
    pieces = pairwise([*cuts, end])
    return tuple(span for piece in pieces if (span := _trimmed(text, *piece)) is not None)


def _lines(text: str) -> Iterator[Span]:
    """Stretches between hard line ends, each from after its bullet."""
    cuts = [0, *(match.start() + 1 for match in _LINE_END.finditer(text)), len(text)]
    for start, end in pairwise(cuts):
        bullet = _BULLET.match(text, start, end)
        yield (bullet.end() if bullet else start), end


def _stops(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _FULL_STOP.finditer(text, start, end):
        if _ends_sentence(text, match.start(), match.end(), end):
            yield start, match.end()
            start = match.end()
    yield start, end


def _ends_sentence(text: str, mark: int, after: int, end: int) -> bool:
    if text[mark] != ".":
        return True
    following = text[after:end].lstrip()[:1]
    if following.islower():
        return False
    before = text[max(0, mark - 12) : mark].split()
    last = before[-1].casefold().lstrip("([\"'") if before else ""
    if last == "no" and following.isdigit():
        return False
    return last not in ABBREVIATIONS and not (len(last) == 1 and last.isalpha() and last != "i")


def _length(text: str, start: int, end: int) -> int:
    return sum(1 for _ in _WORD.finditer(text, start, end))


def _trimmed(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
