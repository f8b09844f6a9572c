"""What every labeler is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from deskquorum.domain import Deadline, RedactedTicket, Vote

__all__ = ["Askable", "AsksModel", "Labeler"]


class Askable(Protocol):
    """What is known of a labeler before it votes."""

    @property
    def id(self) -> str:
        """The labeler's name in `desk.yaml`, on each of its votes."""
        ...

    @property
    def question(self) -> str:
        """Id of the question that it answers."""
        ...

    @property
    def wave(self) -> int:
        """Labelers of a lower wave are asked first; those of one wave side by side."""
        ...

    @property
    def family(self) -> str:
        """Labelers of one family err together."""
        ...


class Labeler(Askable, Protocol):
    """Answers one question about any ticket."""

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:
        """One opinion, or an abstention, or a failure; may raise, which loses only this vote."""
        ...


@runtime_checkable
class AsksModel(Protocol):
    """A labeler whose vote costs a model call."""

    @property
    def model(self) -> str:
        """The model that it asks."""
        ...
