"""What an engine is, and how chunks are given to its workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

from deskquorum.backfill.chunks import Chunk
from deskquorum.backfill.jobs import Done, Lost, Outcome, Refused
from deskquorum.errors import InputError

__all__ = ["Engine", "outcomes"]

_TRIES = 2
"""Of each chunk: what takes its worker down twice would take down every other."""


class Engine(Protocol):
    """Workers somewhere, each with its job open; a context manager that starts and ends them."""

    @property
    def workers(self) -> int:
        """How many chunks can be worked on side by side."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def give(self, chunk: Chunk) -> None:
        """Give a chunk to a free worker; a new one takes the place of one that is gone."""
        ...

    def next(self) -> Outcome:
        """Wait for whichever chunk is finished first, or lost with its worker."""
        ...


def outcomes(engine: Engine, chunks: Iterable[Chunk]) -> Iterator[Done | Lost]:
    """Yield what becomes of each chunk, in the order in which they finish.

    Chunks are drawn only as workers get free, so that an input of any size fits into memory. A lost
    one is tried once more before it is yielded as lost.

    Raises:
        InputError: No worker can do this work; says why.
    """
    left = iter(chunks)
    given: dict[int, tuple[Chunk, int]] = {}

    def give(chunk: Chunk | None, tries: int = 1) -> None:
        if chunk is not None:
            given[chunk.number] = (chunk, tries)
            engine.give(chunk)

    for _ in range(engine.workers):
        give(next(left, None))
    while given:
        outcome = engine.next()
        if isinstance(outcome, Refused):
            raise InputError(outcome.why)
        chunk, tries = given.pop(outcome.number)
        if isinstance(outcome, Lost) and tries < _TRIES:
            give(chunk, tries + 1)
            continue
        yield outcome
        give(next(left, None))
