"""How near the words of two passages are: by stem, and by meaning where an embedding is at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from deskquorum.grounding.kept import Kept
from deskquorum.grounding.passages import Mark, Passage

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
_KEPT_CLAUSES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """The words of a clause as those of a reply are held against them."""

    vectors: npt.NDArray[np.float32] | None
    of_stem: Mapping[str, list[int]]
    by_tail: Mapping[str, list[str]]
    """The last letters of a stem to the stems that end with them."""


class WordVectors:
    """Vectors of single words, each embedded once."""

    def __init__(self, embed: Embed | None) -> None:
        self._embed = embed
        self._known: Kept[str, npt.NDArray[np.float32]] = Kept(_KEPT)
        self._columns: Kept[str, _Columns] = Kept(_KEPT_CLAUSES)

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

    def columns(self, clause: Passage) -> _Columns:
        """What `nearness` asks of a clause, which many replies are held against."""
        return self._columns.get(clause.text) or self._columns.put(
            clause.text, _columns(clause.marks, self)
        )


def _columns(marks: Sequence[Mark], vectors: WordVectors) -> _Columns:
    of_stem: dict[str, list[int]] = {}
    for column, mark in enumerate(marks):
        of_stem.setdefault(mark.stem, []).append(column)
    by_tail: dict[str, list[str]] = {}
    for stem in of_stem:
        by_tail.setdefault(stem[-_SHORTEST_HEAD:], []).append(stem)
    return _Columns(vectors=vectors.of([m.word for m in marks]), of_stem=of_stem, by_tail=by_tail)


def cosines(
    one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Of each row of unit length with each; shape (rows of one, rows of other)."""
    import numpy as np

    # Not `@`: a small product of matrices costs a hundred times as much in some builds of BLAS.
    found: npt.NDArray[np.float32] = np.einsum("ij,kj->ik", one, other)
    return found


def nearness(one: Sequence[Mark], clause: Passage, vectors: WordVectors) -> Nearness:
    """0..1 for each of some words (rows) and each of a clause's (columns)."""
    import numpy as np

    left, columns = vectors.of([m.word for m in one]), vectors.columns(clause)
    if left is None or columns.vectors is None:
        near = np.zeros((len(one), len(clause.marks)))
    else:
        cosine = cosines(left, columns.vectors)
        near = np.clip((cosine - _FLOOR) / (1 - _FLOOR), 0.0, 0.99).astype(np.float64)
    for row, mark in enumerate(one):
        if mark.stem in columns.of_stem:
            near[row, columns.of_stem[mark.stem]] = 1.0
        for stem in columns.by_tail.get(mark.stem[-_SHORTEST_HEAD:], ()):
            if _compound(stem, mark.stem):
                at = columns.of_stem[stem]
                near[row, at] = np.maximum(near[row, at], _COMPOUND)
    return near


_COMPOUND = 0.8
_SHORTEST_HEAD = 4


def _compound(one: str, other: str) -> bool:
    """`Raspberries` are berries, a `Reisekoffer` is a Koffer."""
    if one.endswith(other):
        return len(other) >= _SHORTEST_HEAD and len(one) - len(other) > 1
    return other.endswith(one) and len(one) >= _SHORTEST_HEAD and len(other) - len(one) > 1
