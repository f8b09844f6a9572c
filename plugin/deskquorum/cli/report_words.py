"""Figures of a report in words and signs that people read."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from deskquorum.reporting import DEFINITIONS, Definition, Figure

if TYPE_CHECKING:
    from deskquorum.reporting import Span, WeeklyReport

__all__ = [
    "SHARE",
    "amount",
    "days_of",
    "defined",
    "shown",
    "shown_change",
    "shown_interval",
    "shown_share",
]

SHARE = Definition(title="", says="", unit="share")


def shown(value: Decimal | None, unit: Definition, currency: str | None = None) -> str:
    """A value for people."""
    if value is None:
        return "-"
    match unit.unit:
        case "share":
            return f"{value:.1%}"
        case "score":
            return f"{value:.2f}"
        case "count":
            return f"{value:.2f}"
        case "money":
            return f"{amount(value)} {currency}" if currency else amount(value)


def shown_share(figure: Figure) -> str:
    """A share with its interval for people."""
    if figure.value is None:
        return "-"
    return f"{shown(figure.value, SHARE)} ({shown_interval(figure, SHARE)})"


def shown_interval(figure: Figure, unit: Definition) -> str:
    """Its interval for people."""
    if figure.low is None or figure.high is None:
        return "-"
    return f"{shown(figure.low, unit)} to {shown(figure.high, unit)}"


def shown_change(report: WeeklyReport, name: str) -> str:
    """How a figure differs from the weeks before, for people; shares in percentage points."""
    change = report.changes.get(name)
    if change is None:
        return "-"
    unit = DEFINITIONS[name]
    if unit.unit == "share":
        text = f"{change.by * 100:+.1f} points"
    elif unit.unit == "money":
        text = f"{'+' if change.by > 0 else ''}{amount(change.by)}"
    else:
        text = f"{change.by:+.2f}"
    return text if change.is_clear else f"{text}, within chance"


def days_of(span: Span) -> str:
    """The first and the last day, for people."""
    last = span.until.date().fromordinal(span.until.date().toordinal() - 1)
    return f"{span.since.date()} to {last}"


def defined(report: WeeklyReport, name: str) -> str:
    """What a figure means, in a sentence."""
    return DEFINITIONS[name].says.format(days=report.window.days)


def amount(value: Decimal) -> str:
    """What a model costs is far less than a cent."""
    digits = 2 if abs(value) >= 1 or value == 0 else 4 if abs(value) >= Decimal("0.01") else 6
    return f"{value:,.{digits}f}"
