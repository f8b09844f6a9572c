"""Seconds and memory of a fit as votes grow, on made-up votes and one core."""

from __future__ import annotations

import multiprocessing as mp
import os
import timeit
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from deskquorum.reconciliation.vote_table import VoteTable

__all__ = ["print_scale"]

_SIZES = (20_000, 250_000, 1_000_000)
_GOLD = (0, 300)
_PER_ITEM = 5
_LABELERS = 50
_FAMILIES = 10
_LABELS = 4
_FEW = 20_000
_RUNS = 3
"""Fits of at most `_FEW` votes are timed so many times."""
_MOST_S = {20_000: 0.5, 1_000_000: 30.0}
"""Seconds that a fit of so many votes may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    votes: int
    gold: int
    seconds: float
    bytes_per_vote: float


def print_scale() -> None:
    """Print what fits of growing size take, each in a process of its own."""
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    print(f"{_PER_ITEM} votes an item, {_LABELERS} labelers, {_LABELS} labels; seed 0; one thread")
    print(f"{'votes':>9}{'gold':>6}{'seconds':>9}{'bytes/vote':>12}")
    for gold in _GOLD:
        costs = [_in_own_process(votes, gold) for votes in _SIZES]
        for cost in costs:
            most = _MOST_S.get(cost.votes)
            verdict = "" if most is None else "  pass" if cost.seconds <= most else "  FAIL"
            limit = "" if most is None else f" (at most {most:g} s)"
            print(
                f"{cost.votes:>9}{gold:>6}{cost.seconds:>9.2f}{cost.bytes_per_vote:>12.0f}"
                f"{verdict}{limit}",
                flush=True,
            )
        growth = costs[-1].seconds / costs[-2].seconds
        print(f"four times the votes: {growth:.1f} times the seconds")


def _in_own_process(votes: int, gold: int) -> _Cost:
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as pool:
        return pool.submit(_measured, votes, gold).result()


def _measured(votes: int, gold: int) -> _Cost:
    from deskquorum.reconciliation.batch import reconcile_table

    small, known = _made_up(1000, 50)
    reconcile_table(small, gold=known)  # imports are not what is measured
    table, known = _made_up(votes, gold)

    def fit() -> None:
        reconcile_table(table, gold=known or None)

    runs = _RUNS if votes <= _FEW else 1
    return _Cost(
        votes=votes, gold=gold, seconds=_seconds(fit, runs), bytes_per_vote=_peak_bytes(fit) / votes
    )


def _seconds(fit: Callable[[], None], runs: int) -> float:
    """The least of some runs: what other work on the machine adds is not the fit's."""
    return min(timeit.repeat(fit, number=1, repeat=runs))


def _peak_bytes(fit: Callable[[], None]) -> int:
    """Most memory held at once above what was held before; numpy reports its arrays here."""
    tracemalloc.start()
    fit()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def _made_up(votes: int, gold: int) -> tuple[VoteTable, dict[str, str]]:
    """Votes of labelers that are right 55 to 90 times in 100, and err independently."""
    random = np.random.default_rng(0)
    items = votes // _PER_ITEM
    truth = random.integers(_LABELS, size=items)
    skill = random.uniform(0.55, 0.9, size=_LABELERS)
    first = random.integers(_LABELERS, size=(items, 1))
    # Neighbours on a ring: distinct labelers for each item without a draw for each.
    labeler = np.sort((first + np.arange(_PER_ITEM)) % _LABELERS, axis=1).ravel()
    item = np.repeat(np.arange(items), _PER_ITEM)
    right = random.random(len(item)) < skill[labeler]
    wrong = (truth[item] + random.integers(1, _LABELS, size=len(item))) % _LABELS
    names, labels = tuple(map(str, range(items))), tuple(map(str, range(_LABELS)))
    table = VoteTable(
        items=names,
        labelers=tuple(map(str, range(_LABELERS))),
        labels=labels,
        families=tuple(str(number % _FAMILIES) for number in range(_LABELERS)),
        item=item,
        labeler=labeler,
        label=np.where(right, truth[item], wrong),
    )
    return table, {names[i]: labels[truth[i]] for i in range(gold)}
