"""Which of some clauses speaks of what a text speaks of: by words, by meaning, by what is measured.

The words of quantities (`three weeks`, `15 euros`) say nothing of the topic and are left out of the
words; what they measure is compared by itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from deskquorum.grounding.alignment import WordVectors, cosines
from deskquorum.grounding.quantities import QuantityKind, find_quantities
from deskquorum.grounding.words import content_words, languages_of, words_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

__all__ = ["FEATURES", "ClauseWords", "clause_words", "features_of", "ranked"]

FEATURES: Mapping[str, float] = {
    "heard": 6.0,
    "told": 7.2,
    "measured": 2.4,
    "language": 2.0,
    "meaning": 5.6,
    "shared": 1.0,
    "early": 2.9,
}
"""What each feature counts for: a softmax over candidates (Cao et al. 2007, ListNet), fitted by
`python bench/claims_ranking.py`, which prints them."""

Measured = frozenset[tuple[QuantityKind, str]]
"""Kinds of quantities with their units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What a text speaks of."""

    words: tuple[str, ...]
    """Those that carry a meaning, each once, without those of quantities."""
    measured: Measured
    languages: Mapping[str, float]
    """Language to the share of its stop words, the most frequent one at 1; empty if unclear."""
    language: str | None
    """The one whose stop words are the most frequent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseWords:
    """The words of many clauses, prepared for ranking."""

    texts: Sequence[_Text]
    vectors: Floats
    """One row for each word of the vocabulary."""
    ids: Sequence[npt.NDArray[np.intp]]
    """Rows of each clause's words."""
    weights: Floats
    """Rarity of each word of the vocabulary."""
    rarity: Mapping[str, float]
    rarest: float


def clause_words(texts: Sequence[str], vectors: WordVectors) -> ClauseWords | None:
    """Prepare clauses; None without an embedding, or where no clause has a word of its topic."""
    import numpy as np

    read = [_read(text) for text in texts]
    counts = Counter(word for one in read for word in one.words)
    vocabulary = {word: row for row, word in enumerate(counts)}
    rows = vectors.of(list(vocabulary))
    if rows is None:
        return None
    rarity = {word: math.log(1 + len(texts) / count) for word, count in counts.items()}
    return ClauseWords(
        texts=read,
        vectors=rows,
        ids=[np.array([vocabulary[word] for word in one.words], dtype=np.intp) for one in read],
        weights=np.array(list(rarity.values()), dtype=np.float32),
        rarity=rarity,
        rarest=max(rarity.values(), default=1.0),
    )


def ranked(
    query: str,
    candidates: Sequence[int],
    known: ClauseWords,
    vectors: WordVectors,
    *,
    shared: Floats,
    meaning: Floats,
) -> list[int]:
    """Candidates (places of clauses) by how surely each speaks of the query, best first.

    Args:
        query: A sentence or a whole reply.
        candidates: In the order that stands between equals.
        known: The clauses.
        vectors: Of the query's words.
        shared: The score by shared words of every clause, such as BM25.
        meaning: The cosine of every clause.
    """
    import numpy as np

    features = features_of(query, candidates, known, vectors, shared=shared, meaning=meaning)
    scores = features @ np.array(list(FEATURES.values()), dtype=np.float32)
    return [candidates[place] for place in np.argsort(-scores, kind="stable")]


def features_of(
    query: str,
    candidates: Sequence[int],
    known: ClauseWords,
    vectors: WordVectors,
    *,
    shared: Floats,
    meaning: Floats,
) -> Floats:
    """Shape (candidates, features), each 0..1; the arguments are those of `ranked`."""
    import numpy as np

    asked = _read(query)
    places = np.array(candidates, dtype=np.intp)
    heard, told = _alignment(asked, candidates, known, vectors)
    best = float(shared[places].max(initial=0.0))
    return np.stack(
        [
            heard,
            told,
            np.array([_fit(asked.measured, known.texts[place].measured) for place in candidates]),
            np.array([_one_language(asked, known.texts[place].language) for place in candidates]),
            meaning[places],
            shared[places] / best if best > 0 else np.zeros(len(places)),
            (_early(shared[places]) + _early(meaning[places])) / 2,
        ],
        axis=1,
    ).astype(np.float32)


def _read(text: str) -> _Text:
    quantities = find_quantities(text)
    inside = {place for q in quantities for place in range(q.start, q.end)}
    words = words_of(text)
    topic = (w.text for w in words if w.start not in inside and content_words([w]))
    languages = languages_of(words)
    return _Text(
        words=tuple(dict.fromkeys(topic)),
        measured=frozenset(
            (q.kind, "" if q.kind is QuantityKind.COUNT else q.unit) for q in quantities
        ),
        languages=languages,
        language=max(languages, key=lambda name: languages[name], default=None),
    )


def _alignment(
    asked: _Text, candidates: Sequence[int], known: ClauseWords, vectors: WordVectors
) -> tuple[Floats, Floats]:
    """How much of the query each clause has a near word for, and how much of it the query has."""
    import numpy as np

    heard = np.zeros(len(candidates), dtype=np.float32)
    told = np.zeros(len(candidates), dtype=np.float32)
    rows = vectors.of(asked.words)
    # An empty stretch of columns has no maximum.
    filled = [n for n, place in enumerate(candidates) if len(known.ids[place])]
    if rows is None or not filled:
        return heard, told
    columns = [known.ids[candidates[n]] for n in filled]
    starts = np.cumsum([0, *(len(one) for one in columns[:-1])])
    words, at = np.unique(np.concatenate(columns), return_inverse=True)
    near = np.clip(cosines(rows, known.vectors[words]), 0.0, 1.0)[:, at] ** 2
    rarity = [known.rarity.get(word, known.rarest) for word in asked.words]
    weights = np.array(rarity, dtype=np.float32)
    heard[filled] = weights @ np.maximum.reduceat(near, starts, axis=1) / weights.sum()
    theirs = known.weights[words][at]
    told[filled] = np.add.reduceat(near.max(axis=0) * theirs, starts) / np.add.reduceat(
        theirs, starts
    )
    return heard, told


def _early(scores: Floats) -> Floats:
    """1 for the highest score, less for each place below it."""
    import numpy as np

    places = np.empty(len(scores), dtype=np.float32)
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return np.asarray(_HALVED_AT / (_HALVED_AT + places))


_HALVED_AT = 5


def _one_language(asked: _Text, theirs: str | None) -> float:
    """A text may switch between languages, so this is a matter of degree."""
    if theirs is None or not asked.languages:
        return 1.0
    return asked.languages.get(theirs, 0.0)


@lru_cache(maxsize=4096)
def _fit(asked: Measured, theirs: Measured) -> float:
    """How well the clause measures what the query measures; 1 where that measures nothing."""
    best = (max((_alike(one, other) for other in theirs), default=0.0) for one in asked)
    return sum(best) / len(asked) if asked else 1.0


def _alike(one: tuple[QuantityKind, str], other: tuple[QuantityKind, str]) -> float:
    if one == other:
        return 1.0
    if one[0] is other[0]:
        return _OTHER_UNIT
    return _LEADS_TO if {one[0], other[0]} in _LEADING else 0.0


_OTHER_UNIT = 0.6
_LEADS_TO = 0.5
_LEADING = (
    {QuantityKind.WINDOW, QuantityKind.DATE},
    {QuantityKind.MONEY, QuantityKind.PERCENT},
)
"""A window leads from one date to another, a percentage from one amount to another."""
