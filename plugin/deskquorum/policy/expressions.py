"""The text of conditions: its words, `cond.NAME` written out, and ways back to what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Expanded", "Word", "expand", "words_of"]

_WORD = re.compile(
    r"""
      (?P<text>(?:[rR]?[bB]?|[bB][rR])(?:\"\"\"(?s:.*?)\"\"\"|'''(?s:.*?)'''
          |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    | (?P<comment>//[^\n]*)
    | (?P<name>(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
    | (?P<mark>&&|\|\||==|!=|<=|>=|[^\s\w])
    """,
    re.VERBOSE,
)
_CONDITION = "cond."


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A text literal, a dotted name, or a mark (operator, bracket) of an expression."""

    kind: str
    """`text`, `name` or `mark`."""
    text: str
    """A name without white space, a literal with its quotes."""
    start: int

    @property
    def literal(self) -> str:
        """What is between the quotes of a text literal."""
        return self.text.strip("rRbB")[1:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    start: int
    """Where the piece begins in the expanded text."""
    source: int
    """Where it comes from in the written text."""
    condition: str | None
    """The condition that was put in; None for a piece as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """An expression with its conditions written out."""

    written: str
    text: str
    pieces: tuple[_Piece, ...]
    unknown: tuple[Word, ...] = ()
    """Uses of conditions that do not exist."""

    def origin(self, offset: int) -> tuple[int, str | None]:
        """Where a character comes from in `written`, and which condition brought it in."""
        piece = next(p for p in reversed(self.pieces) if p.start <= offset)
        if piece.condition is not None:
            return piece.source, piece.condition
        return min(piece.source + offset - piece.start, len(self.written)), None


def words_of(expression: str) -> Iterator[Word]:
    """The words of an expression, comments and white space left out."""
    for match in _WORD.finditer(expression):
        kind = str(match.lastgroup)
        if kind != "comment":
            text = re.sub(r"\s+", "", match[0]) if kind == "name" else match[0]
            yield Word(kind=kind, text=text, start=match.start())


def expand(expression: str, conditions: Mapping[str, str]) -> Expanded:
    """Put conditions, already expanded themselves, in brackets where they are used."""
    text, pieces, unknown, done = "", [_Piece(start=0, source=0, condition=None)], [], 0
    for word in words_of(expression):
        if word.kind != "name" or not word.text.startswith(_CONDITION):
            continue
        name = word.text.removeprefix(_CONDITION)
        if name not in conditions:
            unknown.append(word)
            continue
        end = word.start + len(_written_name(expression, word.start))
        text += expression[done : word.start]
        pieces.append(_Piece(start=len(text), source=word.start, condition=name))
        # A comment at the end of the condition must not swallow the bracket.
        text += f"({conditions[name]}\n)" if "//" in conditions[name] else f"({conditions[name]})"
        pieces.append(_Piece(start=len(text), source=end, condition=None))
        done = end
    return Expanded(
        written=expression,
        text=text + expression[done:],
        pieces=tuple(pieces),
        unknown=tuple(unknown),
    )


def _written_name(expression: str, start: int) -> str:
    match = _WORD.match(expression, start)
    return "" if match is None else match[0]
