"""Votes on a ticket to the rows of a backfill: one for each question."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deskquorum.domain import JsonValue, Vote, VoteStatus
from deskquorum.formats import answer_row
from deskquorum.judgement import Rulebook, answer_to

__all__ = ["RowId", "counts_of", "label_rows", "lost_rows", "to_lines"]

RowId = Mapping[str, object]
"""What tells whose row it is: `id`, and of a recorded decision `decision_id`."""


def label_rows(
    whose: RowId, votes: Sequence[Vote], questions: Iterable[str], rules: Rulebook
) -> Iterator[dict[str, object]]:
    """One row for each question, with its reconciled answer and the votes behind it."""
    for name in questions:
        cast = [vote for vote in votes if vote.question == name]
        answer = answer_to(rules.questions[name], cast, rules)
        yield {**whose, "question": name, **answer_row(answer, cast)}


def lost_rows(whose: RowId, questions: Iterable[str], why: str) -> Iterator[dict[str, object]]:
    """The rows of a ticket about which nobody could be asked."""
    for name in questions:
        nothing: dict[str, object] = {
            "label": None,
            "probability": 0.0,
            "settled": False,
            "votes": [],
        }
        yield {**whose, "question": name, **nothing, "error": why}


def counts_of(rows: Iterable[Mapping[str, object]], votes: Iterable[Vote]) -> dict[str, JsonValue]:
    """What the final report counts; such counts of several chunks are added up."""
    kept = list(rows)
    failed = Counter(vote.labeler for vote in votes if vote.status is VoteStatus.FAILED)
    return {
        "rows": len(kept),
        "answered": sum(row["label"] is not None for row in kept),
        "errors": sum("error" in row for row in kept),
        "failed_votes": dict(sorted(failed.items())),
    }


def to_lines(rows: Iterable[Mapping[str, object]]) -> str:
    """JSON Lines; text that UTF-8 can't hold is escaped."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return lines.encode("utf-8", "backslashreplace").decode("utf-8")
