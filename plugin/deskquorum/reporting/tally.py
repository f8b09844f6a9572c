"""What recorded decisions come to: the counts that the report and the server's page share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from deskquorum.domain import Mode, Route
from deskquorum.reconciliation import Alarm, alarm_of

if TYPE_CHECKING:
    from deskquorum.ledger import Entry

__all__ = ["DecisionRow", "Tally", "decision_row"]

_CERTIFIED = "certified"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What is counted of one recorded decision; holds no text of the ticket."""

    id: str
    conversation: str
    at: datetime
    """When it was recorded."""
    route: Route
    mode: Mode = Mode.SHADOW
    action: str | None = None
    """Done, declined or suggested."""
    reason: str = ""
    """Code of the first reason; what sent it to a person where the route is human."""
    cost: Decimal = Decimal(0)
    saved_calls: int = 0
    drifted: tuple[Alarm, ...] = ()
    """Alarms that gave the ticket to a person."""
    certified: frozenset[str] = frozenset()
    """Actions under whose certificate software acted."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Question to answer, of what was done under a certificate."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts over some decisions."""

    routes: Counter[Route] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """First reason of what went to people."""
    cost: Decimal = Decimal(0)
    saved_calls: int = 0

    @classmethod
    def of(cls, rows: Iterable[DecisionRow]) -> Tally:
        """Count all of them."""
        tally = cls()
        for row in rows:
            tally.add(row)
        return tally

    @property
    def decisions(self) -> int:
        """How many there were."""
        return self.routes.total()

    def add(self, row: DecisionRow) -> None:
        """Count one more."""
        self.routes[row.route] += 1
        self.cost += row.cost
        self.saved_calls += row.saved_calls
        if row.route is Route.HUMAN and row.reason:
            self.reasons[row.reason] += 1

    def share(self, route: Route) -> float:
        """Of all decisions."""
        return self.routes[route] / self.decisions if self.decisions else 0.0


def decision_row(entry: Entry) -> DecisionRow:
    """What of a ledger's entry is counted."""
    decision = entry.decision
    acted = decision.reasons if decision.route is Route.AUTO else ()
    certified = {r.params.get("action", "") for r in acted if r.code == _CERTIFIED}
    return DecisionRow(
        id=decision.id,
        conversation=decision.ticket,
        at=entry.recorded_at,
        route=decision.route,
        mode=decision.mode,
        action=None if decision.action is None else decision.action.name,
        reason=decision.reasons[0].code if decision.reasons else "",
        cost=decision.cost,
        saved_calls=decision.saved_calls,
        drifted=tuple(
            alarm for reason in decision.reasons if (alarm := alarm_of(reason)) is not None
        ),
        certified=frozenset(certified),
        answers={
            name: answer.label
            for name, answer in decision.answers.items()
            if certified and answer.label is not None
        },
    )
