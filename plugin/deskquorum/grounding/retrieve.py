"""The clauses of a desk, prepared once: their sentences by wording, and a ranked search."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from deskquorum.domain import Facts, Scope
from deskquorum.grounding.alignment import WordVectors
from deskquorum.grounding.applying import Reach, reach_of
from deskquorum.grounding.kept import Kept
from deskquorum.grounding.quantities import Quantity, find_quantities
from deskquorum.grounding.ranking import ClauseWords, clause_words, ranked
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


_Near: TypeAlias = "Kept[tuple[str, int], tuple[int, ...]]"
"""Queries, with how many clauses are wanted, to the places of the clauses."""
_KEPT, _CASES = 256, 32


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
    _outside: tuple[int, ...] = field(default=(), repr=False)
    _bm25: bm25s.BM25 | None = field(default=None, repr=False)
    _known: ClauseWords | None = field(default=None, repr=False)
    _vectors: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    _embed: Embed | None = field(default=None, repr=False)
    _near: _Near = field(default_factory=lambda: Kept(_KEPT), repr=False, compare=False)
    _nears: Kept[tuple[int, ...], _Near] = field(
        default_factory=lambda: Kept(_CASES), repr=False, compare=False
    )
    """Places left out to what is known to be near queries then."""

    def within(self, facts: Facts) -> ClauseIndex:
        """The index for one case: clauses that do not apply to it are not found and not quoted."""
        if not self._scoped:
            return self
        reach = reach_of(
            ((self.clauses[place].id, scope) for place, scope in self._scoped.items()), facts
        )
        outside = tuple(p for p in self._scoped if self.clauses[p].id in reach.outside)
        return replace(self, reach=reach, _outside=outside, _near=self._near_without(outside))

    def surely(self) -> ClauseIndex:
        """The index without the clauses of which nobody can tell whether they apply."""
        doubtful = [p for p in self._scoped if self.clauses[p].id in self.reach.untold]
        outside = self.reach.outside | self.reach.untold.keys()
        left_out = (*self._outside, *doubtful)
        return replace(
            self,
            reach=Reach(outside=outside),
            _outside=left_out,
            _near=self._near_without(left_out),
        )

    def _near_without(self, outside: tuple[int, ...]) -> _Near:
        if outside == self._outside:
            return self._near
        return self._nears.get(outside) or self._nears.put(outside, Kept(_KEPT))

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
        near = {query: self._near.get((query, top)) for query in queries}
        # A sentence is asked about more than once on its way to a decision.
        new = [query for query, found in near.items() if found is None]
        meant = None if self._embed is None or not new else self._embed(new)
        for number, query in enumerate(new):
            places = self._ranked(query, None if meant is None else meant[number])[:top]
            near[query] = self._near.put((query, top), tuple(places))
        return [tuple(self.clauses[place] for place in near[query] or ()) for query in queries]

    def _ranked(self, query: str, meant: npt.NDArray[np.float32] | None) -> list[int]:
        """Places of the clauses near a query; all that come first in words or in meaning."""
        shared = self._shared(query)
        by_words = [place for place in self._highest(shared) if shared[place] > 0]
        if meant is None or self._vectors is None:
            return by_words
        # One by one: a small product of matrices costs a hundred times as much in some builds.
        meaning = self._vectors @ meant
        candidates = _fused([by_words, self._highest(meaning)])[:_RANKED]
        if self._known is None:
            return candidates
        return ranked(query, candidates, self._known, self.vectors, shared=shared, meaning=meaning)

    def _shared(self, query: str) -> npt.NDArray[np.float32]:
        """The score of every clause by the words that it shares with the query, by BM25."""
        import numpy as np

        words = sorted(set(content_words(words_of(query))))
        if self._bm25 is None or not words:
            return np.zeros(len(self.clauses), dtype=np.float32)
        scores: npt.NDArray[np.float32] = self._bm25.get_scores(words)
        return scores

    def _highest(self, scores: npt.NDArray[np.float32]) -> list[int]:
        """Places of the highest scores among the clauses that apply."""
        if not self._outside:
            return _highest(scores)
        kept = scores.copy()
        kept[list(self._outside)] = -math.inf
        return [place for place in _highest(kept) if kept[place] > -math.inf]


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
    vectors = WordVectors(embed)
    return ClauseIndex(
        clauses=clauses,
        language=language_of(words_of(" ".join(texts))),
        sentences=sentences,
        _worded={wording: tuple(found) for wording, found in worded.items()},
        vectors=vectors,
        _scoped={place: c.scope for place, c in enumerate(clauses) if c.scope},
        _bm25=_bm25(texts),
        _known=clause_words(texts, vectors),
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


_STEADINESS = 60


def _fused(rankings: Sequence[Sequence[int]]) -> list[int]:
    """Reciprocal rank fusion (Cormack et al. 2009)."""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, place in enumerate(ranking):
            scores[place] += 1 / (_STEADINESS + rank)
    return sorted(scores, key=lambda place: (-scores[place], place))
