"""`deskquorum calibrate`: audited tickets to measured labelers and certificates."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from rich.console import Console
from rich.table import Table

from deskquorum.cli.batch import Row, read_rows, run_batch, wide_console
from deskquorum.cli.extras import needing_learn
from deskquorum.desk import Desk, load_desk
from deskquorum.domain import Evidence, Question, Ticket, VoteStatus
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.formats import ticket_of_text
from deskquorum.judgement import Rulebook, answers_of
from deskquorum.reconciliation import (
    Certificate,
    Certified,
    Learned,
    QuestionModel,
    remove_model,
    write_alarms,
    write_certificates,
    write_model,
)

if TYPE_CHECKING:
    from deskquorum.learning import Audited

__all__ = ["calibrate_desk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """One question, on tickets that nothing was fitted on."""

    question: str
    audited: int
    right_before: float | None
    """Share of right answers with assumed accuracies; None where none was audited."""
    right_after: float | None
    model: QuestionModel | None


def calibrate_desk(
    path: Path,
    *,
    folder: Path,
    model_url: str | None,
    models: bool,
    jobs: int,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Measure labelers on audited tickets and certify actions; returns 1 when none is certified.

    Raises:
        ConfigError: Rows that can't be used, all of them, before anything is asked or written.
        InputError: The file can't be read, or the extra `learn` is not installed.
    """
    desk = load_desk(folder, model_url=model_url, models=models, keys=os.environ)
    rows = read_rows(path)
    tickets = _tickets(path, rows, desk.parts.rules.questions)
    with needing_learn():
        from deskquorum.learning import Audited, certify_actions, fit_models, halves

        evidence = _gathered(desk, rows, tickets, jobs=jobs)
        audited = [
            Audited(evidence=found, truth=truth)
            for found, (_, truth) in zip(evidence, tickets, strict=True)
        ]
        fitting, held = halves(audited)
        now = datetime.now(UTC)
        assumed = replace(desk.parts.rules, learned=Learned())
        fitted = fit_models(fitting, assumed, fitted_at=now)
        if not dry_run:
            fitted = _saved(fitted, assumed.questions, desk.parts.learned_path)
        rules = replace(assumed, learned=Learned(models=fitted))
        certified = certify_actions(held, rules, issued_at=now)
        if not dry_run:
            _save_certificates(certified, desk.parts.learned_path)
    measured = [
        _Measured(
            question=name,
            audited=sum(name in ticket.truth for ticket in audited),
            right_before=_share_right(held, assumed, name),
            right_after=_share_right(held, rules, name),
            model=fitted.get(name),
        )
        for name in rules.questions
    ]
    for labeler, failed in _failures(evidence).items():
        lost = f"note: {labeler} failed on {failed} of {len(evidence)} tickets; its votes are lost"
        wide_console(stderr=True).print(lost, markup=False)
    if as_json:
        wide_console().print_json(data=_as_json(measured, certified))
    else:
        _print(wide_console(), measured, certified)
        if not dry_run:
            wide_console().print(f"written to {desk.parts.learned_path}", markup=False)
    return int(all(certificate is None for _, certificate in certified.values()))


def _tickets(
    path: Path, rows: Sequence[Row], questions: Mapping[str, Question]
) -> list[tuple[Ticket, Mapping[str, str]]]:
    """Each row's ticket and what was found true of it.

    Raises:
        ConfigError: Every row that can't be used.
    """
    problems: list[Problem] = []
    now = datetime.now(UTC)
    found: dict[str, tuple[Ticket, Mapping[str, str]]] = {}
    for row in rows:
        try:
            if row.error is not None:
                raise row.error
            ticket = ticket_of_text(row.value, now=now, number=row.number)
        except InputError as exc:
            message = str(exc).removeprefix(f"line {row.number}: ")
            problems.append(Problem(path=str(path), line=row.number, message=message))
            continue
        truth, wrong = _truth(path, row, questions)
        problems += wrong
        if ticket.id in found:
            message = f"id '{ticket.id}' stands in an earlier row too"
            problems.append(Problem(path=str(path), line=row.number, message=message))
        found[ticket.id] = (ticket, truth)
    if not rows:
        problems.append(Problem(path=str(path), message="no rows; expected audited tickets"))
    elif not problems and not any(truth for _, truth in found.values()):
        hint = 'put them beside the ticket, like {"id": "7", "text": "...", "intent": "refund"}'
        message = f"no row names the right label of any question ({', '.join(questions)})"
        problems.append(Problem(path=str(path), message=message, hint=hint))
    if problems:
        raise ConfigError(problems)
    return list(found.values())


