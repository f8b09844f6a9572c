"""What became of the conversations of some days: closed for good, opened again, passed on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from deskquorum.domain import Route
from deskquorum.ledger.outcomes import OutcomeKind
from deskquorum.reporting.tally import DecisionRow

__all__ = ["AuditRow", "Conversation", "OutcomeRow", "Rows", "Span", "VerdictRow", "conversations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Some time, its end left out."""

    since: datetime
    until: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """What a host told of a conversation."""

    conversation: str
    at: datetime
    kind: OutcomeKind
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """What a reviewer said of a decision."""

    decision: str
    kind: str
    """`approve`, `edit`, `reject` or `respond`."""
    same_action: bool | None
    """Whether the action in force is the suggested one; None where that was erased."""
    took: timedelta
    """From the opening of the review to the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """What an auditor called right of a decision that was drawn."""

    decision: str
    question: str
    label: str
    inclusion: float
    """Probability, in (0, 1], that it was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All that a report is made from, each oldest first."""

    decisions: Sequence[DecisionRow] = ()
    outcomes: Sequence[OutcomeRow] = ()
    verdicts: Sequence[VerdictRow] = ()
    """On the decisions, whenever they were given."""
    audited: Sequence[AuditRow] = ()
    """Of a decision's question the newest counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation on which the desk decided in a span."""

    alone: bool
    """No decision of the span gave it to a person."""
    assisted: bool
    """A reviewer sent what the desk suggested, as it was or edited."""
    settled: bool
    """Enough time has passed to call it confirmed or not."""
    closed: bool
    """The host closed it within the window after the span's last decision on it."""
    reopened: bool
    """It was opened again within the window after that."""
    watched: bool
    """The window after the decision has passed."""
    escalated: bool
    """The host escalated it, or the desk gave it to a person, within the window."""
    incidents: frozenset[str]
    csat: Decimal | None
    """The newest score."""
    loss: Decimal
    """Refunds that should not have been paid, as the host told."""

    @property
    def confirmed(self) -> bool:
        """Closed, and not opened again within the window."""
        return self.settled and self.closed and not self.reopened


def conversations(
    rows: Rows, span: Span, *, window: timedelta, now: datetime
) -> Iterator[Conversation]:
    """The conversations with a decision in the span.

    Each is looked at when its time is over, never earlier because it went wrong: those that fail
    would be known sooner than those that go well, and the newest week would look worse than it is.

    Args:
        rows: Decisions and outcomes, later ones too.
        span: Whose conversations.
        window: How long a closed conversation has to stay closed, and the host has to close it.
        now: What is told later is not known yet.
    """
    told = _grouped(rows.outcomes)
    helped = {row.decision for row in rows.verdicts if row.kind in {"approve", "edit"}}
    for identity, made in _grouped(rows.decisions).items():
        within = [row for row in made if row.at in span]
        if not within:
            continue
        last = within[-1].at
        outcomes = [row for row in told[identity] if row.at <= now]
        later = [row for row in outcomes if row.at >= last]
        closed_at = _first(later, OutcomeKind.RESOLVED, last, last + window)
        ends = last + window if closed_at is None else closed_at + window
        passed_on = _first(later, OutcomeKind.ESCALATED, last, last + window) is not None
        yield Conversation(
            alone=all(row.route is not Route.HUMAN for row in within),
            assisted=any(row.id in helped for row in within),
            settled=ends <= now,
            closed=closed_at is not None,
            reopened=closed_at is not None
            and _first(later, OutcomeKind.REOPENED, closed_at, ends) is not None,
            watched=last + window <= now,
            escalated=passed_on
            or any(r.route is Route.HUMAN and last < r.at <= last + window for r in made),
            incidents=frozenset(r.value for r in outcomes if r.kind is OutcomeKind.INCIDENT),
            csat=_newest_score(outcomes),
            loss=sum((_amount(r) for r in outcomes), Decimal(0)),
        )


_Row = TypeVar("_Row", DecisionRow, OutcomeRow)


def _grouped(rows: Iterable[_Row]) -> defaultdict[str, list[_Row]]:
    groups: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[row.conversation].append(row)
    return groups


def _first(
    rows: Sequence[OutcomeRow], kind: OutcomeKind, since: datetime, until: datetime
) -> datetime | None:
    return next((r.at for r in rows if r.kind is kind and since <= r.at <= until), None)


def _newest_score(rows: Sequence[OutcomeRow]) -> Decimal | None:
    scores = [row.value for row in rows if row.kind is OutcomeKind.CSAT]
    return Decimal(scores[-1]) if scores else None


def _amount(row: OutcomeRow) -> Decimal:
    return Decimal(row.value) if row.kind is OutcomeKind.REFUND_LOSS else Decimal(0)
