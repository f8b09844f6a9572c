"""Alarms: what no longer is as it was measured, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from deskquorum.domain import Reason

__all__ = ["Alarm", "AlarmKind", "alarm_of", "reason_of", "remedy"]

AlarmKind: TypeAlias = Literal["disagreement", "labels", "terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something was noticed; until the desk is calibrated again, people decide."""

    kind: AlarmKind
    question: str = ""
    """Whose labelers or labels; empty for new terms, which are about all questions."""
    noticed: str
    """In words, with no word of any ticket."""
    raised_at: datetime | None = None
    """None where nobody noted it."""

    @property
    def about(self) -> tuple[AlarmKind, str]:
        """Of two alarms about the same thing the first one stands."""
        return self.kind, self.question

    @property
    def title(self) -> str:
        """What it is about, for people."""
        return f"{_TITLES[self.kind]} {self.question}".strip()


def remedy(alarm: Alarm) -> str:
    """What ops do about it."""
    return _REMEDIES[alarm.kind]


def reason_of(alarm: Alarm) -> Reason:
    """Why a person has to decide while it stands."""
    params = {"noticed": alarm.noticed}
    if alarm.question:
        params = {"question": alarm.question, **params}
    return Reason(code=_CODES[alarm.kind], params=params)


def alarm_of(reason: Reason) -> Alarm | None:
    """The alarm that gave a ticket to a person; None for any other reason."""
    kind = _KINDS.get(reason.code)
    if kind is None:
        return None
    said = reason.params
    return Alarm(kind=kind, question=said.get("question", ""), noticed=said.get("noticed", ""))


_CODES: Mapping[AlarmKind, str] = {
    "disagreement": "drift",
    "labels": "label-shift",
    "terms": "new-terms",
}
_KINDS = {code: kind for kind, code in _CODES.items()}

_TITLES: Mapping[AlarmKind, str] = {
    "disagreement": "labelers of",
    "labels": "mix of",
    "terms": "new terms",
}

_REMEDIES: Mapping[AlarmKind, str] = {
    "disagreement": "find out which labeler changed (a prompt, a model, a word list:"
    " `deskquorum audit report`) and mend it; then audit a batch and run `deskquorum calibrate`",
    "labels": "find out why more tickets got this label (a fault, a sale, a labeler that takes"
    " others for it); audit a batch of the mix as it is now and run `deskquorum calibrate`",
    "terms": "look at the tickets with new terms (`deskquorum drift` names them) and audit a batch;"
    " where they are about something new, give it a label, examples or words; then run"
    " `deskquorum calibrate`",
}
