"""Runs of digits with separators between them, written as figures or spelled out in words."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["DigitRun", "digit_runs", "spelled_runs"]

_SEPARATED = re.compile(r"\d(?:[ \t\r\n\u00a0\-‐-―−./()_,*|]{0,3}\d)*")

_WORDS = {
    "0": "zero oh o nought cero zéro null zero",
    "1": "one uno una un une eins ein um uma",
    "2": "two dos deux zwei zwo dois duas due",
    "3": "three tres trois drei três tre",
    "4": "four cuatro quatre vier quatro quattro",
    "5": "five cinco cinq fünf cinque fuenf",
    "6": "six seis sechs sei",
    "7": "seven siete sept sieben sete sette",
    "8": "eight ocho huit acht oito otto",
    "9": "nine nueve neuf neun nove",
}
_DIGIT_OF = {word: digit for digit, words in _WORDS.items() for word in words.split()}
_TIMES = {"double": 2, "triple": 3, "treble": 3, "doble": 2}
_HUNDRED = {"hundred", "cien", "cent", "hundert", "cem", "cento"}
_FILLERS = {"uh", "um", "dash", "hyphen", "and", "eh", "guion", "tiret", "minus"}
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_GAP = re.compile(r"[\s,.\-–—…]{0,4}")
_LEAST_WORDS = 4
_SAID = frozenset(_DIGIT_OF) | _HUNDRED


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitRun:
    """Digits that follow each other closely, and where each of them ends and starts."""

    digits: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    spelled: bool = False
    """Whether some of it is written in words."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the text of some of the digits."""
        return self.starts[start], self.ends[end - 1]

    def glued(self, place: int) -> bool:
        """Whether nothing stands between a digit and the one before it."""
        return 0 < place < len(self.digits) and self.ends[place - 1] == self.starts[place]

    def endings(self, number: str, *, least: int) -> Iterator[tuple[int, int]]:
        """Places where the number stands, whole or without what comes before its local part."""
        tail = number[-least:]
        place = self.digits.find(tail)
        while place >= 0:
            end = place + len(tail)
            if not self.glued(end):
                yield self.span(self._reach(place, number[: -len(tail)]), end)
            place = self.digits.find(tail, place + 1)

    def _reach(self, place: int, before: str) -> int:
        """Go left over the rest of the number, a trunk zero and whatever is written with it."""
        while place and before and self.digits[place - 1] in {before[-1], "0"}:
            before = before[:-1] if self.digits[place - 1] == before[-1] else before
            place -= 1
        while self.glued(place):
            place -= 1
        return place


def digit_runs(text: str) -> Iterator[DigitRun]:
    """All runs of figures."""
    for hit in _SEPARATED.finditer(text):
        places = tuple(i for i in range(hit.start(), hit.end()) if text[i].isdecimal())
        yield DigitRun(
            digits="".join(_figure(text[i]) for i in places),
            starts=places,
            ends=tuple(i + 1 for i in places),
        )


def spelled_runs(text: str, words_of_it: Iterable[str]) -> Iterator[DigitRun]:
    """Runs of digits in words ('five five five oh one'), of which four words at least."""
    if sum(word in _SAID for word in words_of_it) < _LEAST_WORDS:
        return
    figures: list[tuple[str, int, int]] = []
    words = last_end = times = 0
    for hit in _TOKEN.finditer(text):
        word = hit[0].lower()
        if figures and not _GAP.fullmatch(text[last_end : hit.start()]):
            yield from _run(figures, words)
            figures, words, times = [], 0, 0
        if word in _TIMES or (figures and word in _FILLERS):
            times = _TIMES.get(word, times)
            last_end = hit.end()
            continue
        figure = _read(word, times)
        if figure:
            figures.extend((digit, hit.start(), hit.end()) for digit in figure)
            words += word in _DIGIT_OF or word in _HUNDRED
        else:
            yield from _run(figures, words)
            figures, words = [], 0
        times, last_end = 0, hit.end()
    yield from _run(figures, words)


def _read(word: str, times: int) -> str:
    if word in _DIGIT_OF:
        return _DIGIT_OF[word] * max(1, times)
    if word in _HUNDRED:
        return "00"
    if word.isdecimal():
        return "".join(_figure(c) for c in word)
    return ""


def _run(figures: list[tuple[str, int, int]], words: int) -> Iterator[DigitRun]:
    if words >= _LEAST_WORDS:
        digits, starts, ends = zip(*figures, strict=True)
        yield DigitRun(digits="".join(digits), starts=starts, ends=ends, spelled=True)


def _figure(char: str) -> str:
    return str(int(char))
