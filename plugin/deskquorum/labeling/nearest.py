"""A labeler that votes for the label of the nearest past tickets and label descriptions.

Each example votes by its nearness; kernel ridge regression (Saunders, Gammerman and Vovk 1998)
sets how much, so that ten examples that say the same do not count ten times. Descriptions weigh in
as long as examples are few.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from deskquorum.domain import Deadline, Question, RedactedTicket, Vote, VoteStatus
from deskquorum.errors import PolicyFileError, Problem
from deskquorum.labeling.embedding import Embedder, Vectors, unit_rows
from deskquorum.policy import NearestSpec
from deskquorum.reading import readable, unmarked

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_LEAST_WORDS = 3
"""Shorter sentences, greetings mostly, say too little to be read alone."""

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Example", "NearestLabeler"]

_WIDTH = 0.4
"""Cosine distance at which an example's nearness falls by e."""

_RIDGE = 0.3
"""How far a single example is distrusted."""

_TEMPERATURE = 0.07
"""Turns scores into probabilities."""

_DESCRIPTION_TEMPERATURE = 0.1
"""The same for cosines to the labels' descriptions."""

_ENOUGH_EXAMPLES = 15
"""Examples a label at which its description counts half. All five constants were chosen on past
tickets of two public sets, not on the tickets that measure them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with its right label."""

    text: str
    label: str


class NearestLabeler:
    """Kernel vote of the nearest examples; gives a distribution over the question's labels."""

    def __init__(
        self,
        labeler: str,
        question: Question,
        *,
        embedder: Embedder,
        examples: Sequence[Example],
        descriptions: bool = True,
        calm: str | None = None,
        abstain_below: float | None = None,
        wave: int = 1,
        family: str = "embeddings",
    ) -> None:
        """Embed the examples once.

        Args:
            labeler: Id of the labeler.
            question: What is answered.
            embedder: Gives the vectors.
            examples: Past tickets with their labels.
            descriptions: Whether the labels' descriptions weigh in; they always do where there
                are no examples.
            calm: The label of nothing special. With it each sentence is read by itself and the
                one least like it decides: a danger in passing drowns in a whole mail.
            abstain_below: Least cosine of the nearest one; None always votes.
            wave: When it is asked.
            family: Shared by labelers that err together.
        """
        self.id = labeler
        self.question = question.id
        self.wave = wave
        self.family = family
        self._labels = tuple(question.labels)
        self._calm = calm
        self._abstain_below = abstain_below
        self._embedder = embedder
        described = [f"{name}: {said}" for name, said in question.labels.items()]
        both = embedder.embed([*described, *(example.text for example in examples)])
        vectors = both[len(described) :]
        worded = [place for place, vector in enumerate(vectors) if vector.any()]
        known, vectors = [examples[place] for place in worded], vectors[worded]
        # Mail of one desk shares a direction that says nothing; a few descriptions hide it.
        self._centre = vectors.mean(axis=0) if known else both[0] * 0
        self._vectors = unit_rows(vectors - self._centre)
        places = [self._labels.index(example.label) for example in known]
        self._say = _say(self._vectors, places, len(self._labels))
        self._described = unit_rows(both[: len(described)] - self._centre)
        weighs = descriptions or not known
        self._trust = weighs / (1 + len(known) / len(self._labels) / _ENOUGH_EXAMPLES)

    @classmethod
    def load(cls, spec: NearestSpec, question: Question, embedder: Embedder) -> Self:
        """A labeler as `desk.yaml` names it.

        Raises:
            PolicyFileError: Every malformed line of its examples.
        """
        return cls(
            spec.id,
            question,
            embedder=embedder,
            examples=() if spec.examples is None else _examples(spec, spec.examples, question),
            descriptions=spec.descriptions,
            calm=spec.calm,
            abstain_below=spec.abstain_below,
            wave=spec.wave,
            family=spec.family,
        )

    async def vote(self, ticket: RedactedTicket, *, deadline: Deadline) -> Vote:  # noqa: ARG002 - takes no time
        """Compare the customer's words with every example."""
        started = time.perf_counter()
        text = "\n".join(readable(m.text) for m in ticket.messages if m.role == "customer")
        distribution = self._read(text)
        label = max(distribution, key=lambda name: distribution[name]) if distribution else None
        return Vote(
            question=self.question,
            labeler=self.id,
            status=VoteStatus.ABSTAINED if label is None else VoteStatus.CAST,
            label=label,
            distribution=distribution,
            family=self.family,
            latency_ms=round((time.perf_counter() - started) * 1000),
        )

    def _read(self, text: str) -> dict[str, float]:
        calm = self._calm
        if calm is None:
            return self._distribution(text)
        sentences = (s for s in _SENTENCE_END.split(text) if len(s.split()) >= _LEAST_WORDS)
        readings = [reading for s in sentences if (reading := self._distribution(s))]
        return min(readings, key=lambda r: r[calm], default=self._distribution(text))

    def _distribution(self, text: str) -> dict[str, float]:
        """Label to its share of the vote; empty when nothing is near or the text has no words."""
        import numpy as np

        vector = self._embedder.embed([unmarked(text)])
        if not vector.any():
            return {}
        centred = unit_rows(vector - self._centre)[0]
        cosines, to_labels = self._vectors @ centred, self._described @ centred
        nearest = max(cosines.max(initial=-1.0), to_labels.max() if self._trust else -1.0)
        if self._abstain_below is not None and float(nearest) < self._abstain_below:
            return {}
        scores = _nearness(cosines) @ self._say / _TEMPERATURE
        scores += self._trust * to_labels / _DESCRIPTION_TEMPERATURE
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        # Rounded, so that no long run of digits in a record looks like a card number.
        return {
            label: round(share, 6)
            for label, share in zip(self._labels, shares.tolist(), strict=True)
        }


