"""What is remembered of votes once they are reconciled: who voted what when what was true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskquorum.reconciliation.vote_table import VoteTable

__all__ = ["VoteCounts", "pair_index", "places"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoteCounts:
    """Sufficient statistics of a label model; a few numbers per labeler, however many votes."""

    labels: tuple[str, ...]
    labelers: tuple[str, ...]
    families: tuple[str, ...]
    """The family of each labeler."""
    pair_labeler: NDArray[np.int64]
    """One entry per (labeler, label) that was ever voted, ascending: index into `labelers`."""
    pair_label: NDArray[np.int64]
    """One entry per pair: index into `labels`."""
    mass: NDArray[np.float64]
    """Pairs x labels: how often the pair was voted while each label was true, in votes."""
    votes: NDArray[np.float64]
    """Pairs: how often the pair was voted, whatever is known of the truth."""
    truth: NDArray[np.float64]
    """Labels: how often each was true, in items."""


def pair_index(table: VoteTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The (labeler, label) pairs of a table, coded `labeler * labels + label`, and each vote's."""
    code = table.labeler * max(len(table.labels), 1) + table.label
    pairs, pair_of_vote = np.unique(code, return_inverse=True)
    return pairs, pair_of_vote


def places(
    pairs: NDArray[np.int64], codes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each code stands among ascending pairs, one at least, and whether it does at all."""
    place = np.minimum(np.searchsorted(pairs, codes), len(pairs) - 1)
    return place, pairs[place] == codes
