"""What labelers and audits together say of every past text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from deskquorum.labeling import Embedder, Wording, fit_wording
from deskquorum.learning.grouping import grouped
from deskquorum.learning.spreading import condensed, neighbours, spread
from deskquorum.reconciliation import VoteTable, reconcile_table

__all__ = ["LEAST_TEXTS", "Material", "agreement", "audited_in", "material"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_TEXTS = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """Texts as they are taught: read once, and who reads like whom."""

    wording: Wording
    read: csr_matrix
    """Texts x numbers."""
    points: Floats
    """Texts x few dimensions."""
    graph: csr_matrix
    """Texts x texts."""
    groups: Ints
    """Texts; -1 for those like too few others."""

    @property
    def meaning(self) -> NDArray[np.float32]:
        """Texts x dimensions of the embeddings."""
        return self.wording.meaning(self.read)


def material(texts: Sequence[str], embedder: Embedder) -> Material:
    """Read texts once, for everything that is learned from them.

    Args:
        texts: Redacted.
        embedder: The one that the student will vote with.

    Raises:
        ValueError: Too few texts to teach on.
    """
    if len(texts) < LEAST_TEXTS:
        raise ValueError(f"{len(texts)} texts are too few to teach on; {LEAST_TEXTS} are needed")
    wording = fit_wording(texts, embedder)
    read = wording.read(texts, embedder)
    points = condensed(read)
    return Material(
        wording=wording,
        read=read,
        points=points,
        graph=neighbours(points),
        groups=grouped(wording.meaning(read)),
    )


def agreement(of: Material, table: VoteTable, truth: Mapping[str, str]) -> tuple[Floats, Floats]:
    """What votes and audits say of each text, and the same with what is held of texts like it.

    Args:
        of: The texts.
        table: The labelers' votes on each, in the texts' order; an item may have none.
        truth: Audited labels by item.

    Returns:
        Twice texts x labels, rows sum to 1; of the votes alone, audited texts have what a fit
        without them says.
    """
    reconciled = reconcile_table(table, gold=truth).posterior
    known = audited_in(table, truth)
    right = np.array([table.labels.index(truth[table.items[n]]) for n in known], dtype=np.int64)
    held = reconciled.copy()
    held[known] = np.eye(len(table.labels))[right]
    # Squared: spreading flattens what it passes on.
    sharp = spread(held, known, of.graph) ** 2
    agreed: Floats = sharp / sharp.sum(axis=1, keepdims=True)
    return reconciled, agreed


def audited_in(table: VoteTable, truth: Mapping[str, str]) -> Ints:
    """Places of the audited items."""
    found = [n for n, item in enumerate(table.items) if item in truth]
    return np.array(found, dtype=np.int64)
