"""The ways to carry out an action, and all that one of them can say of how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from deskquorum.domain import JsonValue

__all__ = [
    "ActionPort",
    "Call",
    "Done",
    "Outcome",
    "Refused",
    "RefusedError",
    "Seen",
    "TryAgain",
    "Unknown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One action, as it is told to whoever carries it out."""

    key: str
    """Idempotency key: the same at every attempt."""
    conversation: str
    action: str
    args: Mapping[str, JsonValue] = field(repr=False)
    """Raw values; money is a decimal string."""
    decision: str
    compensates: str | None = None
    """Key of the call that this one undoes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It happened."""

    result: str | None = field(default=None, repr=False)
    """JSON text of what was said; None where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It did not happen, and trying again would not help."""

    why: str
    """Kebab case, without values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """It surely did not happen, and may be tried again."""

    why: str
    after_s: float | None = None
    """Not earlier than that; None leaves it to the worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have happened."""

    why: str


Outcome = Done | Refused | TryAgain | Unknown


class Seen(StrEnum):
    """What a read tells of a call."""

    DONE = "done"
    NOT_DONE = "not-done"
    """It did not happen. It is believed only of a call that can't be at work any more."""
    WORKING = "working"
    UNREADABLE = "unreadable"


class RefusedError(Exception):
    """Raised by a host's function: it did not happen, and trying again would not help."""


class ActionPort(Protocol):
    """Carries out one kind of action. Nothing that it raises is trusted: it counts as unknown."""

    @property
    def timeout_s(self) -> float:
        """No call takes longer; it is cut off."""

    @property
    def settle_s(self) -> float:
        """No call that was cut off takes effect later than that."""

    @property
    def idempotent(self) -> bool:
        """Whether a call may be repeated under its key without happening twice."""

    @property
    def can_look(self) -> bool:
        """Whether `look` can tell anything."""

    @property
    def can_undo(self) -> bool:
        """Whether a call that compensates another one is understood."""

    async def execute(self, call: Call) -> Outcome:
        """Carry it out, or undo what it compensates."""

    async def look(self, call: Call) -> Seen:
        """Tell what became of it."""
