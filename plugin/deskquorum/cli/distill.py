"""`deskquorum distill`: what labelers agree on teaches a model of a question."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from deskquorum.cli.audited import audited_tickets, failures, gathered
from deskquorum.cli.batch import read_rows, wide_console
from deskquorum.cli.extras import needing_learn
from deskquorum.desk import Desk, load_desk
from deskquorum.domain import Evidence, Question, Vote
from deskquorum.errors import InputError
from deskquorum.labeling import load_embedder, write_student
from deskquorum.policy import StudentSpec
from deskquorum.reading import customer_text

if TYPE_CHECKING:
    from deskquorum.learning import Interval, Recovery, Taught, Weights

__all__ = ["distill_question"]


def distill_question(
    path: Path | None,
    *,
    folder: Path,
    question: str,
    fine_tuning: Path | None,
    weights: Weights,
    model_url: str | None,
    models: bool,
    jobs: int,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Teach a question's student from past tickets, a few of them audited.

    Without a path these are the ledger's, with the votes that were cast then.

    Raises:
        ConfigError: Rows that can't be used, all of them, before anything is asked or written.
        InputError: The question has no student, the file can't be read, or something that this
            needs is not installed.
    """
    desk = load_desk(folder, model_url=model_url, models=models, keys=os.environ)
    specs = desk.parts.desk.labelers.values()
    asked, student = _student_of(specs, desk.parts.rules.questions, question)
    source = _of_ledger if path is None else partial(_of_file, path)
    embedder = load_embedder()
    if embedder is None:
        raise InputError("wordllama is not installed; install it with: pip install wordllama")
    with needing_learn():
        from deskquorum import learning

        evidence, truth = source(desk, asked, jobs)
        table = learning.table_of(asked, _others(asked, student, evidence))
        texts = [customer_text(found.ticket) for found in evidence]
        try:
            of = learning.material(texts, embedder)
            taught = learning.teach(question, of, table, truth)
        except ValueError as exc:
            raise InputError(f"{path or 'the ledger'}: {exc}") from exc
        measured = learning.recovery(of, table, truth, taught) if truth else None
        if not dry_run:
            write_student(student.file, taught.student)
        if fine_tuning is not None:
            lines = learning.fine_tuning_lines(
                asked, texts, table.labels, taught.agreed, weights=weights
            )
            fine_tuning.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    _tell_failures(evidence)
    if as_json:
        figures = _figures(taught, texts=len(texts), audited=len(truth), measured=measured)
        wide_console().print(json.dumps(figures), markup=False, highlight=False)
    else:
        _print(wide_console(), taught, audited=len(truth), measured=measured)
        if not dry_run:
            wide_console().print(f"written to {student.file}", markup=False)
    return 0


def _tell_failures(evidence: Sequence[Evidence]) -> None:
    for labeler, failed in failures(evidence).items():
        lost = f"note: {labeler} failed on {failed} of {len(evidence)} tickets; its votes are lost"
        wide_console(stderr=True).print(lost, markup=False)


_Past = tuple[Sequence[Evidence], Mapping[str, str]]
"""Past tickets, and what is right of the audited ones."""


def _of_file(path: Path, desk: Desk, asked: Question, jobs: int) -> _Past:
    rows = read_rows(path)
    tickets = audited_tickets(path, rows, {asked.id: asked}, least=0)
    truth = {ticket.id: right[asked.id] for ticket, right in tickets if asked.id in right}
    return gathered(desk, rows, tickets, jobs=jobs), truth


def _of_ledger(desk: Desk, asked: Question, _: int) -> _Past:
    from deskquorum.learning import VALID_FOR, teaching_decisions

    return teaching_decisions(desk.ledger, asked, since=datetime.now(UTC) - VALID_FOR)


def _student_of(
    specs: Iterable[object], questions: Mapping[str, Question], question: str
) -> tuple[Question, StudentSpec]:
    if question not in questions:
        raise InputError(f"no question '{question}'; the desk asks {', '.join(questions)}")
    for spec in specs:
        if isinstance(spec, StudentSpec) and spec.question == question:
            return questions[question], spec
    raise InputError(
        f"question '{question}' has no student; add a labeler to desk.yaml, such as"
        f" `{question}-student: {{kind: student, accuracy: 0.8}}`, and name it in the question"
    )


def _others(
    question: Question, student: StudentSpec, evidence: Iterable[Evidence]
) -> dict[str, tuple[Vote, ...]]:
    """The votes of the others: a student that taught itself would only grow surer."""
    from deskquorum.learning import measured_votes

    return {
        found.ticket.id: tuple(
            v for v in measured_votes(question, found.votes) if v.labeler != student.id
        )
        for found in evidence
    }


def _figures(
    taught: Taught, *, texts: int, audited: int, measured: Recovery | None
) -> dict[str, object]:
    """What is told of a student, for scripts."""
    return {
        "question": taught.student.question,
        "texts": texts,
        "audited": audited,
        "calibrated": taught.calibrated,
        "review_below": taught.student.review_below,
        "temperature": taught.student.temperature,
        "measured": None if measured is None else asdict(measured),
    }


def _print(console: Console, taught: Taught, *, audited: int, measured: Recovery | None) -> None:
    """A table of who is right how often, and what the student makes of it."""
    from deskquorum.learning import LEAST_FOR_CEILING

    if measured is None:
        console.print("no audited tickets: nobody knows how often the student is right")
    else:
        table = Table(
            title=f"{taught.student.question}: share right of {audited} audited tickets that did"
            " not teach it, 95% intervals",
            title_justify="left",
        )
        table.add_column("who")
        table.add_column("right", justify="right")
        for who, share in (
            (f"weak: {measured.weak_labeler}, the best labeler", measured.weak),
            ("votes, reconciled", measured.reconciled),
            ("student", measured.student),
            ("ceiling: taught by audits alone", measured.ceiling),
            ("performance gap recovered", measured.recovered),
        ):
            table.add_row(who, _told(share))
        console.print(table)
        if measured.ceiling is None:
            told = f"not enough audited tickets for a ceiling: {audited} of {LEAST_FOR_CEILING}"
            console.print(told, highlight=False)
        elif measured.recovered is None:
            console.print("the ceiling is not surely above the best labeler: no gap to recover")
    if not taught.calibrated:
        console.print("too few audited tickets: its probabilities are not calibrated")
    console.print(f"below {taught.student.review_below:.3f} it abstains")


def _told(share: Interval | None) -> str:
    return "-" if share is None else f"{share.mean:.3f}  ({share.low:.3f} to {share.high:.3f})"
