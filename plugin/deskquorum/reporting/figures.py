"""The numbers of some days, each with what it means, its parts and an interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from deskquorum.domain import Mode, Route
from deskquorum.reporting.fates import Conversation, Rows, Span, conversations
from deskquorum.reporting.intervals import bootstrap_mean, wilson
from deskquorum.reporting.tally import DecisionRow, Tally

__all__ = ["DEFINITIONS", "Definition", "Figure", "figures_of", "reasons_of", "shadowed", "share"]

Unit = Literal["share", "score", "money", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a number means."""

    title: str
    says: str
    """One sentence; `{days}` stands for the window."""
    unit: Unit
    better: Literal["more", "less", ""] = ""
    """Which way is good news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number: a share of conversations or decisions, or a mean over them."""

    name: str
    numerator: Decimal
    denominator: int
    low: Decimal | None
    """Ends of its 95 % interval; None where nothing, or one amount alone, was counted."""
    high: Decimal | None

    @property
    def value(self) -> Decimal | None:
        """None where nothing was counted."""
        return self.numerator / self.denominator if self.denominator else None


DEFINITIONS = {
    "auto": Definition(
        title="Done by the desk",
        says="Of all decisions, those that software carried out by itself.",
        unit="share",
    ),
    "human": Definition(
        title="To people", says="Of all decisions, those that went to a person.", unit="share"
    ),
    "deny": Definition(
        title="Declined",
        says="Of all decisions, those that a rule declined without a person.",
        unit="share",
    ),
    "confirmed": Definition(
        title="Confirmed resolutions",
        says="Of conversations whose time is over, those closed within {days} days of the decision"
        " and not opened again within {days} days of that.",
        unit="share",
        better="more",
    ),
    "deflection": Definition(
        title="Deflection, net of reopens",
        says="Of the same conversations, those confirmed as resolved that no person touched:"
        " never given to one, and not escalated.",
        unit="share",
        better="more",
    ),
    "reopened": Definition(
        title="Reopened",
        says="Of closed conversations that no person had been given, those opened again within"
        " {days} days.",
        unit="share",
        better="less",
    ),
    "escalated": Definition(
        title="Escalations",
        says="Of conversations that no person had been given, those escalated, or given to a person"
        " after all, within {days} days.",
        unit="share",
        better="less",
    ),
    "compliance": Definition(
        title="Compliance incidents",
        says="Of all conversations, those with a compliance incident told until now.",
        unit="share",
        better="less",
    ),
    "privacy": Definition(
        title="Privacy incidents",
        says="Of all conversations, those with a privacy incident told until now.",
        unit="share",
        better="less",
    ),
    "csat_assisted": Definition(
        title="CSAT, assisted",
        says="Mean score (1 to 5) of conversations in which a reviewer sent the desk's suggestion,"
        " as it was or edited.",
        unit="score",
        better="more",
    ),
    "csat_alone": Definition(
        title="CSAT, by the desk alone",
        says="Mean score (1 to 5) of conversations that no person was given.",
        unit="score",
        better="more",
    ),
    "cost": Definition(
        title="Model cost a decision",
        says="What models cost, over all decisions.",
        unit="money",
        better="less",
    ),
    "saved_calls": Definition(
        title="Calls saved a decision",
        says="Model calls that could not have changed a decision and were not made, over all"
        " decisions.",
        unit="count",
        better="more",
    ),
    "refund_loss": Definition(
        title="Refund loss a conversation",
        says="Refunds that should not have been paid, as told until now, over all conversations.",
        unit="money",
        better="less",
    ),
    "drift": Definition(
        title="Held by a drift alarm",
        says="Of all decisions, those that went to a person with a drift alarm among the reasons.",
        unit="share",
        better="less",
    ),
    "shadow": Definition(
        title="Shadow: people did the same",
        says="Of actions suggested in shadow mode that a reviewer judged, those that the reviewer"
        " put in force as they were.",
        unit="share",
        better="more",
    ),
}
"""Name to meaning, in the order of the report."""


