"""What the review queue holds: drafts, items and verdicts, and the digests that bind them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from deskquorum.domain import Action, JsonValue, Reason
from deskquorum.errors import DeskError

__all__ = [
    "Draft",
    "ReviewItem",
    "ReviewState",
    "TakenError",
    "Verdict",
    "VerdictKind",
    "suggestion_hash",
    "text_of",
    "verdict_hash",
]

ReviewState = Literal["open", "resolved", "superseded", "settled"]
"""Settled: the order that it was about turned out to be done, and nobody need decide."""

VerdictKind = Literal["approve", "edit", "reject", "respond"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be put into the queue."""

    kind: Literal["decision", "execution"]
    """A decision that is a person's, or an execution whose end a person must find out."""
    conversation: str
    decision: str
    subject: str
    """Whom it is about: `Ticket.subject`."""
    reasons: tuple[Reason, ...]
    """Deciding ones first."""
    action: Action | None
    reply: str | None
    risk: int
    """Higher ones are looked at first."""
    due: timedelta
    """Until when somebody should have looked."""
    limited: Mapping[str, str] = field(default_factory=dict)
    """Limit to whose it is, of all actions: a reviewer may choose another than the suggested."""
    values: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)
    """Placeholder to the value that it stands for: the record, by which edits are ruled on, holds
    placeholders."""
    tells: bool = False
    """Whether a notice is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reviewer says (LangChain's words)."""

    kind: VerdictKind
    by: str
    args_hash: str | None = None
    """Of the suggestion that the reviewer saw; needed to approve or edit."""
    action: Action | None = None
    """Instead of the suggested one, of an edit."""
    reply: str | None = None
    why: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Question to the label that would have been right, as far as the reviewer says so."""
    override: bool = False
    """Sends the reply in spite of what its check found; `why` tells the reason."""
    failure_mode: str | None = None
    """Id of what was wrong with the suggestion, as far as the reviewer says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One thing that waits, or waited, for a person. Holds personal data."""

    id: str
    kind: Literal["decision", "execution"]
    conversation: str
    decision: str
    state: ReviewState
    risk: int
    reasons: tuple[Reason, ...]
    action: Action | None
    """Suggested; None too where it was erased."""
    reply: str | None
    args_hash: str | None
    """Of the suggestion, as `suggestion_hash` gives it, None where that was erased; a verdict names
    it."""
    subject: str
    """Whom it is about; empty where that was erased."""
    limited: Mapping[str, str]
    """Limit to whose it is, of all actions."""
    values: Mapping[str, JsonValue] = field(repr=False)
    """Placeholder to the value that it stands for; empty without the host's key, or erased."""
    opened_at: datetime
    due_at: datetime
    assignee: str | None
    """Who holds it now; None once the lease has run out."""
    lease_until: datetime | None
    verdict: VerdictKind | None = None
    verdict_by: str | None = None
    verdict_at: datetime | None = None
    final_action: Action | None = None
    """In force by the verdict; None where nothing is to be done."""
    final_reply: str | None = None
    why: str = ""
    newer: str | None = None
    """A later item of the conversation: it takes this one's place, or is news to its holder."""
    said: str | None = None
    """Digest of the whole verdict, as `verdict_hash` gives it."""
    overridden: bool = False
    """Whether the reply is sent in spite of what its check found."""
    failure_mode: str | None = None
    """What the reviewer called wrong with the suggestion."""
    erased: bool = False


class TakenError(DeskError):
    """Somebody else holds the item, or it is no longer open."""

    def __init__(self, message: str, *, item: ReviewItem | None) -> None:
        self.item = item
        super().__init__(message)


def suggestion_hash(action: Action | None, reply: str | None) -> str:
    """What a verdict is bound to: SHA-256 over the exact action, its arguments and the reply."""
    return _digest(text_of(action, reply))


def verdict_hash(verdict: Verdict) -> str:
    """Tells a verdict from every other: SHA-256 over all that was said, and by whom.

    What names no failure mode has the digest that it had before there were any.
    """
    named = {} if verdict.failure_mode is None else {"failure_mode": verdict.failure_mode}
    return _digest(
        text_of(
            verdict.action,
            verdict.reply,
            kind=verdict.kind,
            by=verdict.by,
            args_hash=verdict.args_hash,
            why=verdict.why,
            answers=dict(verdict.answers),
            override=verdict.override,
            **named,
        )
    )


def text_of(action: Action | None, reply: str | None, **more: object) -> str:
    """A suggestion as canonical JSON text."""
    named = None if action is None else {"name": action.name, "args": dict(action.args)}
    return json.dumps({"action": named, "reply": reply, **more}, sort_keys=True, ensure_ascii=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
