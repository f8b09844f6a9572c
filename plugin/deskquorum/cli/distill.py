"""`deskquorum distill`: what labelers agree on teaches a model of a question."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
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
    from deskquorum.learning import Taught, Weights
    from deskquorum.reconciliation import VoteTable

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
        from deskquorum.learning import fine_tuning_lines, material, table_of, teach

        evidence, truth = source(desk, asked, jobs)
        table = table_of(asked, _others(asked, student, evidence))
        texts = [customer_text(found.ticket) for found in evidence]
        try:
            taught = teach(question, material(texts, embedder), table, truth)
        except ValueError as exc:
            raise InputError(f"{path or 'the ledger'}: {exc}") from exc
        if not dry_run:
            write_student(student.file, taught.student)
        if fine_tuning is not None:
            lines = fine_tuning_lines(asked, texts, table.labels, taught.agreed, weights=weights)
            fine_tuning.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for labeler, failed in failures(evidence).items():
        lost = f"note: {labeler} failed on {failed} of {len(evidence)} tickets; its votes are lost"
        wide_console(stderr=True).print(lost, markup=False)
    figures = _figures(table, truth, taught)
    if as_json:
        wide_console().print(json.dumps(figures), markup=False, highlight=False)
    else:
        _print(wide_console(), figures)
        if not dry_run:
            wide_console().print(f"written to {student.file}", markup=False)
    return 0


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


def _figures(table: VoteTable, truth: Mapping[str, str], taught: Taught) -> dict[str, object]:
    """How often each is right on audited tickets that did not teach it."""
    audited = [place for place, item in enumerate(table.items) if item in truth]
    right = [table.labels.index(truth[table.items[place]]) for place in audited]
    single = {
        name: sum(
            bool(((table.item == place) & (table.labeler == n) & (table.label == label)).any())
            for place, label in zip(audited, right, strict=True)
        )
        for n, name in enumerate(table.labelers)
    }
    by_votes = taught.reconciled[audited].argmax(axis=1) == right
    by_student = taught.held_out[audited].argmax(axis=1) == right
    return {
        "question": taught.student.question,
        "texts": len(table.items),
        "audited": len(audited),
        "calibrated": taught.calibrated,
        "labelers": single,
        "reconciled": int(by_votes.sum()),
        "student": int(by_student.sum()),
        "review_below": taught.student.review_below,
        "temperature": taught.student.temperature,
    }


def _print(console: Console, figures: Mapping[str, object]) -> None:
    audited, labelers = figures["audited"], figures["labelers"]
    table = Table(
        title=f"{figures['question']}: right of {audited} audited tickets that did not teach it",
        title_justify="left",
    )
    table.add_column("who")
    table.add_column("right", justify="right")
    if isinstance(labelers, Mapping):
        for name, right in labelers.items():
            table.add_row(str(name), str(right))
    table.add_row("votes, reconciled", str(figures["reconciled"]))
    table.add_row("student", str(figures["student"]))
    console.print(table)
    if not figures["calibrated"]:
        console.print("too few audited tickets: its probabilities are not calibrated")
    console.print(f"below {figures['review_below']:.3f} it abstains")
