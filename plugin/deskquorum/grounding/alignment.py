"""How near the words of two passages are: by stem, and by meaning where an embedding is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from deskquorum.grounding.kept import Kept
from deskquorum.grounding.passages import Mark

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    Embed: TypeAlias = "Callable[[Sequence[str]], npt.NDArray[np.float32]]"
    Nearness: TypeAlias = "npt.NDArray[np.float64]"

__all__ = ["WordVectors", "cosines", "nearness"]

_FLOOR = 0.4
"""Cosine below which two words have nothing to do with one another."""
_KEPT = 2_000
"""Words: a vector is a KB, and every draft brings names and numbers that never come again."""


class WordVectors:
    """Vectors of single words, each embedded once."""

    def __init__(self, embed: Embed | None) -> None:
        self._embed = embed
        self._known: Kept[str, npt.NDArray[np.float32]] = Kept(_KEPT)

    def of(self, words: Sequence[str]) -> npt.NDArray[np.float32] | None:
        """One row of unit length for each word; None without an embedding."""
        if self._embed is None or not words:
            return None
        import numpy as np

        rows = {word: self._known.get(word) for word in words}
        new = [word for word, row in rows.items() if row is None]
        if new:
            for word, row in zip(new, self._embed(new), strict=True):
                rows[word] = self._known.put(word, row)
        return np.array([rows[word] for word in words])


def cosines(
    one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Of each row of unit length with each; shape (rows of one, rows of other)."""
    import numpy as np

    # Not `@`: a small product of matrices costs a hundred times as much in some builds of BLAS.
    found: npt.NDArray[np.float32] = np.einsum("ij,kj->ik", one, other)
    return found


def nearness(one: Sequence[Mark], other: Sequence[Mark], vectors: WordVectors) -> Nearness:
    """0..1 for each word of the first (rows) and of the second (columns)."""
    import numpy as np

    stems: dict[str, list[int]] = {}
    for column, mark in enumerate(other):
        stems.setdefault(mark.stem, []).append(column)
    left, right = vectors.of([m.word for m in one]), vectors.of([m.word for m in other])
    if left is None or right is None:
        near = np.zeros((len(one), len(other)))
    else:
        near = np.clip((cosines(left, right) - _FLOOR) / (1 - _FLOOR), 0.0, 0.99).astype(np.float64)
    for row, mark in enumerate(one):
        if mark.stem in stems:
            near[row, stems[mark.stem]] = 1.0
        for stem, columns in stems.items():
            if _compound(stem, mark.stem):
                near[row, columns] = np.maximum(near[row, columns], _COMPOUND)
    return near


_COMPOUND = 0.8
_SHORTEST_HEAD = 4


def _compound(one: str, other: str) -> bool:
    """`Raspberries` are berries, a `Reisekoffer` is a Koffer."""
    if one.endswith(other):
        return len(other) >= _SHORTEST_HEAD and len(one) - len(other) > 1
    return other.endswith(one) and len(one) >= _SHORTEST_HEAD and len(other) - len(one) > 1