def _say(vectors: Vectors, places: Sequence[int], labels: int) -> npt.NDArray[np.float64]:
    """How much each example says for each label; shape (examples, labels)."""
    import numpy as np

    truth = np.eye(labels)[list(places)]
    nearness = _nearness(vectors @ vectors.T)
    say = np.linalg.solve(nearness + _RIDGE * np.eye(len(truth)), truth)
    return say.astype(np.float64)


def _nearness(cosines: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    import numpy as np

    return np.exp((cosines.astype(np.float64) - 1) / _WIDTH)


def _examples(spec: NearestSpec, path: Path, question: Question) -> list[Example]:
    problems: list[Problem] = []
    taken: Counter[str] = Counter()
    examples = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            example = _example(spec, line, question)
        except ValueError as exc:
            problems.append(Problem(path=str(path), line=number, message=str(exc)))
            continue
        if example is not None and taken[example.label] != spec.per_label:
            taken[example.label] += 1
            examples.append(example)
    if problems:
        raise PolicyFileError(problems)
    return examples


def _lines(path: Path) -> list[str]:
    try:
        # Not `splitlines`: JSON texts may hold other line breaks than the one between rows.
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as exc:
        problem = Problem(path=str(path), message=f"can't be read: {exc.strerror}")
    except UnicodeDecodeError:
        problem = Problem(path=str(path), message="not UTF-8", hint="save it as UTF-8")
    raise PolicyFileError([problem])


def _example(spec: NearestSpec, line: str, question: Question) -> Example | None:
    """An example, or None for a row that has no label.

    Raises:
        ValueError: Says what is wrong with the row.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise ValueError("not JSON; write one object a line") from exc
    if not isinstance(row, dict) or not isinstance(row.get(spec.text), str):
        raise ValueError(f"expected an object with the texts '{spec.text}' and '{spec.label}'")  # noqa: TRY004 - told as a problem
    label = row.get(spec.label)
    if label is None:
        return None
    if not isinstance(label, str) or label not in question.labels:
        labels = ", ".join(question.labels)
        raise ValueError(f"question '{question.id}' has no label '{label}'; it has {labels}")
    return Example(text=row[spec.text], label=label)
