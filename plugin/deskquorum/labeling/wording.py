"""Texts as rows of numbers that a linear model reads: meaning, words, and pieces of words.

Words and pieces are hashed (Weinberger et al. 2009): what is learned names no word of anybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deskquorum.reading import unmarked

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    from deskquorum.labeling.embedding import Embedder, Vectors

__all__ = ["BUCKETS", "Wording", "fit_wording"]

BUCKETS = 8192
"""Of words, and as many of pieces."""

_SHARE = 0.7
"""How much words, and pieces, weigh beside meaning; chosen on past tickets of two public sets."""

_Kind = Literal["words", "pieces"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wording:
    """Fitted on a desk's texts."""

    centre: Vectors
    """Their mean vector: mail of one desk shares a direction that says nothing."""
    words: npt.NDArray[np.float32]
    """Rarity of each bucket of words (inverse document frequency)."""
    pieces: npt.NDArray[np.float32]
    """The same of pieces."""

    def read(self, texts: Sequence[str], embedder: Embedder) -> csr_matrix:
        """One row a text; a text without words is a row of zeros.

        Args:
            texts: Shape (texts,).
            embedder: The one that it was fitted with.

        Returns:
            Shape (texts, dimensions of the embeddings + 2 * `BUCKETS`).
        """
        from scipy.sparse import csr_matrix, hstack

        from deskquorum.labeling.embedding import unit_rows

        texts = [unmarked(text) for text in texts]
        vectors = embedder.embed(texts)
        meaning = unit_rows((vectors - self.centre) * vectors.any(axis=1, keepdims=True))
        parts = [
            csr_matrix(meaning),
            _weighed(_counted("words", texts), self.words),
            _weighed(_counted("pieces", texts), self.pieces),
        ]
        return csr_matrix(hstack(parts))

    def meaning(self, read: csr_matrix) -> Vectors:
        """The part of rows that the embeddings gave; shape (texts, dimensions)."""
        found: Vectors = read[:, : len(self.centre)].toarray()
        return found


def fit_wording(texts: Sequence[str], embedder: Embedder) -> Wording:
    """Learn what the texts have in common, and how rare each word and piece is."""
    texts = [unmarked(text) for text in texts]
    return Wording(
        centre=embedder.embed(texts).mean(axis=0),
        words=_rarity(_counted("words", texts)),
        pieces=_rarity(_counted("pieces", texts)),
    )


def _counted(kind: _Kind, texts: Sequence[str]) -> csr_matrix:
    """How often each bucket occurs in each text."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import HashingVectorizer

    chosen = (
        HashingVectorizer(ngram_range=(1, 2), n_features=BUCKETS, alternate_sign=False, norm=None)
        if kind == "words"
        else HashingVectorizer(
            analyzer="char_wb",
            ngram_range=(3, 5),
            n_features=BUCKETS,
            alternate_sign=False,
            norm=None,
        )
    )
    return csr_matrix(chosen.transform(texts))


def _rarity(counted: csr_matrix) -> npt.NDArray[np.float32]:
    import numpy as np

    texts = counted.shape[0]
    found = np.bincount(counted.indices, minlength=counted.shape[1])
    rarity: npt.NDArray[np.float32] = (np.log((1 + texts) / (1 + found)) + 1).astype(np.float32)
    return rarity


def _weighed(counted: csr_matrix, rarity: npt.NDArray[np.float32]) -> csr_matrix:
    """Logarithms of counts times rarity, rows of length `_SHARE`."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    weighed = csr_matrix(counted, dtype=np.float32)
    weighed.data = (1 + np.log(weighed.data)) * rarity[weighed.indices]
    return csr_matrix(normalize(weighed) * np.float32(_SHARE))
