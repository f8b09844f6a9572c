"""What an export holds: each kind of record, what is told of it, and by what it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from deskquorum.ledger.tables import (
    audits,
    chosen_audits,
    decisions,
    erasures,
    executions,
    intake,
    labels,
    outcomes,
    proofs,
    reviews,
    switches,
    verdicts,
)

if TYPE_CHECKING:
    from sqlalchemy import Table

__all__ = ["KINDS", "Kind"]

_LINK = ("seq", "previous_hash", "hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record."""

    name: str
    table: Table
    at: str
    """Column of the moment that it is from: microseconds, or text in UTC."""
    order: tuple[str, ...]
    """Columns that it is told in the order of; no two rows are alike in all of them."""
    told: tuple[str, ...]
    """Columns that anybody may know."""
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Column to what its text is sealed as; each holds JSON."""
    id: str = "id"
    """Column of the id that it is sealed under."""
    link: tuple[str, Literal["decision", "ticket", "person"]] | None = None
    """Column by which it is found, and what that names; without one it is about nobody."""


KINDS = (
    Kind(
        name="ticket",
        table=intake,
        at="accepted_us",
        order=("accepted_us", "id"),
        told=("id", "conversation", "source", "state", "attempts", "decision"),
        sealed={"request": "request", "answer": "answer"},
        link=("conversation", "ticket"),
    ),
    Kind(
        name="decision",
        table=decisions,
        at="recorded_at",
        order=("seq",),
        told=("seq", "id", "ticket", "recorded_at", "previous_hash", "hash"),
        sealed={"decision": "decision", "evidence": "evidence"},
        link=("id", "decision"),
    ),
    Kind(
        name="review",
        table=reviews,
        at="opened_us",
        order=("opened_us", "id"),
        told=(
            *("id", "kind", "conversation", "decision", "state", "risk", "action", "reasons"),
            *("opened_us", "due_us", "assignee", "newer"),
        ),
        sealed={"suggestion": "review"},
        link=("decision", "decision"),
    ),
    Kind(
        name="verdict",
        table=verdicts,
        at="at_us",
        order=("seq",),
        told=("review", "decision", "kind", "by", "at_us", *_LINK),
        sealed={"outcome": "verdict"},
        id="review",
        link=("decision", "decision"),
    ),
    Kind(
        name="execution",
        table=executions,
        at="created_us",
        order=("created_us", "key"),
        told=(
            *("key", "conversation", "action", "decision", "state", "attempts", "looks", "doubt"),
            *("error", "compensates", "created_us", "changed_us", "handed_us"),
        ),
        sealed={"args": "order", "result": "result"},
        id="key",
        link=("decision", "decision"),
    ),
    Kind(
        name="audit",
        table=audits,
        at="drawn_us",
        order=("drawn_us", "decision"),
        told=(
            *("decision", "ticket", "batch", "stratum", "inclusion", "until_us", "drawn_us"),
            "proof",
        ),
        link=("decision", "decision"),
    ),
    Kind(
        name="chosen_audit",
        table=chosen_audits,
        at="chosen_us",
        order=("chosen_us", "decision"),
        told=("decision", "ticket", "batch", "chosen_us", "proof"),
        link=("decision", "decision"),
    ),
    Kind(
        name="label",
        table=labels,
        at="at_us",
        order=("at_us", "id"),
        told=("id", "decision", "question", "label", "source", "by", "at_us", "proof"),
        link=("decision", "decision"),
    ),
    Kind(
        name="proof",
        table=proofs,
        at="at_us",
        order=("seq",),
        told=("id", "covers", "digest", "at_us", *_LINK),
    ),
    Kind(
        name="outcome",
        table=outcomes,
        at="at_us",
        order=("at_us", "id"),
        told=("id", "conversation", "decision", "kind", "value", "at_us"),
        link=("conversation", "ticket"),
    ),
    Kind(
        name="stop",
        table=switches,
        at="at",
        order=("seq",),
        told=("action", "stopped", "set_by", "why", "at"),
    ),
    Kind(
        name="erasure",
        table=erasures,
        at="at_us",
        order=("at_us", "id"),
        told=("id", "subject", "by", "why", "at_us", "keys"),
        link=("subject", "person"),
    ),
)
"""In the order in which they are exported: what later ones name came before."""
