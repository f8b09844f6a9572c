"""What past tickets were like, so that it can be told when those that come now are not.

Two scores tell how strange a text is: the share of its words that the past texts did not have, and
how far it lies from all of their embeddings. Each past text was scored as if it were new, by what
the others teach: so a fresh text that is like them exceeds a level as often as they did.

No text can be got back: words are hashed, one that fewer than two texts hold is not kept, and
embeddings are means of several.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from deskquorum.novelty.words import hashed, plain, words_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float32]

__all__ = ["LEAST_TEXTS", "Embed", "Level", "Meaning", "Reference", "fit_reference"]

Embed: TypeAlias = "Callable[[Sequence[str]], Floats]"
"""Texts to one row each."""

LEAST_TEXTS = 50
"""Of fewer nobody can say what is usual."""

_MOST_TEXTS, _MOST_WORDS, _MOST_CENTROIDS = 2000, 20_000, 256
_TEXTS_A_CENTROID = 4
_FOLDS = 8
_HELD_BY = 2
"""Texts that have to hold a word for it to be known."""

_SHORT = 2
"""Added to the words of a text, so that one strange word of two does not count as a half."""

_READ = 300
"""Characters that are embedded, which takes longer than to look words up."""

_MARGIN = 0.005
"""A level lies so far above the past score that sets it: files keep fewer digits than that."""

_TOPS = (0.02, 0.05, 0.1, 0.2)
"""Shares of past texts that lie above each level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A score that few past texts exceed."""

    above: float
    rate: float
    """Share of past texts that exceed it, each scored as if it were new."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meaning:
    """Where the embeddings of past texts lie."""

    centre: Floats
    """Their mean: mail of one desk shares a direction that says nothing."""
    centroids: Floats
    """Centroids x numbers; rows of unit length, after the centre was taken off."""
    levels: tuple[Level, ...]

    def distance(self, text: str, embed: Embed) -> float | None:
        """One less the cosine to the nearest centroid; None for a text without words."""
        vector = embed([plain(text)[:_READ]])
        if not vector.any():
            return None
        return float(_distances(vector, self.centre, self.centroids)[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What past tickets were like."""

    made_at: datetime
    texts: int
    """Of how many it was made."""
    words: frozenset[int]
    """Hashes of their words."""
    levels: tuple[Level, ...]
    """Of the share of unknown words."""
    meaning: Meaning | None
    """None where no embedder was installed."""
    hash: str = ""
    """SHA-256 of the file that holds it."""

    def exceeded(self, text: str, embed: Embed | None) -> tuple[bool, ...]:
        """Which levels a text exceeds: those of words, then those of meaning.

        Args:
            text: A redacted text.
            embed: The embedder that it was made with; None leaves meaning out.

        Returns:
            One for each level; nothing where the text has no words.
        """
        found = words_of(text)
        if not found:
            return ()
        share = _share(sum(hashed(word) not in self.words for word in found), len(found))
        strange = tuple(share > level.above for level in self.levels)
        if self.meaning is None or embed is None:
            return strange
        far = self.meaning.distance(text, embed) or 0.0
        return (*strange, *(far > level.above for level in self.meaning.levels))

    def knows(self, word: str) -> bool:
        """Whether past texts held the word."""
        return hashed(word) in self.words


def fit_reference(
    texts: Sequence[str], embed: Embed | None, *, made_at: datetime
) -> Reference | None:
    """Learn what texts are like; their order does not matter. None where they are too few.

    Args:
        texts: Redacted texts of past tickets; of very many, so many as suffice.
        embed: None where no embedder is installed.
        made_at: When.
    """
    chosen = sorted((text for text in texts if words_of(text)), key=_digest)[:_MOST_TEXTS]
    if len(chosen) < LEAST_TEXTS:
        return None
    held = [frozenset(map(hashed, words_of(text))) for text in chosen]
    counts = Counter(word for words in held for word in words)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[:_MOST_WORDS]
    known = frozenset(word for word in ranked if counts[word] >= _HELD_BY)
    return Reference(
        made_at=made_at,
        texts=len(chosen),
        words=known,
        levels=_levels([_as_new(words, known, counts) for words in held]),
        meaning=None
        if embed is None
        else _meaning(embed([plain(text)[:_READ] for text in chosen])),
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _share(unknown: int, words: int) -> float:
    return unknown / (words + _SHORT)


def _as_new(words: frozenset[int], known: frozenset[int], counts: Counter[int]) -> float:
    """A past text's share of words that would be unknown without it."""
    return _share(sum(w not in known or counts[w] <= _HELD_BY for w in words), len(words))


def _levels(scores: Sequence[float]) -> tuple[Level, ...]:
    import numpy as np

    edges = (float(np.quantile(scores, 1 - top, method="higher")) for top in _TOPS)
    return tuple(
        Level(above=above, rate=float(np.mean([score > above for score in scores])))
        for above in dict.fromkeys(edge + _MARGIN for edge in edges)
    )


def _meaning(vectors: Floats) -> Meaning:
    """Centroids of all, and the distance of each from those of the others."""
    import numpy as np

    worded = vectors[vectors.any(axis=1)]
    centre = worded.mean(axis=0)
    folds = np.arange(len(worded)) % _FOLDS
    distances = np.zeros(len(worded))
    for fold in range(_FOLDS):
        others = _centroids(worded[folds != fold], centre)
        distances[folds == fold] = _distances(worded[folds == fold], centre, others)
    return Meaning(
        centre=centre, centroids=_centroids(worded, centre), levels=_levels(distances.tolist())
    )


def _centroids(vectors: Floats, centre: Floats) -> Floats:
    import numpy as np
    from sklearn.cluster import KMeans

    units = _units(vectors - centre)
    distinct = len(np.unique(units.round(3), axis=0))
    wanted = max(1, min(_MOST_CENTROIDS, len(units) // _TEXTS_A_CENTROID, distinct))
    return _units(KMeans(wanted, n_init=1, max_iter=10, random_state=0).fit(units).cluster_centers_)


def _distances(vectors: Floats, centre: Floats, centroids: Floats) -> Floats:
    cosines: Floats = (_units(vectors - centre) @ centroids.T).max(axis=1)
    return 1 - cosines


def _units(vectors: Floats) -> Floats:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
