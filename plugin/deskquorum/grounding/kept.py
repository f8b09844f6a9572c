"""What was worked out before, kept as long as there is room: memory that stays flat."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["Kept"]

K = TypeVar("K")
V = TypeVar("V")


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
