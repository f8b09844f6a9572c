"""The text of conditions: its words, brackets, joints and loops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = [
    "CONDITION",
    "TABLE",
    "VALUE",
    "Loop",
    "Span",
    "Word",
    "arguments_of",
    "blanked",
    "closing",
    "joined_parts",
    "loop_in",
    "named_part",
    "unwrapped",
    "words_of",
]

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")

_LITERAL = r"""
    (?:[rR]?[bB]?|[bB][rR])(?:\"\"\"(?s:.*?)\"\"\"|'''(?s:.*?)'''
    |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
"""
_COMMENT, _QUOTED_NAME = r"//[^\n]*", r"`[^`\n]*`"
_WORD = re.compile(
    rf"""
      (?P<text>{_LITERAL})
    | (?P<comment>{_COMMENT})
    | (?P<name>(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
    | (?P<mark>{_QUOTED_NAME}|&&|\|\||==|!=|<=|>=|[^\s\w])
    """,
    re.VERBOSE,
)
_UNREAD = re.compile(rf"{_LITERAL}|{_COMMENT}|{_QUOTED_NAME}", re.VERBOSE)
"""What may look like names and brackets, and holds none."""

Span = tuple[int, int]
"""Where something begins and ends in a text."""

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


def words_of(expression: str) -> Iterator[Word]:
    """The words of an expression, comments and white space left out."""
    for match in _WORD.finditer(expression):
        kind = str(match.lastgroup)
        if kind != "comment":
            text = re.sub(r"\s+", "", match[0]) if kind == "name" else match[0]
            yield Word(kind=kind, text=text, start=match.start())


def blanked(expression: str) -> str:
    """The expression, as long as it is, with spaces for comments and quotes for what is quoted."""
    return _UNREAD.sub(_blank, expression)


def _blank(found: re.Match[str]) -> str:
    return (" " if found[0].startswith("//") else '"') * len(found[0])


def named_part(word: Word) -> str | None:
    """The named part that a name begins with: `table.fees` of `table.fees.size`."""
    head, _, rest = word.text.partition(".")
    if word.kind != "name" or not rest or head not in {CONDITION, VALUE, TABLE}:
        return None
    return f"{head}.{rest.partition('.')[0]}"


def arguments_of(words: Sequence[Word], opening: int) -> tuple[list[Span], int]:
    """Where the arguments stand in the text whose bracket opens at a word, and its closing word."""
    close = opening + closing(words[opening:])
    inside = words[opening + 1 : close]
    commas = [inside[at].start for at, depth in _depths(inside) if _is_comma(inside[at], depth)]
    ends = [*commas, words[close].start] if close < len(words) else []
    starts = [words[opening].start + 1, *(at + 1 for at in commas)]
    return list(zip(starts, ends, strict=False)), close


def _is_comma(word: Word, depth: int) -> bool:
    return depth == 0 and word.kind == "mark" and word.text == ","


def closing(words: Sequence[Word]) -> int:
    """Where the bracket that the words begin with is closed."""
    return next((at for at, depth in _depths(words) if depth == 0), len(words))


def _depths(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Each position with the number of brackets open after it."""
    depth = 0
    for at, word in enumerate(words):
        if word.kind == "mark":
            depth += (word.text in _OPEN) - (word.text in _CLOSE)
        yield at, depth


def unwrapped(expression: str) -> str:
    """The expression without brackets around the whole."""
    words = list(words_of(expression))
    if len(words) > 1 and words[0].text == "(" and closing(words) == len(words) - 1:
        return unwrapped(expression[words[0].start + 1 : words[-1].start])
    return expression.strip()


def joined_parts(expression: str) -> tuple[Literal["&&", "||"], list[str]] | None:
    """What an expression joins by `||`, or else by `&&`; None if it is neither."""
    expression = unwrapped(expression)
    words = list(words_of(expression))
    marks = [words[at] for at, depth in _depths(words) if depth == 0 and words[at].kind == "mark"]
    if any(mark.text == "?" for mark in marks):
        return None
    # `||` binds less tightly than `&&`, so it is cut first.
    for joint in _JOINTS:
        starts = [mark.start for mark in marks if mark.text == joint]
        if starts:
            begins, ends = [0, *(at + len(joint) for at in starts)], [*starts, len(expression)]
            return joint, [expression[a:b] for a, b in zip(begins, ends, strict=True)]
    return None


_JOINTS: tuple[Literal["||"], Literal["&&"]] = ("||", "&&")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """An expression that is one `exists` or `all`, in its parts."""

    kind: str
    """`exists` or `all`."""
    items: str
    variable: str
    test: str


_LOOP = re.compile(r"\.\s*(exists|all)\s*\(\s*(\w+)\s*,")


def loop_in(expression: str) -> Loop | None:
    """The loop that an expression is; None if it is anything else."""
    words = list(words_of(expression))
    for match in _LOOP.finditer(expression):
        opening = next((at for at, w in enumerate(words) if w.start > match.start(1)), len(words))
        whole = opening + closing(words[opening:]) == len(words) - 1
        if whole and _is_chain(words[:opening]):
            return Loop(
                kind=match[1],
                items=expression[: match.start()],
                variable=match[2],
                test=expression[match.end() : words[-1].start],
            )
    return None


def _is_chain(words: Sequence[Word]) -> bool:
    """Whether they are names, calls and look-ups behind each other, without an operator."""
    outside = [words[at] for at, depth in _depths(words) if depth == 0]
    return all(w.text in {".", *_CLOSE} if w.kind == "mark" else w.text != "in" for w in outside)
