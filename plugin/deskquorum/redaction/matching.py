"""Regular expressions that are compiled on first use and never run without a time limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

from deskquorum.errors import RedactionError
from deskquorum.redaction.views import View

__all__ = ["TIME_LIMIT_S", "Hit", "Matcher"]

TIME_LIMIT_S = 2.0
"""Longest that one pattern may search one text; then redaction has failed."""


class Hit(Protocol):
    """What is used of a regular expression's match."""

    def __getitem__(self, group: int | str, /) -> str: ...

    def start(self, group: int | str = 0, /) -> int:
        """Where the group starts."""
        ...

    def end(self, group: int | str = 0, /) -> int:
        """Where the group ends."""
        ...

    def span(self, group: int | str = 0, /) -> tuple[int, int]:
        """Where the group starts and ends."""
        ...


class Matcher:
    """A pattern whose search either finishes in time or stops the redaction.

    Args:
        pattern: In the syntax of the package `regex`.
        needs: What saves a search: one of these words, in small letters and joined by `|`, is in
            every text that the pattern can match; with `0` among them a figure is too, with `A` a
            capital letter. A word with `=` before it stands for itself, not for part of another
            (a lone `=` is a sign); with `^` it is the word before one with a capital letter; with
            `>` it is the word that a match starts with, and no other place is looked at. Of each of
            these kinds that is named one is in the text.
        gate: What saves more: an expression in the syntax of `re`, which takes a tenth of the time,
            that is found in small letters in every text that the pattern can match.
        ignore_case: Whether capital and small letters are the same.
    """

    def __init__(
        self, pattern: str, *, needs: str = "", gate: str = "", ignore_case: bool = False
    ) -> None:
        self.pattern = pattern
        self._digit, self._capital = "0" in needs, "A" in needs
        asked = [word for word in needs.split("|") if word not in {"", "0", "A"}]
        self._words = tuple(word for word in asked if word == "=" or word[0] not in "=^>")
        self._whole = frozenset(word[1:] for word in asked if word[0] == "=" and word != "=")
        self._before = frozenset(word[1:] for word in asked if word[0] == "^")
        self._leads = frozenset(word[1:] for word in asked if word[0] == ">")
        self._gate = re.compile(gate, re.MULTILINE) if gate else None
        self._ignore_case = ignore_case
        self._compiled: Any = None

    def find_in(self, view: View) -> Iterator[Hit]:
        """Every match in a view, first to last; does not search where there can be none.

        Raises:
            RedactionError: The search took longer than the limit.
        """
        if (self._digit and not view.has_digit) or (self._capital and not view.has_capital):
            return iter(())
        if self._whole and self._whole.isdisjoint(view.vocabulary):
            return iter(())
        if self._words and not self._may_match(view.low):
            return iter(())
        if self.gated and self.misses(view):
            return iter(())
        # A letter that stands for another may hide a word.
        return self._led(view) if self.led and not view.odd else self.finditer(view.text)

    @property
    def led(self) -> bool:
        """Whether it is known which words a match starts with."""
        return bool(self._leads)

    def _led(self, view: View) -> Iterator[Hit]:
        if self._leads.isdisjoint(view.vocabulary):
            return
        places = view.places
        end = 0
        for start in sorted(at for word in self._leads & places.keys() for at in places[word]):
            if start >= end and (hit := self.match(view.text, start, len(view.text))) is not None:
                yield hit
                end = hit.end()

    def _may_match(self, low: str) -> bool:
        # A loop, since it runs some twenty times a text: `any` costs twice as much.
        for word in self._words:  # noqa: SIM110
            if word in low:
                return True
        return False

    @property
    def gated(self) -> bool:
        """Whether there is more than the words to save a search."""
        return bool(self._before) or self._gate is not None

    def misses(self, view: View) -> bool:
        """Whether the gate, or the words before capital letters, say that nothing can match.

        Both are spelled too closely for a text in which a letter stands for another.
        """
        if view.odd:
            return False
        if self._before and self._before.isdisjoint(view.before_capitals):
            return True
        return self._gate is not None and self._gate.search(view.low) is None

    def finditer(self, text: str) -> Iterator[Hit]:
        """Every match, first to last.

        Raises:
            RedactionError: The search took longer than the limit.
        """
        try:
            yield from self._regex().finditer(text, timeout=TIME_LIMIT_S)
        except TimeoutError:
            raise RedactionError("a pattern ran into its time limit") from None

    def search(self, text: str, start: int = 0, end: int | None = None) -> Hit | None:
        """The first match between two offsets.

        Raises:
            RedactionError: The search took longer than the limit.
        """
        stop = len(text) if end is None else end
        try:
            hit: Hit | None = self._regex().search(text, start, stop, timeout=TIME_LIMIT_S)
        except TimeoutError:
            raise RedactionError("a pattern ran into its time limit") from None
        return hit

    def match(self, text: str, start: int, end: int) -> Hit | None:
        """What starts right at the first of two offsets.

        Raises:
            RedactionError: The search took longer than the limit.
        """
        try:
            hit: Hit | None = self._regex().match(text, start, end, timeout=TIME_LIMIT_S)
        except TimeoutError:
            raise RedactionError("a pattern ran into its time limit") from None
        return hit

    def _regex(self) -> Any:  # noqa: ANN401 - the library carries no types
        if self._compiled is None:
            import regex

            flags = regex.MULTILINE | (regex.IGNORECASE if self._ignore_case else 0)
            self._compiled = regex.compile(self.pattern, flags)
        return self._compiled
