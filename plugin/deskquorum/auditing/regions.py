"""Where every labeler that votes is wrong: regions found by a shallow tree and named in words.

The tree grows on one half of the audits and its leaves are measured on the other, so that what it
happened to find counts for nothing. With several leaves to look at each interval is wider
(Bonferroni).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from deskquorum.auditing.cases import AuditedCase
from deskquorum.auditing.estimates import CONFIDENCE, Share, share, surely_above
from deskquorum.auditing.strata import cast_on

__all__ = ["LEAST_AUDITS", "Region", "blind_regions"]

LEAST_AUDITS = 40
"""Audited decisions with a vote, below which nothing is looked for."""

_DEEPEST = 3
_LEAST_FAILURES = 4
_LEAST_GAIN = 0.005
"""Gini impurity that a split takes away, so that one region is not told as several."""

_MOST_WORDS = 300
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLACEHOLDER = re.compile("⟦[^⟧]*⟧")

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Decisions that are alike, and on which labelers fail alike."""

    question: str
    where: str
    """In words."""
    failing: Share
    """Of its decisions, those on which every vote was wrong."""
    overall: float
    """The same of all decisions."""
    said: str
    """What labelers say there most often."""
    audit: str
    """What it most often is, where they say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feature:
    """Something that a decision has or lacks."""

    has: str
    lacks: str
    values: Bools


_Path = tuple[tuple[_Feature, bool], ...]


def blind_regions(cases: Sequence[AuditedCase], question: str) -> tuple[Region, ...]:
    """Regions whose share of failures is surely above that of all decisions, worst first."""
    voted = [
        case
        for case in sorted(cases, key=lambda one: sha256(one.decision.encode()).hexdigest())
        if case.truth(question) is not None and cast_on(question, case.votes)
    ]
    if len(voted) < LEAST_AUDITS:
        return ()
    failed = np.array([_all_wrong(case, question) for case in voted])
    growing = np.arange(len(voted)) % 2 == 0
    if failed[growing].sum() < _LEAST_FAILURES:
        return ()
    features = list(_features(voted, growing))
    weights = np.array([case.weight for case in voted])
    paths = list(_leaves(features, failed, weights, growing))
    overall = float(np.average(failed, weights=weights))
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(paths))
    found = []
    for path in paths:
        inside = np.logical_and.reduce([f.values == has for f, has in path])
        held = inside & ~growing
        failing = share(failed[held].tolist(), weights[held].tolist(), confidence=confidence)
        if surely_above(failing, overall, confidence=confidence):
            there = [case for case, here in zip(voted, inside & failed, strict=True) if here]
            found.append(_region(question, path, failing, overall, there))
    return tuple(sorted(found, key=lambda region: -(region.failing.value or 0.0)))


def _all_wrong(case: AuditedCase, question: str) -> bool:
    truth = case.truth(question)
    return all(vote.label != truth for vote in cast_on(question, case.votes))


def _features(cases: Sequence[AuditedCase], growing: Bools) -> Iterator[_Feature]:
    for dimension, value in sorted({pair for case in cases for pair in case.stratum.items()}):
        values = np.array([case.stratum.get(dimension) == value for case in cases])
        named = f"{dimension} is {value or 'unknown'}"
        yield _Feature(has=named, lacks=named.replace(" is ", " is not ", 1), values=values)
    words = [set(_WORD.findall(_PLACEHOLDER.sub(" ", case.text).casefold())) for case in cases]
    seen = Counter(
        word for those, here in zip(words, growing, strict=True) if here for word in those
    )
    least, most = max(3, growing.sum() // 50), growing.sum() * 0.6
    common = sorted((-n, word) for word, n in seen.items() if least <= n <= most)[:_MOST_WORDS]
    for _, word in common:
        values = np.array([word in those for those in words])
        yield _Feature(has=f"it says '{word}'", lacks=f"it does not say '{word}'", values=values)


def _leaves(
    features: Sequence[_Feature], failed: Bools, weights: NDArray[np.float64], growing: Bools
) -> Iterator[_Path]:
    """Paths to leaves that look worse than the rest where the tree grew."""
    if not features:
        return
    columns = np.column_stack([feature.values for feature in features])
    tree = DecisionTreeClassifier(
        max_depth=_DEEPEST,
        min_samples_leaf=max(4, int(growing.sum()) // 25),
        min_impurity_decrease=_LEAST_GAIN,
        random_state=0,
    )
    tree.fit(columns[growing], failed[growing], sample_weight=weights[growing])
    overall = np.average(failed[growing], weights=weights[growing])
    grown = tree.tree_

    def walk(node: int, path: _Path) -> Iterator[_Path]:
        left, right = int(grown.children_left[node]), int(grown.children_right[node])
        if left == right:
            share_failed = float(grown.value[node][0][1] / grown.value[node][0].sum())
            if path and share_failed > overall:
                yield path
            return
        feature = features[grown.feature[node]]
        yield from walk(left, (*path, (feature, False)))
        yield from walk(right, (*path, (feature, True)))

    yield from walk(0, ())


def _region(
    question: str,
    path: _Path,
    failing: Share,
    overall: float,
    there: Sequence[AuditedCase],
) -> Region:
    # What holds tells more than what does not.
    ordered = sorted(path, key=lambda step: not step[1])
    said = Counter(
        (vote.label or "", case.truth(question) or "")
        for case in there
        for vote in cast_on(question, case.votes)
    )
    (label, audit), _ = min(said.items(), key=lambda pair: (-pair[1], pair[0]))
    return Region(
        question=question,
        where=" and ".join(f.has if has else f.lacks for f, has in ordered),
        failing=failing,
        overall=overall,
        said=label,
        audit=audit,
    )
