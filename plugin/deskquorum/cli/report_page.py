"""The weekly report as one HTML file: numbers, plots, what each means; no script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from deskquorum.cli.plots import dress, styled
from deskquorum.cli.report_words import (
    days_of,
    defined,
    shown,
    shown_change,
    shown_interval,
    shown_share,
)
from deskquorum.reconciliation import remedy
from deskquorum.reporting import DEFINITIONS, Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from deskquorum.reporting import WeeklyReport

__all__ = ["page_of"]

_TEMPLATE = Path(__file__).with_name("templates") / "report.html"
_TILES = ("confirmed", "deflection", "escalated", "csat_assisted", "cost", "auto")
_PLOTS = ("confirmed", "deflection", "auto", "escalated", "csat_assisted", "cost")
# Stand-ins that the page's style sheet gives a light and a dark value.
_INK, _LINE, _GRID = "#010203", "#040506", "#070809"
_VARIABLES = {_INK: "var(--muted)", _LINE: "var(--accent)", _GRID: "var(--rule)"}


def page_of(report: WeeklyReport, *, currency: str | None) -> str:
    """The whole page."""
    from jinja2 import Environment, StrictUndefined

    # All that is put in is escaped but the plots, which are made here.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    figures = {figure.name: figure for figure in report.week.figures}
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        report=report,
        figures=figures,
        definitions=DEFINITIONS,
        tiles=[name for name in _TILES if figures[name].denominator],
        plots=[(DEFINITIONS[name].title, svg) for name in _PLOTS if (svg := _plot(report, name))],
        days=days_of,
        defined=defined,
        shown=shown,
        interval=shown_interval,
        share=shown_share,
        change=shown_change,
        tone=_tone,
        currency=currency,
        remedy=remedy,
    )


def _tone(report: WeeklyReport, name: str) -> str:
    """`good` or `bad` where a figure clearly moved and that says something, else empty."""
    change, better = report.changes.get(name), DEFINITIONS[name].better
    if change is None or not change.is_clear or not better:
        return ""
    return "good" if (change.by > 0) is (better == "more") else "bad"


def _plot(report: WeeklyReport, name: str) -> str:
    """One figure over the weeks, with intervals; empty where fewer than two weeks have it."""
    points = [
        (place, figure)
        for place, week in enumerate(report.weeks)
        for figure in week.figures
        if figure.name == name and figure.denominator
    ]
    if len(points) <= 1:
        return ""
    from matplotlib.figure import Figure as Drawing

    with styled(_INK, salt=name):
        drawing = Drawing(figsize=(4.2, 2.3), layout="constrained")
        axes = drawing.subplots()
        _draw(axes, points, unit=DEFINITIONS[name].unit)
        ticks = [f"{week.span.since:%d %b}" for week in report.weeks]
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set_xlim(-0.4, len(ticks) - 0.6)
        text = StringIO()
        drawing.savefig(
            text, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return _inlined(text.getvalue(), name)


def _draw(axes: Axes, points: Sequence[tuple[int, Figure]], *, unit: str) -> None:
    scale = 100 if unit == "share" else 1
    x = [place for place, _ in points]
    y = [float(figure.value or 0) * scale for _, figure in points]
    for place, figure in points:
        if figure.low is not None and figure.high is not None:
            axes.vlines(place, float(figure.low) * scale, float(figure.high) * scale, color=_LINE)
    axes.plot(x, y, "o-", color=_LINE, markersize=4)
    dress(axes, grid=_GRID)
    axes.set_ylabel({"share": "%", "score": "score", "money": "amount"}.get(unit, "calls"))
    if unit == "score":
        axes.set_ylim(1, 5.1)
    else:
        axes.set_ylim(bottom=0)


def _inlined(svg: str, name: str) -> str:
    """The drawing as an element of the page: ids of its own, colours of the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    # Without a size of its own it fills its place.
    sized = re.compile(r'<svg\b[^>]*?(viewBox="[^"]*")[^>]*>', re.DOTALL)
    return sized.sub(r"<svg \1>", svg, count=1)
