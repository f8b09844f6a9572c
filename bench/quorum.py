"""Asking for fewer votes: the adaptive quorum beside asking in random order, and asking everybody.

On each set a model is fitted (without gold, and with some), and each item is replayed: the next of
its own votes is the one that `next_labeler` asks for, until no vote left could change the label, or
until the label is sure enough. How sure is the same for all items of a set: the surest level at
which at most half of all votes are used; truth has no say in it. In random order the votes are
asked for with such a level of its own (`stop`), or the same share of each item's votes (`share`).
Random orders are means over the seeds. Items whose truth is gold are left out.

Then a made-up desk with unequal prices (`quorum_desk.py`), and the time of one call.

    python bench/quorum.py --data DIR [--sets a,b] [--gold 0,100] [--seeds 5] [--desk-only]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from quorum_desk import made_up_desk, print_desk
from vote_sets import VoteSet, draw_gold, read_sets

from deskquorum.reconciliation import reconcile_table
from deskquorum.reconciliation.label_model import LabelModel
from deskquorum.reconciliation.pool import Pool, posterior_of
from deskquorum.reconciliation.quorum import next_labeler
from deskquorum.reconciliation.vote_table import VoteTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["main"]

SETS = "llm_mix_weak,crowd_face,crowd_rte,lf_video"
MOST_VOTES = 0.5
MOST_LOST = 0.005
MOST_MS = 2.0
LEVELS = 1 / (1 + np.exp(-np.linspace(-2.5, 12, 291)))
CENT = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replay:
    """Items asked vote by vote; `inf` and the last label stand where no more was asked."""

    surest: NDArray[np.float64]
    """Items x votes asked (0 to all): probability of the likeliest label."""
    right: NDArray[np.bool_]
    """Items x votes asked: whether that label is the true one."""
    votes: NDArray[np.int64]
    """Items: how many votes there are, asked for or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Share of the votes asked for, and accuracy with them."""

    votes: float
    accuracy: float


Order = Callable[["NDArray[np.int64]"], "NDArray[np.int64]"]
"""From the votes on an item to those that are asked for, in order."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    options = _parser().parse_args(arguments)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores,")
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn"))
    print(f"Python {platform.python_version()}, {versions}; gold by seed 0")
    if options.data and not options.desk_only:
        _print_sets(options)
    print_desk()
    _print_speed()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of vote sets")
    parser.add_argument("--sets", default=SETS, help="names, by commas")
    parser.add_argument("--gold", default="0,100", help="numbers of audited items, by commas")
    parser.add_argument("--seeds", type=int, default=5, help="random orders")
    parser.add_argument("--desk-only", action="store_true", help="leave out the vote sets")
    return parser


def _print_sets(options: argparse.Namespace) -> None:
    print(f"\nrandom orders: seeds 0 to {options.seeds - 1}")
    print(f"{'':18}{'':>6}{'each':>6}{'all':>8} |{'until settled':>16} |", end="")
    print(f"{'adaptive':>16} |{'random, stop':>16} |{'random, share':>16} |")
    print(f"{'set':18}{'gold':>6}{'votes':>6}{'right':>8} |" + f"{'votes':>8}{'right':>8} |" * 4)
    for votes in read_sets(options.data, options.sets.split(",")):
        for size in map(int, options.gold.split(",")):
            _print_set(votes, size, options.seeds)


def _print_set(votes: VoteSet, gold: int, seeds: int) -> None:
    drawn = draw_gold(votes, gold, 0)
    model = reconcile_table(votes.table, gold=votes.gold(drawn) or None).model
    if model is None:
        print(f"{votes.name:18}{gold:>6}  nothing was learned")
        return
    items = np.setdiff1d(votes.known, drawn)
    ours = _replay(votes, model, items, _asked_by(model, votes.table))
    adaptive = _stopped(ours, MOST_VOTES)
    randoms = [
        _replay(votes, model, items, np.random.default_rng(s).permutation) for s in range(seeds)
    ]
    stop = [_stopped(replay, adaptive.votes) for replay in randoms]
    share = [_share(replay, adaptive.votes, seed) for seed, replay in enumerate(randoms)]
    everything = float(randoms[0].right[:, -1].mean())
    columns = (_outcome(ours, np.inf), adaptive, _mean(stop), _mean(share))
    good = adaptive.votes <= MOST_VOTES and adaptive.accuracy >= everything - MOST_LOST
    print(
        f"{votes.name:18}{gold:>6}{ours.votes.mean():>6.1f}{everything:>8.4f} |"
        + "".join(f"{found.votes:>8.3f}{found.accuracy:>8.4f} |" for found in columns)
        + ("  pass" if good else "  FAIL"),
        flush=True,
    )


