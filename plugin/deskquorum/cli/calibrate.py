"""`deskquorum calibrate`: audited tickets to measured labelers and certificates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from deskquorum.cli.audited import asked_again, audited_tickets, failures, gathered
from deskquorum.cli.batch import read_rows, wide_console
from deskquorum.cli.extras import needing_learn
from deskquorum.desk import Desk, load_desk
from deskquorum.domain import Evidence
from deskquorum.errors import InputError
from deskquorum.judgement import Rulebook, answers_of
from deskquorum.labeling import StudentLabeler, load_embedder
from deskquorum.novelty import fit_reference, remove_reference, write_reference
from deskquorum.reading import customer_text
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
    path: Path | None,
    *,
    folder: Path,
    model_url: str | None,
    models: bool,
    jobs: int,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Measure labelers on audited tickets and certify actions; returns 1 when none is certified.

    Args:
        path: File of audited tickets; None takes what people said of recorded decisions.
        folder: The desk folder.
        model_url: Where models run that `desk.yaml` calls local.
        models: False leaves prompt labelers out.
        jobs: Tickets that are worked on at the same time.
        dry_run: Write nothing.
        as_json: Print JSON.

    Raises:
        ConfigError: Rows that can't be used, all of them, before anything is asked or written.
        InputError: The file can't be read, there are no labels in the ledger, or the extra `learn`
            is not installed.
    """
    desk = load_desk(folder, model_url=model_url, models=models, keys=os.environ)
    source = _of_ledger if path is None else partial(_of_file, path)
    evidence, fitting, held, drawn = source(desk, jobs)
    with needing_learn():
        from deskquorum.learning import certify_actions, fit_models

        now = datetime.now(UTC)
        assumed = replace(desk.parts.rules, learned=Learned())
        fitted = fit_models(fitting, assumed, fitted_at=now, drawn=drawn)
        if not dry_run:
            _save_reference(drawn, desk.parts.learned_path, made_at=now)
            fitted = _saved(fitted, assumed.questions, desk.parts.learned_path)
        rules = replace(assumed, learned=Learned(models=fitted))
        certified = certify_actions(held, rules, issued_at=now)
        if not dry_run:
            _save_certificates(certified, desk.parts.learned_path)
    measured = [
        _Measured(
            question=name,
            audited=sum(name in ticket.truth for ticket in (*fitting, *held)),
            right_before=_share_right(held, assumed, name),
            right_after=_share_right(held, rules, name),
            model=fitted.get(name),
        )
        for name in rules.questions
    ]
    _tell_of_failures(evidence)
    if as_json:
        wide_console().print_json(data=_as_json(measured, certified))
    else:
        _print(wide_console(), measured, certified)
        if not dry_run:
            wide_console().print(f"written to {desk.parts.learned_path}", markup=False)
    return int(all(certificate is None for _, certificate in certified.values()))


def _tell_of_failures(evidence: Sequence[Evidence]) -> None:
    for labeler, failed in failures(evidence).items():
        lost = f"note: {labeler} failed on {failed} of {len(evidence)} tickets; its votes are lost"
        wide_console(stderr=True).print(lost, markup=False)


_Halves = tuple[Sequence[Evidence], Sequence["Audited"], Sequence["Audited"], Sequence[Evidence]]
"""All evidence, what is fitted on, what is held back to certify on, and what stands for all tickets
that come in."""


def _of_file(path: Path, desk: Desk, jobs: int) -> _Halves:
    rows = read_rows(path)
    tickets = audited_tickets(path, rows, desk.parts.rules.questions)
    with needing_learn():
        evidence = gathered(desk, rows, tickets, jobs=jobs)
        fitting, held = _halves(desk, evidence, [truth for _, truth in tickets])
    return evidence, fitting, held, evidence


def _of_ledger(desk: Desk, jobs: int) -> _Halves:
    """What was reviewed or chosen only helps to fit: bounds and mixes are of random draws."""
    with needing_learn():
        from deskquorum.learning import VALID_FOR, evened, labelled_decisions

        since = datetime.now(UTC) - VALID_FOR
        drawn, reviewed = labelled_decisions(desk.ledger, desk.parts.rules, since=since)
        audits, others = evened(drawn), evened(reviewed)
        if not (audits or others):
            raise InputError("nobody labelled a decision of the last 90 days; see: audit sample")
        counted = (
            f"note: {len(audits)} of {len(drawn)} drawn and {len(others)} of {len(reviewed)} "
            "reviewed or chosen tickets count, so that each kind counts as often as it came in"
        )
        wide_console(stderr=True).print(counted, markup=False)
        both = [*audits, *others]
        evidence = asked_again(desk, [one.evidence for one in both], jobs=jobs)
        truths, n = [one.truth for one in both], len(audits)
        fitting, held = _halves(desk, evidence[:n], truths[:n])
        more = _halves(desk, evidence[n:], truths[n:])
    return evidence, [*fitting, *more[0], *more[1]], held, evidence[:n]


def _halves(
    desk: Desk, evidence: Sequence[Evidence], truths: Sequence[Mapping[str, str]]
) -> tuple[Sequence[Audited], Sequence[Audited]]:
    from deskquorum.learning import Audited, halves, unseen

    audited = [Audited(evidence=e, truth=t) for e, t in zip(evidence, truths, strict=True)]
    students = [one for one in desk.parts.labelers if isinstance(one, StudentLabeler)]
    return halves(unseen(audited, students), students)


def _saved(
    models: Mapping[str, QuestionModel], questions: Iterable[str], folder: Path
) -> dict[str, QuestionModel]:
    """The models as they will be read; what was learned before of other questions is forgotten."""
    for name in questions:
        if name not in models:
            remove_model(folder, name)
    return {name: write_model(folder, model) for name, model in models.items()}


def _save_certificates(
    certified: Mapping[str, tuple[Certified, Certificate | None]], folder: Path
) -> None:
    """Write the certificates; old alarms end with what they were about."""
    write_certificates(folder, [c for _, c in certified.values() if c is not None])
    write_alarms(folder, ())


def _save_reference(evidence: Sequence[Evidence], folder: Path, *, made_at: datetime) -> None:
    """Keep what the measured tickets were like; of too few nothing is known."""
    texts = [customer_text(found.ticket) for found in evidence]
    embedder = load_embedder()
    reference = fit_reference(texts, None if embedder is None else embedder.embed, made_at=made_at)
    if reference is None:
        remove_reference(folder)
    else:
        write_reference(folder, reference)


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
