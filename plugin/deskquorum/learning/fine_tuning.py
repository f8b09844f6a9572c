"""Reconciled labels as a file that hosted models are fine-tuned with (OpenAI's chat format)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray

from deskquorum.domain import Question

__all__ = ["Weights", "fine_tuning_lines"]

Weights = Literal["repeats", "sampled"]
"""How surer texts are taught more in files that know no weights: more often, or more likely."""

_MOST = 4
"""Times that a text which labelers agree on stands in the file, by repeats."""


def fine_tuning_lines(
    question: Question,
    texts: Sequence[str],
    labels: Sequence[str],
    agreed: NDArray[np.float64],
    *,
    weights: Weights = "repeats",
) -> Iterator[str]:
    """One JSON line for each time that a text is to be taught; the same each time.

    Args:
        question: What is asked.
        texts: Redacted.
        labels: Columns of `agreed`.
        agreed: Texts x labels; rows sum to 1.
        weights: A sure text stands there up to four times (`repeats`), or each text once at most,
            the surer the likelier (`sampled`). One at chance stands there in neither way.
    """
    choices = "\n".join(f"- {name}: {said}" for name, said in question.labels.items())
    system = f"{question.ask}\nAnswer with one of:\n{choices}"
    for text, row, times in zip(texts, agreed, _times(agreed, weights), strict=True):
        line = {
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": text},
                {"role": "assistant", "content": labels[int(row.argmax())]},
            ]
        }
        for _ in range(times):
            yield json.dumps(line, ensure_ascii=False)


def _times(agreed: NDArray[np.float64], weights: Weights) -> Iterator[int]:
    """How often each text stands in the file."""
    chance = 1 / agreed.shape[1]
    wanted = ((agreed.max(axis=1) - chance) / (1 - chance)) ** 2
    match weights:
        case "repeats":
            return (round(float(share)) for share in _MOST * wanted)
        case "sampled":
            drawn = np.random.default_rng(0).random(len(wanted))
            return (int(kept) for kept in drawn < wanted)
        case _:
            assert_never(weights)
