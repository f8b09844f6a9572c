"""A labeler that `deskquorum distill` taught from the votes of the others.

It knows no more than its file: a linear model over a text's wording. What it is not sure of, or
what is unlike anything that it was taught on, it leaves to others (the needs-review class).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from deskquorum.domain import Deadline, Question, RedactedTicket, Vote, VoteStatus
from deskquorum.labeling.student_file import read_student
from deskquorum.reading import customer_text

if TYPE_CHECKING:
    from deskquorum.labeling.embedding import Embedder
    from deskquorum.labeling.student_model import Student
    from deskquorum.policy import StudentSpec

__all__ = ["StudentLabeler"]


class StudentLabeler:
    """Votes with a distribution over the question's labels, or abstains."""

    def __init__(
        self,
        labeler: str,
        student: Student,
        *,
        embedder: Embedder,
        wave: int = 1,
        family: str = "student",
    ) -> None:
        """Take what was taught.

        Args:
            labeler: Id of the labeler.
            student: What was taught.
            embedder: The one that it was taught with.
            wave: When it is asked.
            family: Shared by labelers that err together.
        """
        self.id = labeler
        self.question = student.question
        self.wave = wave
        self.family = family
        self.student = student
        self._embedder = embedder

    @classmethod
    def load(cls, spec: StudentSpec, question: Question, embedder: Embedder) -> Self | None:
        """A labeler as `desk.yaml` names it; None as long as nothing was taught.

        Raises:
            ConfigError: Its file can't be used.
        """
        student = read_student(spec.file, question)
        if student is None:
            return None
        return cls(spec.id, student, embedder=embedder, wave=spec.wave, family=spec.family)

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:  # noqa: ARG002 - takes no time
        """Read the customer's words."""
        started = time.perf_counter()
        text = customer_text(ticket)
        found = self.student.probabilities([text], self._embedder)[0].tolist()
        # Rounded, so that no long run of digits in a record looks like a card number.
        shares = {
            label: round(share, 6) for label, share in zip(self.student.labels, found, strict=True)
        }
        label = max(shares, key=lambda name: shares[name])
        sure = shares[label] >= self.student.review_below and bool(text.strip())
        return Vote(
            question=self.question,
            labeler=self.id,
            status=VoteStatus.CAST if sure else VoteStatus.ABSTAINED,
            label=label if sure else None,
            distribution=shares if sure else {},
            family=self.family,
            latency_ms=round((time.perf_counter() - started) * 1000),
        )