def _truth(
    path: Path, row: Row, questions: Mapping[str, Question]
) -> tuple[Mapping[str, str], list[Problem]]:
    truth: dict[str, str] = {}
    problems = []
    for name in questions.keys() & row.value.keys():
        label = row.value[name]
        if isinstance(label, str) and label in questions[name].labels:
            truth[name] = label
        elif label is not None:
            hint = f"its labels are {', '.join(questions[name].labels)}; leave out what is unknown"
            message = f"{name}: {label!r} is no label of this question"
            problems.append(Problem(path=str(path), line=row.number, message=message, hint=hint))
    return truth, problems


def _gathered(
    desk: Desk, rows: Sequence[Row], tickets: Sequence[tuple[Ticket, object]], *, jobs: int
) -> list[Evidence]:
    """Every ticket's votes and facts, in order."""
    found: list[Evidence] = []
    by_row = {row.number: ticket for row, (ticket, _) in zip(rows, tickets, strict=True)}

    async def one(row: Row) -> dict[str, object]:
        return {"evidence": await desk.gather(by_row[row.number])}

    def emit(result: dict[str, object]) -> None:
        evidence = result["evidence"]
        if isinstance(evidence, Evidence):
            found.append(evidence)

    async def all_rows() -> None:
        async with desk:
            await run_batch(rows, one, emit, jobs=jobs, title="asking labelers")

    anyio.run(all_rows)
    return found


def _saved(
    models: Mapping[str, QuestionModel], questions: Iterable[str], folder: Path
) -> dict[str, QuestionModel]:
    """The models as they will be read; what was learned before of other questions is forgotten."""
    for name in questions:
        if name not in models:
            remove_model(folder, name)
    return {name: write_model(folder, model) for name, model in models.items()}


def _failures(evidence: Iterable[Evidence]) -> Mapping[str, int]:
    """Labeler to the number of tickets on which it failed."""
    return Counter(
        vote.labeler
        for found in evidence
        for vote in found.votes
        if vote.status is VoteStatus.FAILED
    )


def _save_certificates(
    certified: Mapping[str, tuple[Certified, Certificate | None]], folder: Path
) -> None:
    """Write the certificates; old alarms end with what they were about."""
    write_certificates(folder, [c for _, c in certified.values() if c is not None])
    write_alarms(folder, {})


def _share_right(held: Sequence[Audited], rules: Rulebook, question: str) -> float | None:
    audited = [ticket for ticket in held if question in ticket.truth]
    if not audited:
        return None
    right = [
        answers_of(ticket.evidence, rules)[question].label == ticket.truth[question]
        for ticket in audited
    ]
    return sum(right) / len(right)


def _as_json(
    measured: Sequence[_Measured], certified: Mapping[str, tuple[Certified, Certificate | None]]
) -> dict[str, object]:
    return {
        "questions": {
            m.question: {
                "audited": m.audited,
                "calibrated": m.model is not None,
                "right_before": m.right_before,
                "right_after": m.right_after,
                "labelers": {}
                if m.model is None
                else {name: {"right": r, "of": n} for name, (r, n) in m.model.rights.items()},
            }
            for m in measured
        },
        "certificates": {
            action: {
                "certified": certificate is not None,
                "threshold": found.threshold,
                "n": found.n,
                "errors": found.errors,
                "upper_bound": found.upper_bound,
                "coverage": found.coverage,
                "audited": found.audited,
                "max_error": found.max_error,
                "confidence": found.confidence,
            }
            for action, (found, certificate) in certified.items()
        },
    }


def _print(
    console: Console,
    measured: Sequence[_Measured],
    certified: Mapping[str, tuple[Certified, Certificate | None]],
) -> None:
    table = Table(
        title="questions, on audited tickets held back from the fit", title_justify="left"
    )
    for heading in ("question", "audited", "right as assumed", "right as measured", "labelers"):
        table.add_column(heading)
    for m in measured:
        table.add_row(
            m.question, str(m.audited), _share(m.right_before), _share(m.right_after), _rights(m)
        )
    console.print(table)
    for action, (found, certificate) in certified.items():
        asked = f"error at most {found.max_error:.1%} with confidence {found.confidence:.0%}"
        if certificate is None:
            said = f"not certified; {found.audited} audited decisions do not show {asked}"
        else:
            said = (
                f"certified from probability {certificate.threshold:.3f} on: {asked} "
                f"({found.errors} of {found.n} wrong, bound {found.upper_bound:.1%}, covers "
                f"{found.coverage:.0%}), until {certificate.expires_at:%Y-%m-%d}"
            )
        console.print(f"{action}: {said}", markup=False)
    if not certified:
        console.print("no action asks for a certificate (autonomy: {max_error, confidence})")


def _rights(measured: _Measured) -> str:
    if measured.model is None:
        return "too few audits: as assumed"
    return ", ".join(f"{name} {r}/{n}" for name, (r, n) in measured.model.rights.items())


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
