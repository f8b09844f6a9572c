"""What `deskquorum distill` teaches: a linear model over a text's wording, and what it is like."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    from deskquorum.labeling.embedding import Embedder
    from deskquorum.labeling.likeness import Likeness
    from deskquorum.labeling.wording import Wording

__all__ = ["Student", "traces"]

_BY_LIKENESS = 0.3
"""Share of what past texts like this one were held for; the rest is the linear model's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Student:
    """What was taught of one question."""

    question: str
    labels: tuple[str, ...]
    wording: Wording
    coefficients: npt.NDArray[np.float32]
    """Labels x numbers of the wording."""
    intercept: npt.NDArray[np.float32]
    """Labels."""
    likeness: Likeness
    temperature: float
    """Log-odds are divided by it: above 1 where it was too sure of itself on audited tickets."""
    review_below: float
    """Probability of the likeliest label below which it abstains."""
    tickets: frozenset[str]
    """Traces of the ids of the tickets that taught it, audited or not: on these nothing may be
    measured, for it knows them better than new ones."""

    def was_taught(self, ticket: str) -> bool:
        """Whether this ticket, audited or not, taught it; `ticket` is its id."""
        return not self.tickets.isdisjoint(traces([ticket]))

    def probabilities(self, texts: Sequence[str], embedder: Embedder) -> npt.NDArray[np.float64]:
        """What it holds of texts; shape (texts, labels), rows sum to 1."""
        import numpy as np

        logs = np.log(self.untempered(self.wording.read(texts, embedder))) / self.temperature
        return _shares(logs)

    def untempered(self, read: csr_matrix) -> npt.NDArray[np.float64]:
        """The same before its temperature, of texts that were read; all above 0."""
        import numpy as np

        scores = np.asarray(read @ self.coefficients.T + self.intercept, dtype=np.float64)
        like = self.likeness.probabilities(self.wording.meaning(read))
        return (1 - _BY_LIKENESS) * _shares(scores) + _BY_LIKENESS * like


def _shares(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    import numpy as np

    found = np.exp(scores - scores.max(axis=1, keepdims=True))
    sums: npt.NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
    return sums


def traces(tickets: Iterable[str]) -> frozenset[str]:
    """By which tickets are known again without their ids."""
    return frozenset(hashlib.sha256(ticket.encode()).hexdigest()[:16] for ticket in tickets)
