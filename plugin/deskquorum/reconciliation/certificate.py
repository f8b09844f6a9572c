"""A threshold above which answers may be acted on alone, with a bound on the share of wrong ones.

Learn-then-Test (Angelopoulos, Bates, Candes, Jordan and Lei 2021, arXiv 2110.01052) by fixed
sequence, with exact binomial bounds (Clopper and Pearson 1934) on the error among accepted items.
The chance that the certified threshold accepts more wrong answers than allowed is at most one less
the confidence, whatever the scores are worth: bad scores cost coverage, never validity.

INVARIANT: which thresholds are tested, in which order and with how much of the error budget hangs
on the scores alone, never on which answers turned out right.

Tested from high scores to low. From the very top the first test would have too few items to pass;
so the sequence starts at several places at once (the fallback procedure, Wiens and Dmitrienko
2005). Half of the budget starts where the scores themselves, read as probabilities, promise the
strongest test. The other half is spread over starts of doubled size, for scores that promise
wrongly. A test that passes hands its budget on to the next lower threshold. With 500 audited, mean
coverage came to 87% or more of that of one test at the best place known in hindsight
(`bench/certificates.py`); one start, or starts evenly spread, came to less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, log, log2

import numpy as np
from numpy.typing import NDArray

__all__ = ["Certified", "certify"]

_STEP = 0.02
"""Neighbouring thresholds differ by at least this share of the items, so that few are tested."""

_PROMISED = 0.5
"""Share of the error budget that starts where the scores promise the strongest test."""

_WORTH_A_START = 0.05
"""Power below which the scores' promise is not worth a start: it is what chance gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What an audit certifies."""

    max_error: float
    confidence: float
    threshold: float | None
    """Accept where the probability is at least this; `None`: nothing is certified."""
    n: int
    """Audited items accepted at the threshold."""
    errors: int
    """How many of those are wrong."""
    upper_bound: float
    """Upper bound, at `confidence`, of the share of wrong answers among accepted ones."""
    coverage: float
    """Share of the population (without one: of the audited items) that is accepted."""
    audited: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Steps:
    """The thresholds to test, from high to low, with what is known of each before the audit."""

    threshold: NDArray[np.float64]
    accepted: NDArray[np.float64]
    """Share of the population accepted."""
    promised_error: NDArray[np.float64]
    """Error among accepted, if the scores were true probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Counts:
    """Each step's audited items by stratum: arrays of steps x strata."""

    n: NDArray[np.int64]
    errors: NDArray[np.int64]
    mass: NDArray[np.float64]
    """Shares of the accepted population; rows sum to 1."""


def certify(
    probability: Sequence[float],
    right: Sequence[bool],
    *,
    max_error: float,
    confidence: float,
    population: Sequence[float] | None = None,
    strata: Sequence[str] | None = None,
    population_strata: Sequence[str] | None = None,
) -> Certified:
    """Find the lowest threshold whose accepted answers are certified to be right often enough.

    The audited items must be a random draw from the population, or with `strata` a random draw
    from each stratum: then each stratum gets its own bound, by Bonferroni over the strata, and the
    bounds are weighted by the strata's shares of the accepted population. Without a population
    the audited scores stand in for it. An item of probability 0 is never accepted.

    Args:
        probability: Score of each audited item's answer, 0..1.
        right: Whether that answer is right.
        max_error: Largest share of wrong answers wanted among accepted ones.
        confidence: Least probability with which the promise is to hold.
        population: Scores of all items that the threshold will be used on.
        strata: Stratum of each audited item.
        population_strata: Stratum of each item of the population.

    Raises:
        ValueError: A value is out of range, lengths differ, or strata lack their population.
    """
    scores = _scores("probability", probability)
    _check(len(right), len(scores), "values of right")
    _check_share("max_error", max_error)
    _check_share("confidence", confidence)
    _check_strata(strata, population_strata, audited=len(scores), population=population)
    everyone = scores if population is None else _scores("population", population)
    if population is not None and not len(everyone):
        raise ValueError("population is empty; give the scores of all items, or none")
    wrong = ~np.asarray(right, dtype=bool)
    steps = _steps(everyone)
    counts = _counts(
        steps,
        scores=scores,
        wrong=wrong,
        everyone=everyone,
        strata=strata,
        population_strata=population_strata,
    )
    starts = _starts(steps, len(scores), max_error, 1 - confidence)
    best = _walk(counts, starts, max_error)
    return Certified(
        max_error=max_error,
        confidence=confidence,
        threshold=None if best is None else float(steps.threshold[best]),
        n=0 if best is None else int(counts.n[best].sum()),
        errors=0 if best is None else int(counts.errors[best].sum()),
        upper_bound=1.0 if best is None else _bound(counts, best, 1 - confidence),
        coverage=0.0 if best is None else float(steps.accepted[best]),
        audited=len(scores),
    )


def _steps(everyone: NDArray[np.float64]) -> _Steps:
    """Distinct scores, thinned so that neighbours differ by enough items; the lowest is kept."""
    values, sizes = np.unique(everyone[everyone > 0], return_counts=True)
    values, sizes = values[::-1], sizes[::-1]
    accepted = np.cumsum(sizes)
    kept: list[int] = []
    for place, size in enumerate(accepted):
        if size - (accepted[kept[-1]] if kept else 0) >= _STEP * len(everyone):
            kept.append(place)
    if len(values) and (not kept or kept[-1] != len(values) - 1):
        kept.append(len(values) - 1)
    rows = np.array(kept, dtype=np.int64)
    return _Steps(
        threshold=values[rows],
        accepted=accepted[rows] / max(len(everyone), 1),
        promised_error=np.cumsum((1 - values) * sizes)[rows] / accepted[rows],
    )


