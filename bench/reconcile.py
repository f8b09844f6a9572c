"""Our reconciliation beside other label models on votes with truth: with and without gold.

DIR holds a folder a set, with `votes.csv` (`item,labeler,label`) and `truth.csv` (`item,label`).
Gold is drawn at random and scored on the rest of the items with truth. Log-loss is natural and
clipped at 1e-6, ECE has 15 bins of equal width, Brier sums over the classes, tied classes share the
point. Peers that are not installed (extra `bench`) are named and left out.

    python bench/reconcile.py --data DIR [--sets a,b] [--gold 0,30,100,300] [--seeds 5]
    python bench/reconcile.py --many-classes DIR [--gold 0,300]
    python bench/reconcile.py --scale
"""

from __future__ import annotations

import argparse
import os
import platform
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from peer_runs import Row, draws_of, run_all
from peers import METHODS
from plot_sets import plot_sets
from results import MEASURES, means_of, print_tables, read_rows, write_rows
from scale import print_scale
from targets import targets
from vote_sets import VoteSet, read_sets

PACKAGES = ("deskquorum", "numpy", "scipy", "scikit-learn", "crowd-kit", "snorkel", "torch")


def main() -> None:
    """Run what is wanted and print it."""
    options = _options()
    place = _place()
    print("\n".join(place), flush=True)
    if options.scale:
        print_scale()
    else:
        _compare(options, place)


def _compare(options: argparse.Namespace, place: Sequence[str]) -> None:
    asked = f"gold {options.gold}, seeds 0 to {options.seeds - 1}"
    print(
        f"{asked}; {options.timeout:g} s a fit at most, {options.jobs} at a time, one thread each"
    )
    sets = read_sets(options.data, options.sets) if options.data else _many(options.many_classes)
    _print_sets(sets)
    rows = _rows(sets, options)
    if options.out:
        write_rows(options.out, rows, place)
    print_tables(rows, [method.name for method in METHODS], MEASURES)
    _print_left_out(rows)
    _print_targets(rows)
    if options.plot:
        plot_sets(sets, options.plot)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="the folder with the sets")
    source.add_argument("--many-classes", type=Path, help="folder of tickets with intents instead")
    source.add_argument("--scale", action="store_true", help="seconds and memory as votes grow")
    parser.add_argument("--sets", type=_names, default=[], help="only these, with commas")
    parser.add_argument("--methods", type=_names, default=[], help="only these, with commas")
    parser.add_argument("--gold", type=_numbers, default=[0, 30, 100, 300], help="gold sizes")
    parser.add_argument("--seeds", type=int, default=5, help="draws of gold a size")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds a fit may take")
    parser.add_argument("--out", type=Path, help="JSON file for all rows")
    parser.add_argument("--reuse", type=Path, help="such a file: other methods' rows are taken")
    parser.add_argument("--plot", type=Path, help="folder for plots of ours, two a set")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in _names(text)]


def _place() -> list[str]:
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores",
        f"Python {platform.python_version()}, {', '.join(map(_version, PACKAGES))}",
    ]


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} -"


def _many(folder: Path) -> list[VoteSet]:
    # Its labelers need more than a label model does.
    from many_classes import many_class_sets

    return many_class_sets(folder)


def _print_sets(sets: Sequence[VoteSet]) -> None:
    for votes in sets:
        table = votes.table
        print(
            f"{votes.name}: {len(table.items)} items, {len(votes.known)} with truth, "
            f"{len(table.labelers)} labelers in {len(set(table.families))} families, "
            f"{len(table.label)} votes, {len(table.labels)} labels",
            flush=True,
        )


def _rows(sets: Sequence[VoteSet], options: argparse.Namespace) -> list[Row]:
    methods = [m for m in METHODS if not options.methods or m.name in options.methods]
    running = {method.name for method in methods}
    old = read_rows(options.reuse) if options.reuse else []
    names = {votes.name for votes in sets}
    rows = [row for row in old if row.method not in running and row.set in names]
    draws = {votes.name: draws_of(votes, options.gold, options.seeds) for votes in sets}
    for found in run_all(sets, methods, draws, jobs=options.jobs, timeout_s=options.timeout):
        rows += found
        if options.out:
            write_rows(options.out, rows, [])
    return rows


def _print_left_out(rows: Sequence[Row]) -> None:
    """Name what did not finish: a method, why, and on which sets."""
    sets: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row.why:
            sets[row.method, row.why][row.set] = None
    for (method, why), names in sets.items():
        print(f"left out: {method} ({why}) on {', '.join(names)}")


def _print_targets(rows: Sequence[Row]) -> None:
    for target in targets(means_of(rows)):
        verdict = {True: "pass", False: "FAIL", None: "info"}[target.met]
        print(f"{verdict}  {target.what}: {target.measured}")


if __name__ == "__main__":
    main()
