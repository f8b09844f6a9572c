"""What was worked out before, kept as long as there is room: memory that stays flat."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, Generic, ParamSpec, TypeVar

__all__ = ["MOST_TEXTS", "Kept", "kept_by_text"]

MOST_TEXTS = 1024
"""Texts of which is kept what was read: the drafts in hand and the clauses that are met often. Each
draft is another text, so whatever is kept for longer is memory and nothing else."""

_LONG = 500
"""Characters from which on a text is one of the few long ones."""

_MOST_LONG = 64

K = TypeVar("K")
V = TypeVar("V")
_P = ParamSpec("_P")


class Kept(Generic[K, V]):
    """The latest answers by what was asked; safe to share between threads, without a lock.

    Two generations: when the young one is full it becomes the old one, and what stood in that is
    forgotten. Threads that do so at once lose answers, never mix them up.

    Args:
        most: Answers of one generation.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, asked: K) -> V | None:
        """The answer, None where it is not kept."""
        found = self._young.get(asked)
        return self._old.get(asked) if found is None else found

    def put(self, asked: K, answer: V) -> V:
        """Keep an answer and give it back."""
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[asked] = answer
        return answer


def kept_by_text(read: Callable[Concatenate[str, _P], V]) -> Callable[Concatenate[str, _P], V]:
    """Keep what a function reads of the last texts; of long ones, fewer."""
    short, long = lru_cache(MOST_TEXTS)(read), lru_cache(_MOST_LONG)(read)

    @wraps(read)
    def found(text: str, /, *args: _P.args, **kwargs: _P.kwargs) -> V:
        # `lru_cache` wants hashable arguments, which a ParamSpec can't say.
        return (short if len(text) < _LONG else long)(text, *args, **kwargs)  # type: ignore[arg-type]

    return found