def figures_of(
    rows: Rows, span: Span, *, window: timedelta, now: datetime
) -> tuple[list[Figure], int]:
    """Every figure of a span, in the order of `DEFINITIONS`; and how many conversations pend."""
    decisions = [row for row in rows.decisions if row.at in span]
    talks = list(conversations(rows, span, window=window, now=now))
    made = [*_of_decisions(decisions), *_of_conversations(talks), _shadow(decisions, rows)]
    by_name = {figure.name: figure for figure in made}
    return [by_name[name] for name in DEFINITIONS], sum(not talk.settled for talk in talks)


def reasons_of(rows: Rows, span: Span) -> list[Figure]:
    """Of what went to people, the share of each first reason; the most frequent first."""
    tally = Tally.of(row for row in rows.decisions if row.at in span)
    people = tally.routes[Route.HUMAN]
    return [share(code, count, people) for code, count in tally.reasons.most_common()]


def shadowed(rows: Rows, span: Span) -> list[Figure]:
    """The figure `shadow` by action."""
    decisions = [row for row in rows.decisions if row.at in span]
    same = list(_same(decisions, rows))
    actions = sorted({action for action, _ in same})
    return [_counted(name, (ok for action, ok in same if action == name)) for name in actions]


def share(name: str, count: int, of: int) -> Figure:
    """A share with its Wilson interval."""
    low, high = (Decimal(repr(round(end, 6))) for end in wilson(count, of))
    return Figure(
        name=name,
        numerator=Decimal(count),
        denominator=of,
        low=low if of else None,
        high=high if of else None,
    )


def _of_decisions(rows: Sequence[DecisionRow]) -> Iterator[Figure]:
    tally = Tally.of(rows)
    for route in Route:
        yield share(route.value, tally.routes[route], tally.decisions)
    yield _mean("cost", [row.cost for row in rows])
    yield _mean("saved_calls", [Decimal(row.saved_calls) for row in rows])
    yield _counted("drift", (bool(row.drifted) for row in rows))


def _of_conversations(talks: Sequence[Conversation]) -> Iterator[Figure]:
    settled = [talk for talk in talks if talk.settled]
    alone = [talk for talk in talks if talk.alone]
    yield _counted("confirmed", (talk.confirmed for talk in settled))
    yield _counted(
        "deflection", (talk.confirmed and talk.alone and not talk.escalated for talk in settled)
    )
    yield _counted("reopened", (t.reopened for t in settled if t.alone and t.closed))
    yield _counted("escalated", (talk.escalated for talk in alone if talk.watched))
    yield _counted("compliance", ("compliance" in talk.incidents for talk in talks))
    yield _counted("privacy", ("privacy" in talk.incidents for talk in talks))
    yield _mean("csat_assisted", [t.csat for t in talks if t.assisted and t.csat is not None])
    yield _mean("csat_alone", [t.csat for t in alone if t.csat is not None])
    yield _mean("refund_loss", [talk.loss for talk in talks])


def _shadow(decisions: Sequence[DecisionRow], rows: Rows) -> Figure:
    return _counted("shadow", (same for _, same in _same(decisions, rows)))


def _same(decisions: Sequence[DecisionRow], rows: Rows) -> Iterator[tuple[str, bool]]:
    """Action, and whether the reviewer did it, of what shadow mode suggested."""
    judged = {row.decision: row.same_action for row in rows.verdicts}
    for row in decisions:
        same = judged.get(row.id)
        if row.mode is Mode.SHADOW and row.action is not None and same is not None:
            yield row.action, same


def _counted(name: str, hits: Iterable[bool]) -> Figure:
    all_of_them = list(hits)
    return share(name, sum(all_of_them), len(all_of_them))


def _mean(name: str, values: Sequence[Decimal]) -> Figure:
    low, high = bootstrap_mean(values) or (None, None)
    return Figure(
        name=name, numerator=sum(values, Decimal(0)), denominator=len(values), low=low, high=high
    )
