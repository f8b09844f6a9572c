"""The weekly report: rows of the ledger come in, figures with what they mean go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from deskquorum.auditing import even
from deskquorum.novelty import Term
from deskquorum.reconciliation import Alarm, Certificate
from deskquorum.reporting.fates import Rows, Span
from deskquorum.reporting.figures import Figure, figures_of, reasons_of, shadowed, share
from deskquorum.reporting.intervals import difference, too_many

__all__ = ["Change", "Standing", "Week", "WeeklyReport", "certificate_standing", "weekly_report"]

CertificateState = Literal["valid", "expiring", "expired", "violated"]

_EXPIRING = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How much a figure differs from the same figure of all the weeks before together."""

    before: Figure
    by: Decimal
    low: Decimal
    high: Decimal

    @property
    def is_clear(self) -> bool:
        """Whether chance alone is an unlikely cause: the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The figures of one span."""

    span: Span
    figures: Sequence[Figure]
    pending: int
    """Conversations whose time is not over: they count neither as resolved nor as not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One certificate, and what audits say of what was done under it."""

    certificate: Certificate
    state: CertificateState
    acted: int
    """Decisions of the weeks under it."""
    audited: int
    """Those of them that were drawn and audited."""
    wrong: Figure
    """Of as many of these as make an even draw, those with a wrong answer to its questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport:
    """A week, and the weeks before."""

    made_at: datetime
    window: timedelta
    weeks: Sequence[Week]
    """Oldest first; the last one is the week of the report."""
    changes: Mapping[str, Change]
    """Figure to its change, where both sides have an interval."""
    reasons: Sequence[Figure]
    """First reasons of what went to people in the week, by code."""
    shadow: Sequence[Figure]
    """What people did with suggestions of shadow mode in the week, by action."""
    certificates: Sequence[Standing]
    alarms: Sequence[Alarm]
    """Those that stand now."""
    ended: Sequence[Alarm]
    """Those that held up decisions of the week and stand no more."""
    terms: Sequence[Term]
    """Words of the week's tickets that the tickets measured on did not hold."""

    @property
    def week(self) -> Week:
        """The week of the report."""
        return self.weeks[-1]


def weekly_report(
    rows: Rows,
    span: Span,
    *,
    now: datetime,
    weeks_before: int = 4,
    window: timedelta = timedelta(days=3),
    certificates: Sequence[Certificate] = (),
    alarms: Sequence[Alarm] = (),
    terms: Sequence[Term] = (),
) -> WeeklyReport:
    """Make the report; the same rows give the same one.

    Args:
        rows: From the first of the weeks before on.
        span: The week, or any span; those before it are as long.
        now: What is told later is not known yet, and certificates end by it.
        weeks_before: How many to compare it with.
        window: How long a closed conversation has to stay closed to be confirmed.
        certificates: Those of the desk.
        alarms: Those that stand.
        terms: New words of the week's tickets.
    """
    length = span.until - span.since
    spans = [
        Span(since=span.since - n * length, until=span.until - n * length)
        for n in range(weeks_before, -1, -1)
    ]
    weeks = [_week(rows, one, window=window, now=now) for one in spans]
    all_before = Span(since=spans[0].since, until=span.since)
    before = _week(rows, all_before, window=window, now=now).figures
    whole = Span(since=spans[0].since, until=span.until)
    return WeeklyReport(
        made_at=now,
        window=window,
        weeks=weeks,
        changes={
            figure.name: change
            for figure, earlier in zip(weeks[-1].figures, before, strict=True)
            if (change := _change(figure, earlier)) is not None
        },
        reasons=reasons_of(rows, span),
        shadow=shadowed(rows, span),
        certificates=[certificate_standing(c, rows, whole, now=now) for c in certificates],
        alarms=alarms,
        ended=_ended(rows, span, alarms),
        terms=terms,
    )


def _ended(rows: Rows, span: Span, stand: Sequence[Alarm]) -> list[Alarm]:
    """One of each that held up a decision and was dealt with since."""
    held = {alarm.about: alarm for row in rows.decisions if row.at in span for alarm in row.drifted}
    standing = {alarm.about for alarm in stand}
    return [alarm for about, alarm in sorted(held.items()) if about not in standing]


def certificate_standing(
    certificate: Certificate, rows: Rows, span: Span, *, now: datetime
) -> Standing:
    """What became of a certificate's promise.

    It is violated where so many wrong audits would be rarer than its confidence allows, had it
    kept its promise (exact binomial test). Audits that were likelier to be drawn are thinned out
    first (`deskquorum.auditing.even`), for the test counts plainly.
    """
    since = max(span.since, certificate.issued_at)
    acted = [
        row
        for row in rows.decisions
        if certificate.action in row.certified and since <= row.at < span.until
    ]
    labels: dict[str, dict[str, str]] = {}
    inclusions: dict[str, float] = {}
    for audit in rows.audited:
        if audit.question in certificate.questions:
            labels.setdefault(audit.decision, {})[audit.question] = audit.label
            inclusions[audit.decision] = audit.inclusion
    audited = [row for row in acted if row.id in labels]
    kept = even({row.conversation: inclusions[row.id] for row in audited})
    counted = [row for row in audited if row.conversation in kept]
    wrong = sum(
        any(row.answers.get(question) != label for question, label in labels[row.id].items())
        for row in counted
    )
    return Standing(
        certificate=certificate,
        state=_state(certificate, wrong, len(counted), now=now),
        acted=len(acted),
        audited=len(audited),
        wrong=share(certificate.action, wrong, len(counted)),
    )


def _state(certificate: Certificate, wrong: int, of: int, *, now: datetime) -> CertificateState:
    level = 1 - certificate.confidence
    if too_many(wrong, of, allowed=certificate.max_error, level=level):
        return "violated"
    if certificate.expires_at <= now:
        return "expired"
    return "expiring" if certificate.expires_at <= now + _EXPIRING else "valid"


def _week(rows: Rows, span: Span, *, window: timedelta, now: datetime) -> Week:
    figures, pending = figures_of(rows, span, window=window, now=now)
    return Week(span=span, figures=figures, pending=pending)


def _change(figure: Figure, before: Figure) -> Change | None:
    now_ends, then_ends = _ends(figure), _ends(before)
    if now_ends is None or then_ends is None:
        return None
    by, low, high = difference(now_ends, then_ends)
    return Change(before=before, by=by, low=low, high=high)


def _ends(figure: Figure) -> tuple[Decimal, Decimal, Decimal] | None:
    if figure.value is None or figure.low is None or figure.high is None:
        return None
    return figure.value, figure.low, figure.high
