"""Learning from one ticket at a time: old votes fade, new ones are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from deskquorum.reconciliation.counts import VoteCounts

__all__ = ["HALF_LIFE", "counted"]

HALF_LIFE = 2_000.0
"""Tickets after which what was learned from one counts half."""


def counted(
    counts: VoteCounts,
    votes: Mapping[str, str],
    belief: NDArray[np.float64],
    *,
    families: Mapping[str, str] | None = None,
    half_life: float = HALF_LIFE,
) -> VoteCounts:
    """The statistics with one more ticket in them; `label_model` makes a model of them.

    Args:
        counts: So far.
        votes: Label by labeler; a labeler that is new is taken in.
        belief: Labels: what is held true of the ticket, summing to 1: certain after an audit, or a
            calibrated posterior. What is held back for want of audits would wear the model away.
        families: Family of labelers that are new; each is a family of its own by default.
        half_life: In tickets.

    Raises:
        ValueError: A vote names a label that the statistics do not know.
    """
    counts = _with_pairs(counts, votes, families or {})
    fade = 0.5 ** (1 / half_life)
    mass, seen = counts.mass * fade, counts.votes * fade
    rows = [_row(counts, labeler, label) for labeler, label in votes.items()]
    mass[rows] += belief
    seen[rows] += 1.0
    return replace(counts, mass=mass, votes=seen, truth=counts.truth * fade + belief)


def _row(counts: VoteCounts, labeler: str, label: str) -> int:
    own = counts.pair_labeler == counts.labelers.index(labeler)
    pair = own & (counts.pair_label == counts.labels.index(label))
    return int(np.flatnonzero(pair)[0])


def _with_pairs(
    counts: VoteCounts, votes: Mapping[str, str], families: Mapping[str, str]
) -> VoteCounts:
    """The statistics with a row for every pair voted; rows stay sorted."""
    unknown = sorted(set(votes.values()) - set(counts.labels))
    if unknown:
        raise ValueError(f"unknown labels {unknown}; known are {list(counts.labels)}")
    new = sorted(set(votes) - set(counts.labelers))
    counts = replace(
        counts,
        labelers=(*counts.labelers, *new),
        families=(*counts.families, *(families.get(name) or name for name in new)),
    )
    size = len(counts.labels)
    known = counts.pair_labeler * size + counts.pair_label
    voted = [
        counts.labelers.index(labeler) * size + counts.labels.index(label)
        for labeler, label in votes.items()
    ]
    missing = np.setdiff1d(np.array(voted, dtype=np.int64), known)
    if not len(missing):
        return counts
    pairs = np.r_[known, missing]
    order = np.argsort(pairs)
    return replace(
        counts,
        pair_labeler=pairs[order] // size,
        pair_label=pairs[order] % size,
        mass=np.vstack([counts.mass, np.zeros((len(missing), size))])[order],
        votes=np.r_[counts.votes, np.zeros(len(missing))][order],
    )