def _counts(
    steps: _Steps,
    *,
    scores: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    everyone: NDArray[np.float64],
    strata: Sequence[str] | None,
    population_strata: Sequence[str] | None,
) -> _Counts:
    names = sorted({*(strata or ()), *(population_strata or ())}) or [""]
    code = {name: place for place, name in enumerate(names)}
    audited = np.array([code[s] for s in strata or [names[0]] * len(scores)], dtype=np.int64)
    rest = population_strata or [names[0]] * len(everyone)
    population = np.array([code[s] for s in rest], dtype=np.int64)
    accepted = _accepted(steps, everyone, population, len(names)).astype(float)
    return _Counts(
        n=_accepted(steps, scores, audited, len(names)),
        errors=_accepted(steps, scores[wrong], audited[wrong], len(names)),
        mass=accepted / accepted.sum(axis=1, keepdims=True),
    )


def _accepted(
    steps: _Steps, scores: NDArray[np.float64], stratum: NDArray[np.int64], strata: int
) -> NDArray[np.int64]:
    """How many items of each stratum every step accepts (steps x strata)."""
    # The first step that accepts an item; one past the last for an item that none accepts.
    first = np.searchsorted(-steps.threshold, -scores, side="left")
    table = np.zeros((len(steps.threshold) + 1, strata), dtype=np.int64)
    np.add.at(table, (first, stratum), 1)
    result: NDArray[np.int64] = table[:-1].cumsum(axis=0)
    return result


def _starts(steps: _Steps, audited: int, max_error: float, budget: float) -> dict[int, float]:
    """Where testing starts, and how much of the error budget starts there."""
    expected = steps.accepted * audited
    smallest = _least_audits(max_error, budget)
    if not len(expected) or expected[-1] < smallest:
        return {}
    spread = 1 + int(log2(expected[-1] / smallest))
    share = budget * (1 - _PROMISED) / spread
    sizes = [_least_audits(max_error, share) * 2**k for k in range(spread)]
    places = sorted({int(np.searchsorted(expected, size)) for size in sizes})
    places = [place for place in places if place < len(expected)]
    promised = _promised_start(steps, expected, max_error, budget * _PROMISED)
    if len(places) <= 1:
        # An audit too small to share the budget out: one start gets it all.
        first = int(np.searchsorted(expected, smallest))
        return {first if promised is None else promised: budget}
    starts = dict.fromkeys(places, budget * (1 - _PROMISED) / len(places))
    target = places[0] if promised is None else promised
    starts[target] = starts.get(target, 0.0) + budget * _PROMISED
    return starts


def _promised_start(
    steps: _Steps, expected: NDArray[np.float64], max_error: float, budget: float
) -> int | None:
    """The step whose test is the likeliest to pass, if scores are probabilities."""
    from scipy.stats import binom

    n = np.floor(expected)
    allowed = binom.ppf(budget, n, max_error) - 1
    power = np.where(allowed >= 0, binom.cdf(allowed, n, steps.promised_error), 0.0)
    place = int(np.argmax(power))
    return place if power[place] > _WORTH_A_START else None


def _walk(counts: _Counts, starts: dict[int, float], max_error: float) -> int | None:
    """Test from high to low; what passes hands its budget on, what fails has spent it."""
    best = None
    budget = 0.0
    for place in range(min(starts, default=len(counts.n)), len(counts.n)):
        budget += starts.get(place, 0.0)
        if budget > 0.0 and _bound(counts, place, budget) <= max_error:
            best = place
        else:
            budget = 0.0
    return best


def _bound(counts: _Counts, place: int, budget: float) -> float:
    """Upper bound of the error among accepted; exceeded with probability `budget` at most."""
    from scipy.stats import beta

    held = counts.mass[place] > 0
    n, errors = counts.n[place][held], counts.errors[place][held]
    right = n - errors
    upper = np.ones(len(n))
    some = right > 0
    upper[some] = beta.isf(budget / held.sum(), errors[some] + 1, right[some])
    return float(counts.mass[place][held] @ upper)


def _least_audits(max_error: float, budget: float) -> int:
    """Audited items that certify the error when none of them is wrong: 59 for 5% at 95%."""
    return ceil(log(budget) / log(1 - max_error))


def _scores(name: str, values: Sequence[float]) -> NDArray[np.float64]:
    scores = np.asarray(values, dtype=np.float64)
    bad = scores[~((scores >= 0) & (scores <= 1))]
    if len(bad):
        raise ValueError(f"{name} must lie in 0..1, got {float(bad[0])!r}")
    return scores


def _check(found: int, wanted: int, what: str) -> None:
    if found != wanted:
        raise ValueError(f"{found} {what} for {wanted} scores; give one for each")


def _check_share(name: str, value: float) -> None:
    if not (isfinite(value) and 0.0 < value < 1.0):
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")


def _check_strata(
    strata: Sequence[str] | None,
    population_strata: Sequence[str] | None,
    *,
    audited: int,
    population: Sequence[float] | None,
) -> None:
    if strata is None and population_strata is None:
        return
    if strata is None or population_strata is None or population is None:
        raise ValueError(
            "strata need the population they were drawn from; "
            "give strata, population and population_strata together"
        )
    _check(len(strata), audited, "strata")
    _check(len(population_strata), len(population), "population_strata")
