"""The text of conditions: its words, named parts written out, and ways back to what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "CONDITION",
    "TABLE",
    "VALUE",
    "Expanded",
    "Word",
    "closing",
    "depths",
    "expand",
    "named_part",
    "words_of",
]

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")

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
_PART = re.compile(r"[A-Za-z_]\w*\s*\.\s*[A-Za-z_]\w*")
CONDITION, VALUE, TABLE = "cond", "value", "table"
"""What stands before the names of named parts."""


class Word(NamedTuple):
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
    """The named part that was put in (`cond.NAME`); None for a piece as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """An expression with its conditions written out."""

    written: str
    text: str
    pieces: tuple[_Piece, ...]
    unknown: tuple[Word, ...] = ()
    """Uses of conditions, values and tables that do not exist."""

    def origin(self, offset: int) -> tuple[int, str | None]:
        """Where a character comes from in `written`, and which named part brought it in."""
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


def named_part(word: Word) -> str | None:
    """The named part that a name begins with: `table.fees` of `table.fees.size`."""
    head, _, rest = word.text.partition(".")
    if word.kind != "name" or not rest or head not in {CONDITION, VALUE, TABLE}:
        return None
    return f"{head}.{rest.partition('.')[0]}"


def expand(expression: str, parts: Mapping[str, str]) -> Expanded:
    """Put named parts, already expanded themselves, in brackets where they are used.

    Args:
        expression: CEL with `cond.NAME`, `value.NAME` and `table.NAME`.
        parts: Those names to what they stand for.
    """
    text, pieces, unknown, done = "", [_Piece(start=0, source=0, condition=None)], [], 0
    # Most expressions name none, which is seen without taking them apart.
    named = any(kind in expression for kind in (CONDITION, VALUE, TABLE))
    words = list(words_of(expression)) if named else []
    own = _loop_variables(words)
    for word in words:
        name = named_part(word)
        if name is None or name.partition(".")[0] in own:
            continue
        if name not in parts:
            unknown.append(word)
            continue
        end = word.start + len(_written_part(expression, word.start))
        text += expression[done : word.start]
        pieces.append(_Piece(start=len(text), source=word.start, condition=name))
        # A comment at the end of the part must not swallow the bracket.
        text += f"({parts[name]}\n)" if "//" in parts[name] else f"({parts[name]})"
        pieces.append(_Piece(start=len(text), source=end, condition=None))
        done = end
    return Expanded(
        written=expression,
        text=text + expression[done:],
        pieces=tuple(pieces),
        unknown=tuple(unknown),
    )


def _loop_variables(words: Sequence[Word]) -> frozenset[str]:
    """What `exists(value, ...)` calls an element is no named part."""
    return frozenset(
        word.text
        for opening, word, comma in zip(words, words[1:], words[2:], strict=False)
        if (opening.text, comma.text) == ("(", ",") and word.text in {VALUE, TABLE}
    )


def _written_part(expression: str, start: int) -> str:
    """The first two names of a chain, as they stand in the text."""
    match = _PART.match(expression, start)
    return "" if match is None else match[0]


def closing(words: Sequence[Word]) -> int:
    """Where the bracket that the words begin with is closed."""
    return next((at for at, depth in depths(words) if depth == 0), len(words))


def depths(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Each position with the number of brackets open after it."""
    depth = 0
    for at, word in enumerate(words):
        if word.kind == "mark":
            depth += (word.text in _OPEN) - (word.text in _CLOSE)
        yield at, depth
