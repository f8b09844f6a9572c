"""What rests on the desk's own facts, and what only on the customer's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from deskquorum.policy.expressions import Word, closing, depths, words_of

__all__ = ["check_trusted", "rests_on_facts"]

_NAME = re.compile(r"[a-z_]\w*(?:\.\w+)*", re.ASCII)
_FROM_TEXT = ("answer.", "claimed.", "args.")


def check_trusted(name: str) -> None:
    """Refuse names that no trusted field of a ticket can have.

    Raises:
        ValueError: No dotted name, or one whose value is read from the ticket's text.
    """
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"'{name}' is no trusted field; write requester.FIELD, ticket.id or a fact"
        )
    # INVARIANT: text never chooses which record is read.
    if name.startswith(_FROM_TEXT):
        raise ValueError(f"'{name}' is read from the ticket's text, which may not choose a record")


def rests_on_facts(expression: str, is_fact: Callable[[str], bool]) -> bool:
    """Whether every way in which the expression can be true names a fact.

    Of `a || b` both sides must name one; of `a && b` one side is enough.

    Args:
        expression: CEL with its conditions written out.
        is_fact: Whether a dotted name stands for a trusted fact.
    """
    return _trusted(list(words_of(expression)), is_fact)


def _trusted(words: Sequence[Word], is_fact: Callable[[str], bool]) -> bool:
    words = _unwrapped(words)
    question = _first(words, "?")
    if question is not None:
        colon = question + 1 + (_first(words[question + 1 :], ":") or 0)
        branches = (words[question + 1 : colon], words[colon + 1 :])
        return _trusted(words[:question], is_fact) or all(_trusted(b, is_fact) for b in branches)
    alternatives = list(_split(words, "||"))
    if len(alternatives) > 1:
        return all(_trusted(part, is_fact) for part in alternatives)
    parts = list(_split(words, "&&"))
    if len(parts) > 1:
        return any(_trusted(part, is_fact) for part in parts)
    return any(word.kind == "name" and is_fact(word.text) for word in words)


def _unwrapped(words: Sequence[Word]) -> Sequence[Word]:
    """Without brackets around the whole."""
    while len(words) > 1 and words[0].text == "(" and closing(words) == len(words) - 1:
        words = words[1:-1]
    return words


def _first(words: Sequence[Word], mark: str) -> int | None:
    found = (at for at, depth in depths(words) if depth == 0 and _is(words[at], mark))
    return next(found, None)


def _split(words: Sequence[Word], mark: str) -> Iterator[Sequence[Word]]:
    start = 0
    for at, depth in depths(words):
        if depth == 0 and _is(words[at], mark):
            yield words[start:at]
            start = at + 1
    yield words[start:]


def _is(word: Word, mark: str) -> bool:
    return word.kind == "mark" and word.text == mark
