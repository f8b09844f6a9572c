"""Alarms that stand: what no longer is as it was measured, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

__all__ = ["Alarm", "AlarmKind", "remedy"]

AlarmKind = Literal["disagreement", "labels", "terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something was noticed; until the desk is calibrated again, people decide."""

    kind: AlarmKind
    question: str = ""
    """Whose labelers or labels; empty for new terms, which are about all questions."""
    noticed: str
    """In words, with no word of any ticket."""
    raised_at: datetime | None = None
    """None for alarms that were kept before their time was."""

    @property
    def about(self) -> tuple[str, str]:
        """What it is about; of two alarms about the same the first one stands."""
        return self.kind, self.question


def remedy(alarm: Alarm) -> str:
    """What ops do about it."""
    match alarm.kind:
        case "disagreement":
            return (
                "find out which labeler changed (`deskquorum audit report`): a prompt, a model, a"
                " word list; mend it, audit a batch and run `deskquorum calibrate`"
            )
        case "labels":
            return (
                "find out why the mix of tickets changed; audit a batch of the new mix and run"
                " `deskquorum calibrate`"
            )
        case "terms":
            return (
                "look at the tickets with new terms (`deskquorum drift`); audit a batch; where they"
                " are about something new, add a label, examples or words for it; then run"
                " `deskquorum calibrate`"
            )
        case _:
            assert_never(alarm.kind)