def _asked_by(model: LabelModel | Pool, table: VoteTable) -> Order:
    def order(votes: NDArray[np.int64]) -> NDArray[np.int64]:
        cast = {table.labelers[table.labeler[v]]: int(v) for v in votes}
        prices = dict.fromkeys(cast, CENT)
        known: dict[str, str | None] = {}
        while name := next_labeler(model, known, prices, threshold=None):
            known[name] = table.labels[table.label[cast[name]]]
        return np.array([cast[name] for name in known], dtype=np.int64)

    return order


def _replay(
    votes: VoteSet, model: LabelModel | Pool, items: NDArray[np.int64], order: Order
) -> Replay:
    table = votes.table
    bounds = np.searchsorted(table.item, np.arange(len(table.items) + 1))
    asked = [order(np.arange(bounds[i], bounds[i + 1])) for i in items]
    most = int(np.diff(bounds)[items].max())
    surest = np.full((len(items), most + 1), np.inf)
    label = np.zeros((len(items), most + 1), dtype=np.int64)
    # Row by row: an item with its first 0, 1, ... votes.
    row = [(n, k) for n, those in enumerate(asked) for k in range(len(those) + 1)]
    posterior = posterior_of(model, _rows(table, [asked[n][:k] for n, k in row]))
    where = tuple(np.array(row).T)
    surest[where], label[where] = posterior.max(axis=1), posterior.argmax(axis=1)
    for n, those in enumerate(asked):
        label[n, len(those) :] = label[n, len(those)]
    right = label == votes.truth[items][:, None]
    return Replay(surest=surest, right=right, votes=np.diff(bounds)[items])


def _rows(table: VoteTable, rows: Sequence[NDArray[np.int64]]) -> VoteTable:
    votes = np.concatenate(rows)
    return VoteTable(
        items=("",) * len(rows),
        labelers=table.labelers,
        labels=table.labels,
        families=table.families,
        item=np.repeat(np.arange(len(rows)), [len(row) for row in rows]),
        labeler=table.labeler[votes],
        label=table.label[votes],
    )


def _outcome(replay: Replay, level: float) -> Outcome:
    """When each item is asked until its label is this sure."""
    stop = (replay.surest >= level).argmax(axis=1)
    stop[(replay.surest < level).all(axis=1)] = replay.surest.shape[1] - 1
    return _at(replay, stop)


def _at(replay: Replay, stop: NDArray[np.int64]) -> Outcome:
    asked = np.isfinite(replay.surest).sum(axis=1) - 1
    return Outcome(
        votes=float(np.minimum(stop, asked).sum() / replay.votes.sum()),
        accuracy=float(replay.right[np.arange(len(stop)), stop].mean()),
    )


def _stopped(replay: Replay, most_votes: float) -> Outcome:
    """At the surest level that uses no more than this share of the votes."""
    outcomes = (_outcome(replay, level) for level in LEVELS[::-1])
    return next(found for found in outcomes if found.votes <= most_votes)


def _share(replay: Replay, share: float, seed: int) -> Outcome:
    chance = np.random.default_rng(seed).random(len(replay.votes))
    return _at(replay, np.floor(replay.votes * share + chance).astype(np.int64))


def _mean(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        votes=statistics.fmean(found.votes for found in outcomes),
        accuracy=statistics.fmean(found.accuracy for found in outcomes),
    )


def _print_speed() -> None:
    print("\none call, 12 labelers x 7 labels, none asked yet (median and 95th percentile of 200)")
    desk = made_up_desk(tickets=600, labels=7, seed=0)
    for gold in (0, 200):
        model = reconcile_table(desk.table, gold=desk.gold(gold) or None).model
        if model is None:
            continue
        took = []
        for _ in range(200):
            started = time.perf_counter()
            next_labeler(model, {}, dict.fromkeys(desk.table.labelers, CENT), threshold=None)
            took.append((time.perf_counter() - started) * 1000)
        median, slow = np.quantile(took, (0.5, 0.95))
        verdict = "pass" if median <= MOST_MS else "FAIL"
        print(
            f"  gold {gold:>3}: {median:.2f} ms, {slow:.2f} ms  {verdict} (at most {MOST_MS:g} ms)"
        )


if __name__ == "__main__":
    raise SystemExit(main())
