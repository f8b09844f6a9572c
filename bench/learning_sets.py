"""The sets that `bench/learning.py` learns from, with the votes of a desk that needs no model."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import anyio
import numpy as np
from label_tickets import QUESTION, Set, add_rules
from numpy.typing import NDArray

from deskquorum import load_desk
from deskquorum.cli.init import make_desk
from deskquorum.domain import Question, Vote, VoteStatus
from deskquorum.formats import ticket_of_text
from deskquorum.labeling import Student
from deskquorum.learning import measured_votes, table_of
from deskquorum.reconciliation import VoteTable

__all__ = ["Bools", "Data", "Floats", "Ints", "Voted", "read_set", "student_vote"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voted:
    """Rows with the votes cast on them."""

    texts: list[str]
    truth: Ints
    """-1 where no route is right."""
    votes: list[tuple[Vote, ...]]
    table: VoteTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Data:
    """One set."""

    question: Question
    labels: tuple[str, ...]
    """As tables and students are coded."""
    accuracies: Mapping[str, float]
    """That the desk assumes of its labelers."""
    pool: Voted
    dev: Voted

    @property
    def known(self) -> Bools:
        """Dev rows that have a right route."""
        found: Bools = self.dev.truth >= 0
        return found

    def single(self, labeler: int) -> float:
        """One labeler's accuracy over the rows with a right route; no vote is no right answer."""
        table = self.dev.table
        mine = table.labeler == labeler
        said = np.full(len(table.items), -2)
        said[table.item[mine]] = table.label[mine]
        return float((said == self.dev.truth)[self.known].mean())


def read_set(tickets: Set) -> Data:
    """Have the labelers of a desk as `init` makes it, and its word lists, vote on all rows."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / tickets.name
        with contextlib.redirect_stdout(io.StringIO()):
            make_desk(
                folder,
                labels=tickets.file("routes.json"),
                examples=None,
                question=QUESTION,
                per_label=None,
            )
        if tickets.rules.is_file():
            add_rules(folder, tickets, nearest=True)
        return anyio.run(_voted_on, folder, tickets)


def student_vote(student: Student, row: Floats) -> Vote:
    """A student's vote as the desk's labeler casts it, of its probabilities."""
    sure = row.max() >= student.review_below
    return Vote(
        question=QUESTION,
        labeler="student",
        family="student",
        status=VoteStatus.CAST if sure else VoteStatus.ABSTAINED,
        label=student.labels[int(row.argmax())] if sure else None,
        distribution=dict(zip(student.labels, row.tolist(), strict=True)) if sure else {},
    )


async def _voted_on(folder: Path, tickets: Set) -> Data:
    async with load_desk(folder, models=False) as desk:
        rules = desk.parts.rules
        question = rules.questions[QUESTION]
        parts = []
        for part in ("pool.jsonl", "dev.jsonl"):
            rows = tickets.rows(part)
            now, votes = datetime.now(UTC), []
            for number, row in enumerate(rows):
                ticket = ticket_of_text({"text": row["text"]}, now=now, number=number)
                votes.append((await desk.label(ticket, QUESTION)).votes)
            parts.append(_voted(question, rows, votes))
    pool, dev = parts
    return Data(
        question=question,
        labels=pool.table.labels,
        accuracies=rules.accuracies,
        pool=pool,
        dev=dev,
    )


def _voted(
    question: Question,
    rows: Sequence[Mapping[str, str | None]],
    votes: Sequence[tuple[Vote, ...]],
) -> Voted:
    cast = {f"{n}": measured_votes(question, found) for n, found in enumerate(votes)}
    table = table_of(question, cast)
    places = {label: place for place, label in enumerate(table.labels)}
    return Voted(
        texts=[str(row["text"]) for row in rows],
        truth=np.array([places.get(str(row[QUESTION]), -1) for row in rows], dtype=np.int64),
        votes=list(votes),
        table=table,
    )
