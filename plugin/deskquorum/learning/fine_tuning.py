"""Reconciled labels as a file that hosted models are fine-tuned with (OpenAI's chat format)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from deskquorum.domain import Question

__all__ = ["fine_tuning_lines"]

_MOST = 4
"""Times that a text which labelers agree on stands in the file; such files know no weights."""


def fine_tuning_lines(
    question: Question,
    texts: Sequence[str],
    labels: Sequence[str],
    agreed: NDArray[np.float64],
) -> Iterator[str]:
    """One JSON line for each time that a text is to be taught, surer ones more often.

    Args:
        question: What is asked.
        texts: Redacted.
        labels: Columns of `agreed`.
        agreed: Texts x labels; rows sum to 1.
    """
    choices = "\n".join(f"- {name}: {said}" for name, said in question.labels.items())
    system = f"{question.ask}\nAnswer with one of:\n{choices}"
    chance = 1 / len(labels)
    for text, row in zip(texts, agreed, strict=True):
        sure = (float(row.max()) - chance) / (1 - chance)
        line = {
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": text},
                {"role": "assistant", "content": labels[int(row.argmax())]},
            ]
        }
        for _ in range(round(_MOST * sure**2)):
            yield json.dumps(line, ensure_ascii=False)
