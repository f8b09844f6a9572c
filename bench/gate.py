"""Microseconds that the gate takes to rule on an action, beside Cedar, Rego and cel-python.

Rules of one shape are made up, ten an action, and written in every engine's language. All engines
have to give the same effect by the same rules in every situation before anything is timed. Then
the engines take turns in one process, round after round, each with every situation; what is timed
is the thread's CPU time of each call, from plain Python values to the answer. The rules, with a
case for each, are also loaded and linted. Peers that are not installed (extra `bench`) are named
and left out.

    python bench/gate.py [--rules 25,250,2500] [--rounds 20] [--seed 0]
    python bench/gate.py --soak 1000000
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from gate_engines import ENGINES, OURS, PYTHON, Ask, Engine
from gate_folder import write_folder
from gate_rules import Rule, Situation, actions_of, make_rules, make_situations
from numpy.typing import NDArray

from deskquorum.policy import lint, load_policies, run_cases

PACKAGES = ("deskquorum", "cel-expr-python", "cedarpy", "regopy", "cel-python")
PER_ACTION = 10
SITUATIONS = 200
REPEATS = 3
"""Times that loading and linting is measured; the least counts."""
STEPS = 10
MOST_P99_US = 1000.0
MOST_LOAD_S = 2.0
MOST_GROWTH_KB = 1024


def main() -> None:
    """Measure what is asked for and print it."""
    options = _options()
    packages = ", ".join(map(_version, PACKAGES))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores")
    print(f"Python {platform.python_version()}, {packages}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        if options.soak:
            _soak(Path(name), options)
            return
        print(
            f"{PER_ACTION} rules an action, {SITUATIONS} situations, {options.rounds} rounds, "
            f"seed {options.seed}; microseconds of CPU time"
        )
        for count in options.rules:
            folder = Path(name) / str(count)
            folder.mkdir()
            _compare(folder, count, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", type=_numbers, default=[25, 250, 2500], help="how many rules")
    parser.add_argument("--rounds", type=int, default=20, help="times that all are asked")
    parser.add_argument("--seed", type=int, default=0, help="of the rules and situations")
    parser.add_argument("--soak", type=int, default=0, help="rule so often and watch the memory")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} -"


def _compare(folder: Path, count: int, options: argparse.Namespace) -> None:
    rules, situations = _written(folder, count, options.seed)
    actions = len(actions_of(rules))
    print(f"\n{count} rules on {actions} actions", flush=True)
    _print_load(folder)
    asks = _loaded(rules, folder)
    ready = {e.name: [e.ready(s) for s in situations] for e in ENGINES if e.name in asks}
    effects = _agreed(asks, ready)
    print(f"  same answer of all to each: {effects}")
    timings = _timed(asks, ready, options.rounds)
    print("| engine | p50 | p99 | p50 to ours |\n|---|---:|---:|---:|")
    middle = {name: float(np.median(took)) for name, took in timings.items()}
    for name, took in timings.items():
        p99 = float(np.percentile(took, 99))
        print(f"| {name} | {middle[name]:.1f} | {p99:.1f} | {middle[name] / middle[OURS]:.2f} |")
    p99 = float(np.percentile(timings[OURS], 99))
    _judge(f"p99 at most {MOST_P99_US:g} microseconds", f"{p99:.0f}", met=p99 <= MOST_P99_US)
    peers = [middle[e.name] for e in ENGINES if e.kind == "peer" and e.name in asks]
    if peers:
        measured = f"{middle[OURS]:.1f} against {min(peers):.1f}"
        _judge("p50 below that of every peer", measured, met=middle[OURS] < min(peers))


def _written(folder: Path, count: int, seed: int) -> tuple[tuple[Rule, ...], list[Situation]]:
    rules = make_rules(count, per_action=PER_ACTION, seed=seed)
    floor = next(engine for engine in ENGINES if engine.name == PYTHON)
    decide = floor.load(rules, folder)
    write_folder(folder, rules, lambda situation: decide(floor.ready(situation)), seed=seed)
    return rules, make_situations(rules, SITUATIONS, seed=seed)


def _print_load(folder: Path) -> None:
    """Loading, and linting with one case a rule; what is found stops the run."""
    loads, lints = [], []
    for _ in range(REPEATS):
        start = time.process_time()
        book = load_policies(folder)
        loaded = time.process_time()
        remarks = lint(book)
        lints.append(time.process_time() - loaded)
        loads.append(loaded - start)
    failed = [result.name for result in run_cases(book) if not result.passed]
    if remarks or failed:
        sys.exit(f"the rules are not as they should be: {[*remarks, *failed][:3]}")
    load, linting = min(loads), min(lints)
    measured = f"{load:.2f} s load, {linting:.2f} s lint with {len(book.cases)} cases"
    _judge(f"at most {MOST_LOAD_S:g} s", measured, met=load + linting <= MOST_LOAD_S)


def _loaded(rules: Sequence[Rule], folder: Path) -> dict[str, Ask]:
    asks: dict[str, Ask] = {}
    for engine in ENGINES:
        start = time.process_time()
        try:
            asks[engine.name] = engine.load(rules, folder)
        except ImportError as exc:
            print(f"  left out: {engine.name} ({exc.name} is not installed)")
        else:
            print(f"  {engine.name}: ready in {time.process_time() - start:.2f} s", flush=True)
    return asks


def _agreed(asks: Mapping[str, Ask], ready: Mapping[str, Sequence[object]]) -> str:
    """What all engines say, counted; stops the run where one says something else."""
    counts: dict[str, int] = {}
    for at in range(SITUATIONS):
        answers = {name: ask(ready[name][at]) for name, ask in asks.items()}
        if len(set(answers.values())) > 1:
            sys.exit(f"the engines differ in situation {at}: {answers}")
        effect = answers[PYTHON][0]
        counts[effect] = counts.get(effect, 0) + 1
    return ", ".join(f"{effect} {number}" for effect, number in sorted(counts.items()))


def _timed(
    asks: Mapping[str, Ask], ready: Mapping[str, Sequence[object]], rounds: int
) -> dict[str, NDArray[np.float64]]:
    """Microseconds of every call; all have been asked everything once before."""
    took: dict[str, list[int]] = {name: [] for name in asks}
    for _ in range(rounds):
        for name, ask in asks.items():
            for given in ready[name]:
                start = time.thread_time_ns()
                ask(given)
                took[name].append(time.thread_time_ns() - start)
    return {name: np.array(times) / 1000 for name, times in took.items()}


def _soak(folder: Path, options: argparse.Namespace) -> None:
    """Rule again and again; the resident memory must not grow after the first tenth."""
    rules, situations = _written(folder, min(options.rules), options.seed)
    engine: Engine = next(engine for engine in ENGINES if engine.name == OURS)
    ask = engine.load(rules, folder)
    given = [engine.ready(situation) for situation in situations]
    sizes = []
    for step in range(1, STEPS + 1):
        for turn in range(options.soak // STEPS):
            ask(given[turn % SITUATIONS])
        sizes.append(_resident_kb())
        print(f"{step * (options.soak // STEPS):>10} rulings: {sizes[-1]} kB", flush=True)
    growth = sizes[-1] - sizes[0]
    what = f"at most {MOST_GROWTH_KB} kB more at the end than after the first tenth"
    _judge(what, f"{growth} kB", met=growth <= MOST_GROWTH_KB)


def _resident_kb() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") // 1024


def _judge(what: str, measured: str, *, met: bool) -> None:
    print(f"  {'pass' if met else 'FAIL'}  {what}: {measured}", flush=True)


if __name__ == "__main__":
    main()
