"""What a backfill works on: rows of a file or recorded decisions, cut into chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeAlias

from deskquorum.ledger import Entry

__all__ = ["Chunk", "Item", "Line", "Source", "Survey", "cut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a file, which holds a raw ticket."""

    number: int
    """1-based."""
    text: str


Item: TypeAlias = Line | Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Items that one worker does in one go."""

    number: int
    """1-based; chunks are written in this order."""
    items: tuple[Item, ...]

    @property
    def place(self) -> str:
        """Where in the input it is, in words."""
        first, last = self.items[0], self.items[-1]
        if isinstance(first, Line) and isinstance(last, Line):
            return f"lines {first.number}-{last.number}"
        if isinstance(first, Entry) and isinstance(last, Entry):
            return f"decisions {first.seq}-{last.seq}"
        return f"chunk {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is known of an input once it was read from end to end."""

    items: int
    digest: str
    """SHA-256 of the input, in hex."""
    last: int
    """Number of the last line or recorded decision."""


class Source(Protocol):
    """An input that can be read more than once."""

    def survey(self) -> Survey:
        """Read everything once.

        Raises:
            ConfigError: Every row that can't be used.
            InputError: The input can't be read.
        """
        ...

    def items(self) -> Iterator[Item]:
        """Yield what was surveyed, in order.

        Raises:
            InputError: It is no longer what was surveyed.
        """
        ...


def cut(items: Iterable[Item], size: int) -> Iterator[Chunk]:
    """Cut into chunks of that many items; the last one may be shorter."""
    left, number = iter(items), 0
    while chunk := tuple(islice(left, size)):
        number += 1
        yield Chunk(number=number, items=chunk)
