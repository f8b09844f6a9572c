"""What workers do with a chunk, and what they say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from deskquorum.backfill.chunks import Chunk
from deskquorum.domain import JsonValue

__all__ = ["Done", "Job", "Lost", "Outcome", "Refused", "Work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A chunk that was worked on."""

    number: int
    rows: str
    """JSON Lines for the output, in input order."""
    summary: Mapping[str, JsonValue]
    """Whatever the final report counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A chunk whose worker broke or went away."""

    number: int
    place: str
    """Where in the input it is."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something that is wrong with more than one chunk; all work ends."""

    why: str


Outcome: TypeAlias = Done | Lost | Refused

Work: TypeAlias = Callable[[Chunk], Done]


class Job(Protocol):
    """Work on chunks, such as can be sent to another process or machine."""

    def opened(self) -> AbstractContextManager[Work]:
        """Load once what every chunk needs.

        Raises:
            DeskError: That can't be.
        """
        ...
