"""Are certificates valid, and how much do they accept: ours beside other ways to set a threshold.

Each draw takes some gold as the audit, lets every method choose a threshold from it, and looks at
all items whose truth is known: was the error among accepted ones above the allowed one (`broken`,
wanted at most 5% of the draws, and once more on the items that were not drawn), and what was the
mean coverage, as a share of the best threshold known in hindsight (`reached`). `one test` is the
most that any single test at a fixed threshold reaches, its place chosen in hindsight.

    python bench/certificates.py --data DIR [--sets a,b] [--scores shares|reconciled] [--draws 200]
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom
from vote_sets import VoteSet, draw_gold, read_sets

from deskquorum.reconciliation.certificate import certify

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["main"]

DELTA = 0.05
SIZES = (100, 300, 500)
ALPHAS = (0.05, 0.10)
LEAST_FOR_500 = 1000
TOP = 0.999


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """Items with truth: the score of each answer and whether it is right."""

    score: NDArray[np.float64]
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """One audit, as rows of a `Scored`."""

    items: Scored
    audited: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ladder:
    """Distinct audited scores from high to low; how many are accepted at each and are wrong."""

    threshold: NDArray[np.float64]
    n: NDArray[np.int64]
    errors: NDArray[np.int64]


Method = Callable[[Draw, float], float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    options = _parser().parse_args(arguments)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores,")
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn"))
    print(f"Python {platform.python_version()}, {versions}")
    print(f"scores: {options.scores}; {options.draws} draws (seeds 0..); delta {DELTA}\n")
    sets = read_sets(options.data, [name for name in options.sets.split(",") if name])
    for size in options.sizes:
        cases = [(s.name, _draws(s, size, options)) for s in sets if _large_enough(s, size)]
        for alpha in ALPHAS:
            _print_table(f"{size} audited, alpha {alpha}", cases, alpha)
    simulated = [(name, _simulated(name, options.draws)) for name in ERROR_RATES]
    _print_table("simulated, 5000 audited of 20000, alpha 0.01", simulated, 0.01)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder a set")
    parser.add_argument("--sets", default="", help="names, separated by commas; default all")
    parser.add_argument("--scores", choices=("shares", "reconciled"), default="shares")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="audited items a draw")
    return parser


def _large_enough(votes: VoteSet, size: int) -> bool:
    least = LEAST_FOR_500 if size == max(SIZES) else 1.5 * size
    return len(votes.known) >= least


def _draws(votes: VoteSet, size: int, options: argparse.Namespace) -> list[Draw]:
    """Audits of one set; reconciled scores are fitted anew on each, with its gold."""
    known = votes.known
    items = _vote_shares(votes) if options.scores == "shares" else None
    draws = []
    for seed in range(options.draws):
        drawn = draw_gold(votes, size, seed)
        rows = np.searchsorted(known, drawn)
        draws.append(Draw(items=items or _reconciled(votes, drawn), audited=rows))
    return draws


def _vote_shares(votes: VoteSet) -> Scored:
    """Vote shares with one vote for each label added; 0 where nobody voted."""
    table = votes.table
    counts = np.zeros((len(table.items), len(table.labels)))
    np.add.at(counts, (table.item, table.label), 1.0)
    shares = (counts + 1) / (counts.sum(axis=1, keepdims=True) + len(table.labels))
    return _scored(votes, shares, counts.any(axis=1))


def _reconciled(votes: VoteSet, drawn: NDArray[np.int64]) -> Scored:
    from deskquorum.reconciliation.batch import reconcile_table

    answer = reconcile_table(votes.table, gold=votes.gold(drawn))
    return _scored(votes, answer.posterior, answer.voted)


def _scored(votes: VoteSet, posterior: NDArray[np.float64], voted: NDArray[np.bool_]) -> Scored:
    known = votes.known
    # Six digits, as in the files between `reconcile` and `certify`.
    top = np.where(voted, posterior.max(axis=1), 0.0).round(6)
    return Scored(score=top[known], right=(posterior.argmax(axis=1) == votes.truth)[known])


ERROR_RATES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "calibrated": lambda score: 1 - score,
    "overconfident": lambda score: np.minimum(2 * (1 - score), 0.5),
    "bad at the top": lambda score: np.where(score > TOP, 0.03, 0.004),
    "at alpha": lambda score: np.full_like(score, 0.0101),
    "useless": lambda score: np.full_like(score, 0.3),
}
"""Truth of the simulation: the chance that an answer of that score is wrong."""


def _simulated(name: str, draws: int) -> list[Draw]:
    found = []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        score = 1 - 0.5 * rng.beta(0.35, 3.0, 20_000).round(4)
        right = rng.random(len(score)) >= ERROR_RATES[name](score)
        found.append(Draw(items=Scored(score=score, right=right), audited=np.arange(5000)))
    return found


def _print_table(title: str, cases: Sequence[tuple[str, Sequence[Draw]]], alpha: float) -> None:
    if not cases:
        return
    print(f"## {title}\n")
    print(f"| {'set':<18} | hindsight | one test |", " | ".join(METHODS), "|")
    print("|---" * (3 + len(METHODS)) + "|")
    sums: list[list[float]] = []
    for name, draws in cases:
        best, one = _hindsight(draws, alpha)
        rows = [_measured(method, draws, alpha) for method in METHODS.values()]
        cells = [_cell(row, best) for row in rows]
        print(f"| {name:<18} | {best:.2f} | {_share(one, best)} |", " | ".join(cells), "|")
        if best > 0:
            sums.append([one / best, *(row[2] / best for row in rows)])
    if sums:
        means = [f"{value:.2f}" for value in np.mean(sums, axis=0)]
        print("| mean reached | |", " | ".join(means), "|")
    print(
        "\na cell: broken on all items / on the rest, reached (or coverage, where hindsight is 0)\n"
    )


def _cell(row: tuple[float, float, float], best: float) -> str:
    broken, on_rest, coverage = row
    return f"{broken:.3f}/{on_rest:.3f} {_share(coverage, best) if best else f'({coverage:.2f})'}"


def _share(coverage: float, best: float) -> str:
    return f"{coverage / best:.2f}" if best else "-"


def _measured(method: Method, draws: Sequence[Draw], alpha: float) -> tuple[float, float, float]:
    """Share of draws broken on all items and on the rest, and mean coverage."""
    results = []
    for draw in draws:
        accepted = draw.items.score >= method(draw, alpha)
        rest = accepted.copy()
        rest[draw.audited] = False
        wrong = ~draw.items.right
        errors = [wrong[kept].mean() if kept.any() else 0.0 for kept in (accepted, rest)]
        results.append((errors[0] > alpha, errors[1] > alpha, accepted.mean()))
    broken, on_rest, coverage = np.mean(results, axis=0)
    return float(broken), float(on_rest), float(coverage)


def _hindsight(draws: Sequence[Draw], alpha: float) -> tuple[float, float]:
    """Mean coverage of the best threshold, and of the best single test at a fixed coverage."""
    best = []
    grid = np.linspace(0.02, 1.0, 50)
    tested = np.zeros((len(draws), len(grid)))
    for row, draw in enumerate(draws):
        everyone = _ladder(draw.items.score, draw.items.right)
        good = everyone.n[everyone.errors <= alpha * everyone.n]
        best.append(good.max(initial=0) / len(draw.items.score))
        audit = _audit(draw)
        passed = binom.cdf(audit.errors, audit.n, alpha) <= DELTA
        shares = everyone.n / len(draw.items.score)
        for column, share in enumerate(grid):
            step = int(np.searchsorted(shares, share, side="right")) - 1
            if step >= 0 and len(audit.n):
                at = np.searchsorted(-audit.threshold, -everyone.threshold[step], side="right") - 1
                tested[row, column] = shares[step] if at >= 0 and passed[at] else 0.0
    return float(np.mean(best)), float(tested.mean(axis=0).max())


def _ladder(score: NDArray[np.float64], right: NDArray[np.bool_]) -> Ladder:
    kept = score > 0
    values, code = np.unique(-score[kept], return_inverse=True)
    n = np.bincount(code, minlength=len(values)).cumsum()
    errors = np.bincount(code[~right[kept]], minlength=len(values)).cumsum()
    return Ladder(threshold=-values, n=n, errors=errors)


def _audit(draw: Draw) -> Ladder:
    return _ladder(draw.items.score[draw.audited], draw.items.right[draw.audited])


def _ours(draw: Draw, alpha: float) -> float:
    found = certify(
        draw.items.score[draw.audited].tolist(),
        draw.items.right[draw.audited].tolist(),
        max_error=alpha,
        confidence=1 - DELTA,
        population=draw.items.score.tolist(),
    )
    return np.inf if found.threshold is None else found.threshold


def _plug_in(draw: Draw, alpha: float) -> float:
    """The lowest threshold whose audited error is small enough; no bound at all."""
    audit = _audit(draw)
    return min(audit.threshold[audit.errors <= alpha * audit.n], default=np.inf)


def _from_the_top(draw: Draw, alpha: float) -> float:
    """Fixed-sequence Learn-then-Test from the highest score down, stopped by the first failure."""
    audit = _audit(draw)
    passed = binom.cdf(audit.errors, audit.n, alpha) <= DELTA
    count = len(passed) if passed.all() else int(np.argmin(passed))
    return audit.threshold[count - 1] if count else np.inf


def _bonferroni(draw: Draw, alpha: float) -> float:
    """Learn-then-Test over ten coverages, each at a tenth of delta."""
    audit = _audit(draw)
    if not len(audit.n):
        return np.inf
    places = np.unique(np.searchsorted(audit.n, np.linspace(0.1, 1.0, 10) * audit.n[-1]))
    passed = binom.cdf(audit.errors[places], audit.n[places], alpha) <= DELTA / len(places)
    return min(audit.threshold[places[passed]], default=np.inf)


def _risk_control(draw: Draw, alpha: float) -> float:
    """Conformal risk control (Angelopoulos et al. 2022): bounds a mean, of wrong and accepted.

    The risk it controls is the share of all items that are accepted and wrong, on average over
    audits; it says nothing of the error among accepted ones.
    """
    audit = _audit(draw)
    total = len(draw.audited)
    kept = (audit.errors + 1) / (total + 1) <= alpha
    return min(audit.threshold[kept], default=np.inf)


METHODS: dict[str, Method] = {
    "ours": _ours,
    "plug-in": _plug_in,
    "from the top": _from_the_top,
    "Bonferroni": _bonferroni,
    "risk control": _risk_control,
}


if __name__ == "__main__":
    raise SystemExit(main())
