"""What audits show, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from deskquorum.auditing.estimates import Share
    from deskquorum.auditing.kappa import Kappa
    from deskquorum.auditing.noise import Place, QuestionNoise
    from deskquorum.auditing.report import AuditReport

__all__ = ["print_report", "report_json"]

_LEAST_AGREEMENT = 0.6
"""Kappa below this is too low for labels to be called the truth (Landis and Koch 1977)."""


def report_json(report: AuditReport) -> dict[str, object]:
    """The report as JSON has it; shares are of the decisions that were drawn from."""
    return asdict(report)


def print_report(console: Console, report: AuditReport) -> None:
    """Print every part that has something to say."""
    console.print(f"{report.audited} of {report.drawn} drawn decisions are labelled")
    if report.chosen:
        console.print(f"{report.chosen} more were chosen: they teach, and count in nothing here")
    for question in report.questions:
        console.print(_labelers(question))
        for line in _places(question):
            console.print(line, markup=False)
    if report.failure_modes:
        console.print(_modes(report))
    for region in report.regions:
        line = (
            f"blind spot: {region.question}, where {region.where}: every vote is wrong on "
            f"{_share(region.failing)} (over all {region.overall:.1%}); most often "
            f"{region.said!r} is said of what is {region.audit!r}"
        )
        console.print(line, markup=False)
    for kappa in report.kappas:
        console.print(_agreement(kappa), markup=False)


def _labelers(question: QuestionNoise) -> Table:
    title = (
        f"{question.question}: {question.audited} audited, the desk is wrong on "
        f"{_share(question.wrong)}; labelers differ on {_share(question.disagreement)}"
    )
    table = Table(title=title, title_justify="left")
    for heading in ("labeler", "wrong votes", "silent", "votes", "most often"):
        table.add_column(heading)
    for labeler in question.labelers:
        worst = labeler.confusions[:3]
        table.add_row(
            labeler.labeler,
            _share(labeler.noise),
            _share(labeler.silent),
            str(labeler.noise.n),
            ", ".join(f"{one.audit} as {one.said} ({one.n})" for one in worst),
        )
    return table


def _places(question: QuestionNoise) -> Iterator[str]:
    """Where something is surely worse than over all."""
    yield from _worse(f"{question.question}: the desk is wrong", question.wrong_by)
    for labeler in question.labelers:
        yield from _worse(f"{labeler.labeler} is wrong", labeler.noise_by)
        yield from _worse(f"{labeler.labeler} is silent", labeler.silent_by)


def _worse(what: str, places: Iterable[Place]) -> Iterator[str]:
    for place in places:
        if place.worse:
            where = f"{place.dimension} {place.value or 'unknown'}"
            yield f"{what} more often where {where}: {_share(place.share)}"


def _modes(report: AuditReport) -> Table:
    table = Table(title="failure modes", title_justify="left")
    for heading in ("mode", "severity", "owner", "of decisions", "by reviewers"):
        table.add_column(heading)
    for mode in report.failure_modes:
        table.add_row(mode.id, mode.severity, mode.owner, _share(mode.share), str(mode.reviewers))
    return table


def _agreement(kappa: Kappa) -> str:
    first, second = kappa.auditors
    said = f"{kappa.question}: {first} and {second} agree on {kappa.agreed} of {kappa.n}"
    if kappa.kappa is None:
        return f"{said}; both gave one label only, so kappa says nothing"
    low = "; talk about where they differ" if kappa.kappa < _LEAST_AGREEMENT else ""
    return f"{said}, kappa {kappa.kappa:.2f} ({kappa.low:.2f} to {kappa.high:.2f}){low}"


def _share(share: Share) -> str:
    if share.value is None:
        return "nothing"
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"
