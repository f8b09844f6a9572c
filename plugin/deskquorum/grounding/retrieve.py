"""The clauses of a desk, prepared once: their sentences by wording, and a ranked search."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from deskquorum.domain import Facts, Scope
from deskquorum.grounding.alignment import WordVectors, cosines
from deskquorum.grounding.applying import Reach, reach_of
from deskquorum.grounding.quantities import Quantity, find_quantities
from deskquorum.grounding.sentences import sentences_of
from deskquorum.grounding.wording import Wording, nearly, verbatim
from deskquorum.grounding.words import content_words, language_of, words_of

if TYPE_CHECKING:
    import bm25s
    import numpy as np
    import numpy.typing as npt

__all__ = ["ClauseIndex", "ClauseLike", "ClauseSentence", "Embed", "index_clauses"]


class ClauseLike(Protocol):
    """What the check needs of a policy clause."""

    @property
    def id(self) -> str:
        """Unique in the desk."""
        ...

    @property
    def version(self) -> str:
        """Version of the file it stands in."""
        ...

    @property
    def text(self) -> str:
        """The clause as customers may read it."""
        ...

    @property
    def scope(self) -> Scope:
        """To whom or what it applies; empty for everything."""
        ...


Embed: TypeAlias = "Callable[[Sequence[str]], npt.NDArray[np.float32]]"
"""Texts to rows of unit length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseSentence:
    """One sentence of a clause, as a reply may quote it."""

    clause: ClauseLike
    place: int
    """0-based place in the clause."""
    text: str
    last: bool
    quantities: tuple[Quantity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseIndex:
    """Clauses by wording and by words; build it with `index_clauses`."""

    clauses: tuple[ClauseLike, ...] = ()
    """All of them, whatever they apply to."""
    reach: Reach = field(default_factory=Reach)
    """Which of them are left out, and which can back nothing; see `within`."""
    language: str | None = None
    sentences: Mapping[str, tuple[ClauseSentence, ...]] = field(default_factory=dict)
    """Clause id to its sentences, in order."""
    vectors: WordVectors = field(default_factory=lambda: WordVectors(None), repr=False)
    """Of single words, as far as an embedding is at hand."""
    _worded: Mapping[Wording, tuple[ClauseSentence, ...]] = field(default_factory=dict, repr=False)
    """Wording, exact and near, to the sentences that have it."""
    _scoped: Mapping[int, Scope] = field(default_factory=dict, repr=False)
    """Places of the clauses that do not apply to everything."""
    _outside: Sequence[int] = field(default=(), repr=False)
    _bm25: bm25s.BM25 | None = field(default=None, repr=False)
    _words: Sequence[tuple[str, ...]] = field(default=(), repr=False)
    _rarity: Mapping[str, float] = field(default_factory=dict, repr=False)
    _rarest: float = 1.0
    _vectors: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    _embed: Embed | None = field(default=None, repr=False)

    def within(self, facts: Facts) -> ClauseIndex:
        """The index for one case: clauses that do not apply to it are not found and not quoted."""
        if not self._scoped:
            return self
        reach = reach_of(
            ((self.clauses[place].id, scope) for place, scope in self._scoped.items()), facts
        )
        outside = [p for p in self._scoped if self.clauses[p].id in reach.outside]
        return replace(self, reach=reach, _outside=outside)

    def surely(self) -> ClauseIndex:
        """The index without the clauses of which nobody can tell whether they apply."""
        doubtful = [p for p in self._scoped if self.clauses[p].id in self.reach.untold]
        outside = self.reach.outside | self.reach.untold.keys()
        return replace(self, reach=Reach(outside=outside), _outside=[*self._outside, *doubtful])

    def worded(self, wording: Wording) -> tuple[ClauseSentence, ...]:
        """The sentences that say it in these words; those of clauses in doubt come last."""
        found = self._worded.get(wording, ())
        if not self._outside and not self.reach.untold:
            return found
        kept = (one for one in found if one.clause.id not in self.reach.outside)
        return tuple(sorted(kept, key=lambda one: one.clause.id in self.reach.untold))

    def nearest(self, queries: Sequence[str], *, top: int = 5) -> list[tuple[ClauseLike, ...]]:
        """For each query the clauses nearest to it, best first, by words and meaning together."""
        if not self.clauses or not queries:
            return [() for _ in queries]
        rankings = [[self._by_words(query)] for query in queries]
        if self._embed is not None and self._vectors is not None:
            # One by one: a small product of matrices costs a hundred times as much in some builds.
            for ranking, query in zip(rankings, self._embed(queries), strict=True):
                ranking.append(self._highest(self._vectors @ query))
        return [
            tuple(self.clauses[i] for i in self._ranked(query, _fused(ranking))[:top])
            for query, ranking in zip(queries, rankings, strict=True)
        ]

    def _ranked(self, query: str, candidates: list[int]) -> list[int]:
        """The candidates by how near each word of the query comes to one of theirs, as well."""
        import numpy as np

        first = candidates[:_RERANKED]
        asked = _words(query)
        vectors = self.vectors.of(asked)
        if vectors is None or not first:
            return candidates
        scores = []
        rarity = np.array([self._rarity.get(word, self._rarest) for word in asked])
        for place in first:
            theirs = self.vectors.of(self._words[place])
            near = np.zeros(len(asked)) if theirs is None else cosines(vectors, theirs).max(axis=1)
            scores.append(float((np.clip(near, 0.0, 1.0) ** 2) @ rarity))
        by_words = [first[i] for i in np.argsort(-np.array(scores), kind="stable")]
        return [*_fused([first, by_words, by_words], steadiness=_STEADY), *candidates[_RERANKED:]]

    def _by_words(self, query: str) -> list[int]:
        """Places of the clauses that share a word with the query, by BM25."""
        words = sorted(set(content_words(words_of(query))))
        if self._bm25 is None or not words:
            return []
        scores = self._bm25.get_scores(words)
        return [place for place in self._highest(scores) if scores[place] > 0]

    def _highest(self, scores: npt.NDArray[np.float32]) -> list[int]:
        """Places of the highest scores among the clauses that apply."""
        if not self._outside:
            return _highest(scores)
        scores[self._outside] = -math.inf
        return [place for place in _highest(scores) if scores[place] > -math.inf]


def index_clauses(clauses: Iterable[ClauseLike], embed: Embed | None = None) -> ClauseIndex:
    """Prepare clauses for checking replies against them.

    Args:
        clauses: The desk's clauses; ids must be unique.
        embed: Adds nearness of meaning to the search where an embedding is at hand.
    """
    clauses = tuple(clauses)
    sentences = {clause.id: _sentences(clause) for clause in clauses}
    worded: defaultdict[Wording, list[ClauseSentence]] = defaultdict(list)
    for sentence in (one for several in sentences.values() for one in several):
        for wording in (verbatim(sentence.text), nearly(sentence.text)):
            worded[wording].append(sentence)
    texts = [clause.text for clause in clauses]
    worded_texts = [_words(text) for text in texts]
    rarity = _rarities(worded_texts)
    return ClauseIndex(
        clauses=clauses,
        language=language_of(words_of(" ".join(texts))),
        sentences=sentences,
        _worded={wording: tuple(found) for wording, found in worded.items()},
        vectors=WordVectors(embed),
        _scoped={place: c.scope for place, c in enumerate(clauses) if c.scope},
        _bm25=_bm25(texts),
        _words=worded_texts,
        _rarity=rarity,
        _rarest=max(rarity.values(), default=1.0),
        _vectors=embed(texts) if embed is not None and texts else None,
        _embed=embed,
    )


def _sentences(clause: ClauseLike) -> tuple[ClauseSentence, ...]:
    spans = [span for span in sentences_of(clause.text) if words_of(clause.text[slice(*span)])]
    return tuple(
        ClauseSentence(
            clause=clause,
            place=place,
            text=clause.text[slice(*span)],
            last=place == len(spans) - 1,
            quantities=find_quantities(clause.text[slice(*span)]),
        )
        for place, span in enumerate(spans)
    )


def _bm25(texts: Sequence[str]) -> bm25s.BM25 | None:
    """Okapi BM25 (Robertson et al. 1994), scored ahead so that a search only adds up."""
    words = [list(content_words(words_of(text))) for text in texts]
    if not any(words):
        return None
    import bm25s

    # bm25s has no types.
    found = bm25s.BM25(k1=1.2, b=0.75)  # type: ignore[no-untyped-call]
    found.index(words, show_progress=False)
    return found


_RERANKED = 12
"""Candidates that are looked at word by word."""
_STEADY = 5


def _words(text: str) -> tuple[str, ...]:
    """The words that carry a meaning, as written."""
    return tuple(dict.fromkeys(w.text for w in words_of(text) if content_words([w])))


def _rarities(texts: Sequence[Sequence[str]]) -> dict[str, float]:
    """Inverse document frequency of each word."""
    counts = Counter(word for words in texts for word in words)
    return {w: math.log(1 + len(texts) / count) for w, count in counts.items()}


_RANKED = 50
"""Clauses of each ranking that are fused; what stands lower cannot come out on top."""


def _highest(scores: npt.NDArray[np.float32]) -> list[int]:
    """Places of the highest scores, best first, the earlier of two equals first."""
    import numpy as np

    if len(scores) > _RANKED:
        kept = np.sort(np.argpartition(-scores, _RANKED)[:_RANKED])
    else:
        kept = np.arange(len(scores))
    return [int(kept[i]) for i in (-scores[kept]).argsort(kind="stable")]


def _fused(rankings: Sequence[Sequence[int]], *, steadiness: int = 60) -> list[int]:
    """Reciprocal rank fusion."""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, place in enumerate(ranking):
            scores[place] += 1 / (steadiness + rank)
    return sorted(scores, key=lambda place: (-scores[place], place))
