"""What every helpdesk can be told to do, and what can go wrong with that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from deskquorum.adapters.conversations import Conversation
from deskquorum.errors import DeskError

__all__ = ["PRIORITIES", "Helpdesk", "HelpdeskError", "Priority"]

Priority = Literal["low", "normal", "high", "urgent"]

PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent")


class HelpdeskError(DeskError):
    """A call to a helpdesk that did not succeed."""

    def __init__(self, why: str, *, maybe: bool, after_s: float | None = None) -> None:
        """Take what is known.

        Args:
            why: Kebab case, without values.
            maybe: Whether it may have happened all the same.
            after_s: When the helpdesk wants to be asked again; None where that would not help.
        """
        super().__init__(why)
        self.why, self.maybe, self.after_s = why, maybe, after_s


class Helpdesk(Protocol):
    """One account of one helpdesk; every call may raise `HelpdeskError`.

    Notes and replies are made once per call; all others may be repeated.
    """

    @property
    def shows_after_s(self) -> float:
        """How long after it was taken what is sent can be read."""

    async def read(self, conversation: str) -> Conversation:
        """The conversation as it stands."""

    async def note(self, conversation: str, text: str) -> None:
        """Write what only colleagues see."""

    async def reply(self, conversation: Conversation, text: str) -> None:
        """Answer the customer."""

    async def label(self, conversation: Conversation, labels: Sequence[str]) -> None:
        """Add labels and keep those that are there."""

    async def prioritise(self, conversation: str, priority: Priority) -> None:
        """Set how urgent it is."""

    async def hand_off(self, conversation: Conversation, label: str) -> None:
        """Mark it and give it to the team.

        What ends the bot's turn comes last: until it is done, all of it is done again.
        """
