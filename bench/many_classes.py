"""Votes of our own labelers on questions with many classes, as one more source of sets.

Ten nearest-example labelers answer the `intent` of 2,000 past tickets. Each knows its own random
draw of the other tickets, few or many, with or without the label descriptions; three abstain when
nothing is near. They all stand on one embedding, so they form one family.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import anyio
import numpy as np
from vote_sets import VoteSet

from deskquorum.domain import Deadline, Message, Question, RedactedTicket
from deskquorum.labeling.embedding import load_embedder
from deskquorum.labeling.nearest import Example, NearestLabeler
from deskquorum.reconciliation.vote_table import vote_table

__all__ = ["many_class_sets"]

_ITEMS = 2000
_SHARES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.0)
"""Share of the example tickets that each labeler knows; the last has descriptions alone."""
_SHY = {1: 0.5, 4: 0.5, 7: 0.6}
"""Labeler to the cosine below which it abstains."""
_UNDESCRIBED = (2, 5, 8)

_Row: TypeAlias = dict[str, str]


def many_class_sets(folder: Path) -> list[VoteSet]:
    """One set for each `*_pool.jsonl` of a folder; the votes are cast here and now."""
    return [
        anyio.run(_vote_set, path.name.removesuffix("_pool.jsonl"), _shuffled(path))
        for path in sorted(folder.glob("*_pool.jsonl"))
    ]


def _shuffled(path: Path) -> list[_Row]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    random.Random(0).shuffle(rows)  # noqa: S311 - a draw that anybody can repeat
    return rows


async def _vote_set(name: str, rows: Sequence[_Row]) -> VoteSet:
    asked, known = rows[:_ITEMS], rows[_ITEMS:]
    labelers = list(_labelers(_question(rows), known))
    deadline = Deadline.after(3600)
    votes = []
    for number, row in enumerate(asked):
        ticket = _ticket(str(number), row["text"])
        for labeler in labelers:
            vote = await labeler.vote(ticket, deadline=deadline)
            if vote.label is not None:
                votes.append((ticket.id, labeler.id, vote.label))
    items = tuple(str(number) for number in range(len(asked)))
    table = vote_table(votes, items=items, labels={row["intent"] for row in rows})
    truth = [table.labels.index(row["intent"]) for row in asked]
    return VoteSet(name=f"{name}_intent", table=table, truth=np.array(truth, dtype=np.int64))


def _question(rows: Sequence[_Row]) -> Question:
    intents = sorted({row["intent"] for row in rows})
    labels = {intent: intent.replace("_", " ") for intent in intents}
    return Question(id="intent", ask="What does the customer want?", labels=labels, labelers=())


def _labelers(question: Question, known: Sequence[_Row]) -> Iterator[NearestLabeler]:
    embedder = load_embedder()
    if embedder is None:
        raise SystemExit("these votes need embeddings: pip install 'deskquorum[local]'")
    examples = [Example(text=row["text"], label=row["intent"]) for row in known]
    for number, share in enumerate(_SHARES):
        drawn = random.Random(number).sample(examples, round(share * len(examples)))  # noqa: S311 - the same
        yield NearestLabeler(
            f"nearest/{number}",
            question,
            embedder=embedder,
            examples=drawn,
            descriptions=number not in _UNDESCRIBED,
            abstain_below=_SHY.get(number),
        )


def _ticket(name: str, text: str) -> RedactedTicket:
    message = Message(role="customer", text=text, at=datetime.now(UTC))
    return RedactedTicket(id=name, messages=(message,), languages=("en",))
