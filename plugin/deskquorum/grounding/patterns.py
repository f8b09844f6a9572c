"""Regular expressions that are compiled on first use and skipped where they can match nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import regex

from deskquorum.grounding.kept import kept_by_text

__all__ = ["Pattern", "Vocabulary", "any_of", "vocabulary"]


class Pattern:
    """A pattern in the syntax of the package `regex`.

    Args:
        pattern: The expression.
        needs: What saves a search: of each of these sets one member is in the vocabulary of every
            text that the pattern can match. Words are in small letters and stand for themselves,
            not for part of another, unless `~` stands before them; `0` is any figure, `#0` one
            that no letter from a to z stands right before.
        gate: What saves more: an expression in the syntax of `re`, which takes a tenth of the time,
            that is found in small letters in every text that the pattern can match.
        ignore_case: Whether capital and small letters are the same.
    """

    def __init__(
        self,
        pattern: str,
        *,
        needs: Sequence[Iterable[str]] = (),
        gate: str = "",
        ignore_case: bool = False,
    ) -> None:
        self.pattern = pattern
        self._needs = tuple(map(_need, needs))
        self._gate = re.compile(gate) if gate else None
        self._flags = regex.IGNORECASE if ignore_case else 0

    def can_match(self, met: Vocabulary) -> bool:
        """Whether a text of this vocabulary may hold a match."""
        if met.untold:
            return True
        # Loops, since it runs a hundred times a reply: `all` and `any` cost twice as much.
        for words, parts in self._needs:
            if words.isdisjoint(met.words):
                for part in parts:
                    if part in met.low:
                        break
                else:
                    return False
        return self._gate is None or self._gate.search(met.low) is not None

    def finditer(
        self, text: str, start: int = 0, end: int | None = None
    ) -> Iterator[regex.Match[str]]:
        """Every match between two offsets, first to last."""
        stop = len(text) if end is None else end
        if self._needs and not self.can_match(vocabulary(text[start:stop])):
            return iter(())
        return self.compiled.finditer(text, start, stop)

    def search(self, text: str, start: int = 0, end: int | None = None) -> regex.Match[str] | None:
        """The first match between two offsets."""
        stop = len(text) if end is None else end
        if self._needs and not self.can_match(vocabulary(text[start:stop])):
            return None
        return self.compiled.search(text, start, stop)

    def match(self, text: str, start: int = 0, end: int | None = None) -> regex.Match[str] | None:
        """What starts right at an offset."""
        return self.compiled.match(text, start, len(text) if end is None else end)

    def fullmatch(self, text: str) -> regex.Match[str] | None:
        """The text, where all of it matches."""
        return self.compiled.fullmatch(text)

    @cached_property
    def compiled(self) -> regex.Pattern[str]:
        """The expression itself, for a stretch of a text, whatever it holds."""
        return regex.compile(self.pattern, self._flags)


class Vocabulary(NamedTuple):
    """What can be told of a text at a glance."""

    words: frozenset[str]
    """Its words in small letters, its signs, `0` and `#0` where it has such figures."""
    low: str
    untold: bool
    """Some letter of it stands for another: the long s, the dotted capital i."""


@kept_by_text
def vocabulary(text: str) -> Vocabulary:
    """A text's vocabulary."""
    low = text.lower()
    plain = low.isascii()
    words = frozenset((_ASCII_WORD if plain else _WORD).findall(low))
    return Vocabulary(
        words=words
        if not _FIGURE.search(low)
        else words | (_FREE if _FREE_FIGURE.search(low) else _BOUND),
        low=low,
        untold=not plain and _ODD.search(low) is not None,
    )


_WORD = regex.compile(r"\p{L}+|[^\p{L}\p{N}\s]")
_ASCII_WORD = re.compile(r"[a-z]+|[^a-z0-9\s]")
_FIGURE, _FREE_FIGURE = re.compile(r"\d"), re.compile(r"(?<![a-z\d])\d")
_BOUND, _FREE = frozenset({"0"}), frozenset({"0", "#0"})
_ODD = regex.compile("[\u017f\u0131\u0307]")


def _need(wanted: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    given = tuple(wanted)
    parts = tuple(word[1:] for word in given if word[:1] == "~" and len(word) > 1)
    return frozenset(given) - {f"~{part}" for part in parts}, parts


def any_of(words: Iterable[str]) -> str:
    """An expression for any of some words, the same as these joined by `|`, but faster.

    What they start with is read once, so that a search looks at one letter where it would have to
    try every word. Where case is ignored, they must all be in small letters.
    """
    return _branches(list(dict.fromkeys(words)))


def _branches(words: Sequence[str]) -> str:
    """The words in their order; only those that exclude each other change places."""
    out: list[str] = []
    group: dict[str, list[str]] = {}
    for word in words:
        if word:
            group.setdefault(word[0], []).append(word[1:])
        else:
            # Nothing more than what the others begin with: they come before and after it as given.
            out += _led(group)
            out.append("")
            group = {}
    out += _led(group)
    return out[0] if len(out) == 1 else f"(?:{'|'.join(out)})"


def _led(group: dict[str, list[str]]) -> list[str]:
    return [regex.escape(letter) + _branches(rest) for letter, rest in group.items()]
