"""Texts with marked personal data, and variants of what they say of their requester."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["VARIANTS", "Case", "Mark", "Row", "read_cases", "read_rows", "variants"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One stretch that the data's authors call personal."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A text, what is personal in it, and the record of whoever wrote it."""

    text: str
    marks: tuple[Mark, ...]
    record: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An adversarial text: what must be gone from it, and what must stay."""

    id: str
    text: str
    gone: tuple[str, ...]
    kept: tuple[str, ...]
    record: Mapping[str, object] | None = None


def read_rows(path: Path) -> list[Row]:
    """Rows of `{text, spans: [{start, end, type}], record?}`."""
    return [
        Row(
            text=row["text"],
            marks=tuple(Mark(**mark) for mark in row["spans"]),
            record=row.get("record"),
        )
        for row in _lines(path)
    ]


def read_cases(path: Path) -> list[Case]:
    """Rows of `{id, input, must_not_leak, must_keep, record?}`."""
    return [
        Case(
            id=row["id"],
            text=row["input"],
            gone=tuple(row["must_not_leak"]),
            kept=tuple(row["must_keep"]),
            record=row.get("record"),
        )
        for row in _lines(path)
    ]


def variants(rows: Sequence[Row], kind: str, seed: int) -> list[Row]:
    """The rows in which at least one mark can be changed, with all that can be changed so."""
    rng = random.Random(seed)  # noqa: S311 - a benchmark's draw
    changed = [_changed(row, VARIANTS[kind], rng) for row in rows]
    return [after for before, after in zip(rows, changed, strict=True) if after.text != before.text]


def _typo(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    match rng.randrange(3):
        case 0:
            return word[:place] + word[place + 1 :]
        case 1:
            return word[:place] + word[place] + word[place:]
        case _:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


_ACCENTS = {"a": "áàäâã", "e": "éèëê", "i": "íìïî", "o": "óòöôõ", "u": "úùüû", "c": "ç", "n": "ñ"}


def _accent(word: str, rng: random.Random) -> str:
    places = [place for place, char in enumerate(word) if char in _ACCENTS]
    if not places:
        return word
    place = rng.choice(places)
    return word[:place] + rng.choice(_ACCENTS[word[place]]) + word[place + 1 :]


def _longest(change: Callable[[str, random.Random], str], least: int) -> _Change:
    """Change the longest word of a name."""

    def in_name(value: str, mark: Mark, rng: random.Random) -> str:
        words = value.split(" ")
        longest = max(range(len(words)), key=lambda i: len(words[i]))
        if mark.type != "PERSON" or len(words[longest]) < least or not words[longest].isalpha():
            return value
        words[longest] = change(words[longest], rng)
        return " ".join(words)

    return in_name


def _initial(value: str, mark: Mark, rng: random.Random) -> str:
    first, _, rest = value.partition(" ")
    if mark.type != "PERSON" or not rest or "," in value:
        return value
    return f"{first[0]}{rng.choice(('.', ''))} {rest}"


def _case(value: str, mark: Mark, rng: random.Random) -> str:
    del mark
    return rng.choice((str.lower, str.upper, str.swapcase))(value)


_Change = Callable[[str, Mark, random.Random], str]

VARIANTS: Mapping[str, _Change] = {
    "typo": _longest(_typo, least=5),
    "accent": _longest(_accent, least=3),
    "initial": _initial,
    "case": _case,
}
"""One slip or one accent in a name's longest word, an initial for the first name, another case."""


def _changed(row: Row, change: _Change, rng: random.Random) -> Row:
    parts: list[str] = []
    marks: list[Mark] = []
    done = length = 0
    for mark in sorted(row.marks, key=lambda mark: mark.start):
        if mark.start < done:
            continue
        before, value = row.text[done : mark.start], row.text[mark.start : mark.end]
        after = change(value, mark, rng)
        start = length + len(before)
        if after != value:
            marks.append(replace(mark, start=start, end=start + len(after)))
        parts += [before, after]
        length, done = start + len(after), mark.end
    return replace(row, text="".join([*parts, row.text[done:]]), marks=tuple(marks))


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, filter(str.strip, file))
