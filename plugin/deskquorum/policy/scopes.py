"""Which names stand in the text of an expression, and where its loops give names to elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from deskquorum.policy.expressions import Span, blanked

__all__ = ["Anatomy", "Scope"]

_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*([A-Za-z_]\w*)\s*,")
_NAME = re.compile(r"(?<!\w)[A-Za-z_]\w*")
_NO_NAMES = frozenset({"true", "false", "null", "in"})
_CLOSES = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The part of a text in which a loop's element has a name."""

    variable: str
    span: Span
    """From the name itself to the bracket that closes the loop."""

    def holds(self, offset: int) -> bool:
        """Whether a character stands in it."""
        return self.span[0] <= offset < self.span[1]


# Without slots, so that what is read from the text is kept.
@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """An expression's names and loops."""

    text: str

    @cached_property
    def names(self) -> tuple[tuple[str, int], ...]:
        """First names of dotted names, with their places: no fields, functions or words of CEL."""
        return tuple(self._names())

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """The loops, in the order in which they begin."""
        return tuple(
            Scope(variable=loop[1], span=(loop.start(1), self._closings.get(at, len(self.text))))
            for loop in _LOOP.finditer(self._bare)
            for at in [self._bare.index("(", loop.start())]
        )

    @cached_property
    def free(self) -> frozenset[str]:
        """Names that no loop of the expression gives."""
        return frozenset(name for name, at in self.names if name not in self.bound_at(at))

    def bound_at(self, offset: int) -> frozenset[str]:
        """Names that loops around a character give."""
        return frozenset(scope.variable for scope in self.scopes if scope.holds(offset))

    @cached_property
    def _bare(self) -> str:
        return blanked(self.text)

    @cached_property
    def _closings(self) -> dict[int, int]:
        """Each opening bracket with the one that closes it."""
        found, opened = {}, []
        for bracket in re.finditer(r"[()\[\]{}]", self._bare):
            if bracket[0] not in _CLOSES:
                opened.append(bracket.start())
            elif opened and self._bare[opened[-1]] == _CLOSES[bracket[0]]:
                found[opened.pop()] = bracket.start()
        return found

    def _names(self) -> Iterator[tuple[str, int]]:
        bare = self._bare
        for name in _NAME.finditer(bare):
            before = _next(bare, name.start() - 1, -1)
            after = _next(bare, name.end(), 1)
            if before != "." and after != "(" and name[0] not in _NO_NAMES:
                yield name[0], name.start()


def _next(text: str, at: int, step: int) -> str:
    """The nearest character that is no white space, from a place on."""
    while 0 <= at < len(text) and text[at].isspace():
        at += step
    return text[at] if 0 <= at < len(text) else ""
