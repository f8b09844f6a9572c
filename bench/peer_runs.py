"""Runs of label models on sets of votes, each in its own process with a time limit, and scored."""

from __future__ import annotations

import multiprocessing as mp
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import metrics
from peers import METHODS, PRELOAD, Method
from vote_sets import VoteSet, draw_gold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deskquorum.reconciliation.vote_table import VoteTable

__all__ = ["LEAST_SCORED", "Draw", "Row", "draws_of", "run_all"]

LEAST_SCORED = 50
"""Gold sizes that leave fewer items to score are left out."""

_START_S = 180.0
"""Time for a process to start and to import what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """Gold drawn from a set, and the items that are left to score."""

    size: int
    seed: int
    gold: Mapping[str, str]
    scored: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One method on one set with one draw of gold; without `scores` it did not finish."""

    set: str
    method: str
    gold: int
    seed: int
    scored: int
    seconds: float | None
    scores: metrics.Scores | None
    why: str
    """Why there are no scores; empty where there are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fitted:
    posterior: NDArray[np.float64] | None
    seconds: float | None = None
    why: str = ""


def draws_of(votes: VoteSet, sizes: Sequence[int], seeds: int) -> list[Draw]:
    """Draws of gold that leave enough items; size 0 is drawn once."""
    known = set(votes.known)
    drawn = [
        (size, seed, draw_gold(votes, size, seed))
        for size in sizes
        for seed in range(seeds if size else 1)
        if len(known) - size >= LEAST_SCORED
    ]
    return [
        Draw(
            size=size,
            seed=seed,
            gold=votes.gold(items),
            scored=votes.known[~_among(votes.known, items)],
        )
        for size, seed, items in drawn
    ]


def run_all(
    sets: Sequence[VoteSet],
    methods: Sequence[Method],
    draws: Mapping[str, Sequence[Draw]],
    *,
    jobs: int,
    timeout_s: float,
) -> Iterator[list[Row]]:
    """Run every method on every set; yields the rows of one method on one set as they come.

    A method that ignores gold is fitted once a set and scored on what each draw leaves. One that
    runs out of time on a set is not tried on it again.
    """
    # One thread each: seconds are those of one core, and jobs don't take each other's.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    mp.get_context("forkserver").set_forkserver_preload(list(PRELOAD))
    with ThreadPoolExecutor(jobs) as pool:
        runs = [
            pool.submit(_run, votes, method, draws[votes.name], timeout_s)
            for votes in sets
            for method in methods
        ]
        for run in runs:
            yield run.result()


def _run(votes: VoteSet, method: Method, draws: Sequence[Draw], timeout_s: float) -> list[Row]:
    wanted = [draw for draw in draws if draw.size or method.gold != "needed"]
    if method.gold == "ignored":
        fitted = _fit(votes.table, method, [{}], timeout_s) * len(wanted)
    else:
        fitted = _fit(votes.table, method, [draw.gold for draw in wanted], timeout_s)
    return [_scored(votes, method, draw, found) for draw, found in zip(wanted, fitted, strict=True)]


def _scored(votes: VoteSet, method: Method, draw: Draw, found: _Fitted) -> Row:
    scores = None
    if found.posterior is not None:
        scores = metrics.scores(found.posterior[draw.scored], votes.truth[draw.scored])
    return Row(
        set=votes.name,
        method=method.name,
        gold=draw.size,
        seed=draw.seed,
        scored=len(draw.scored),
        seconds=found.seconds,
        scores=scores,
        why=found.why,
    )


def _fit(
    table: VoteTable, method: Method, golds: Sequence[Mapping[str, str]], timeout_s: float
) -> list[_Fitted]:
    """Fit once per gold; after a crash in a new process, after a time-out no more."""
    found: list[_Fitted] = []
    while len(found) < len(golds):
        found += _fit_until_trouble(table, method, golds[len(found) :], timeout_s)
        if found[-1].why and found[-1].why != "failed":
            found += found[-1:] * (len(golds) - len(found))
    return found


def _fit_until_trouble(
    table: VoteTable, method: Method, golds: Sequence[Mapping[str, str]], timeout_s: float
) -> list[_Fitted]:
    here, there = mp.Pipe()
    process = mp.get_context("forkserver").Process(
        target=_serve, args=(there, method.name, table, golds), daemon=True
    )
    process.start()
    there.close()
    try:
        started = _received(here, _START_S)
        found = [started] if started.why else []
        while not (found and found[-1].why) and len(found) < len(golds):
            found.append(_received(here, timeout_s))
        return found
    finally:
        process.kill()
        process.join()
        here.close()


def _received(connection: Connection, timeout_s: float) -> _Fitted:
    if not connection.poll(timeout_s):
        return _Fitted(posterior=None, why=f"over {timeout_s:g} s")
    try:
        received = connection.recv()
    except EOFError:
        return _Fitted(posterior=None, why="failed")
    assert isinstance(received, _Fitted)  # noqa: S101 - narrows what a pipe gives
    return received


def _serve(
    connection: Connection, name: str, table: VoteTable, golds: Sequence[Mapping[str, str]]
) -> None:
    """In the process: say that imports are done, then answer each gold with a posterior."""
    try:
        fit = next(method for method in METHODS if method.name == name).load()
    except ImportError as missing:
        connection.send(_Fitted(posterior=None, why=f"not installed: {missing}"))
        return
    connection.send(_Fitted(posterior=None))
    warnings.simplefilter("ignore")  # other projects' deprecations say nothing about the figures
    for gold in golds:
        started = time.perf_counter()
        posterior = fit(table, gold)
        seconds = time.perf_counter() - started
        connection.send(_Fitted(posterior=posterior, seconds=seconds))


def _among(items: NDArray[np.int64], drawn: NDArray[np.int64]) -> NDArray[np.bool_]:
    import numpy as np

    return np.isin(items, drawn)
