"""Fits what each feature of the clause ranking counts for.

Every whole reply that states a quantity and that its policy backs is a query; the candidates are
the nearest of all policies of both files. The weights are those of a softmax over candidates
(Cao et al. 2007, ListNet), none below zero. Cross-fitted figures are from weights that never saw
the item.

    python bench/claims_ranking.py --data DIR --own tests/claim_sets
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from claims import Row, policies_index, read_own, read_rows
from scipy.optimize import minimize

from deskquorum.grounding import ClauseIndex, find_quantities
from deskquorum.grounding.ranking import FEATURES, features_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["main"]

CANDIDATES = 50
FOLDS = 6
RIDGE = 0.1
"""Of the weights; not tuned."""
TOP = 3
SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A reply with its candidates."""

    item: str
    features: Floats
    """Shape (candidates, features)."""
    topics: tuple[str, ...]
    """The item, or the text of another item's policy; the item's two policies are one topic."""

    def rank(self, weights: Floats) -> int:
        """0-based place of the right topic; the number of candidates where it is not there."""
        order = np.argsort(-(self.features @ weights), kind="stable")
        topics = list(dict.fromkeys(self.topics[place] for place in order))
        return topics.index(self.item) if self.item in topics else CANDIDATES


def queries_of(rows: Sequence[Row], index: ClauseIndex, topics: dict[str, str]) -> list[Query]:
    """Right rows that state a quantity, as queries."""
    places = {clause.id: place for place, clause in enumerate(index.clauses)}
    kept = [row for row in rows if not row.wrong and find_quantities(row.reply)]
    found = index.nearest([row.reply for row in kept], top=CANDIDATES)
    return [
        Query(
            item=row.item,
            features=_features(row.reply, [places[clause.id] for clause in near], index),
            topics=tuple(
                row.item if topics[clause.text] == row.item else clause.text for clause in near
            ),
        )
        for row, near in zip(kept, found, strict=True)
    ]


def _features(query: str, candidates: Sequence[int], index: ClauseIndex) -> Floats:
    known, vectors, embed = index._known, index._vectors, index._embed  # noqa: SLF001 - fits its inside
    if known is None or vectors is None or embed is None:
        raise SystemExit("no embedding at hand")
    shared = index._shared(query)  # noqa: SLF001 - as above
    meaning = vectors @ embed([query])[0]
    found = features_of(query, candidates, known, index.vectors, shared=shared, meaning=meaning)
    return found.astype(np.float64)


def fit(queries: Sequence[Query]) -> Floats:
    """Weights under which the right topic comes first."""
    kept = [query for query in queries if query.item in query.topics]
    right = [np.array([topic == query.item for topic in query.topics]) for query in kept]

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = RIDGE * float(weights @ weights) / 2, RIDGE * weights
        for query, mask in zip(kept, right, strict=True):
            scores = query.features @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            value -= float(np.log(shares[mask].sum()))
            slope = slope - (shares * (mask / shares[mask].sum() - 1)) @ query.features
        return value, slope

    size = len(FEATURES)
    found = minimize(loss, np.zeros(size), jac=True, bounds=[(0.0, None)] * size)
    return np.asarray(found.x)


def cross_fitted(queries: Sequence[Query]) -> list[int]:
    """The rank of each query by weights that never saw its item."""
    items = sorted({query.item for query in queries})
    np.random.default_rng(SEED).shuffle(items)
    fold = {item: place % FOLDS for place, item in enumerate(items)}
    weights = [fit([q for q in queries if fold[q.item] != number]) for number in range(FOLDS)]
    return [query.rank(weights[fold[query.item]]) for query in queries]


def main(argv: Sequence[str] | None = None) -> int:
    """Fit, and print weights and shares of right clauses among the top three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--own", type=Path, required=True)
    args = parser.parse_args(argv)
    other, own = read_rows(args.data / "counterfactual.jsonl"), read_own(args.own)
    rows = [*other, *own]
    index = policies_index(rows)
    topics = {row.policy: row.item for row in rows}
    queries = queries_of(rows, index, topics)
    weights = fit(queries)
    print("weights: " + ", ".join(f"{n} {w:.1f}" for n, w in zip(FEATURES, weights, strict=True)))
    shipped = np.array(list(FEATURES.values()))
    found = {
        "cross-fitted": cross_fitted(queries),
        "as shipped": [query.rank(shipped) for query in queries],
    }
    ours = {row.item for row in own}
    for title, ranks in found.items():
        _print(title, ranks)
        pairs = list(zip(queries, ranks, strict=True))
        _print(f"{title}, own", [rank for query, rank in pairs if query.item in ours])
        _print(f"{title}, other", [rank for query, rank in pairs if query.item not in ours])
    return 0


def _print(title: str, ranks: Sequence[int]) -> None:
    hits = sum(rank < TOP for rank in ranks)
    print(f"{title:<28} top {TOP}: {hits} of {len(ranks)} = {hits / len(ranks):.3f}")


if __name__ == "__main__":
    sys.exit(main())
