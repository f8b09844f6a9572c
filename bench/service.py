"""One job by several systems in one run: decisions a second, latency, processor time, memory.

A job is a ticket of one 133-word message with an e-mail address, a phone number and a card, a
proposed refund and an 88-word draft. Its three model calls (message, action, reply) are answered
by a simulated server in a process of its own after a fixed time. Each system has a process of its
own; systems take turns in rounds, so that a slow minute of the machine meets all of them. Every
result is checked, the server looks for personal data in every request, and in a control run it
flags everything, which must hold back every job.

    python bench/service.py --concurrency 1 50 200 500 --latency 0.3 \
        --python nemo=/venvs/nemo/bin/python --peers nemo

Other systems are not among our packages: each needs a Python of its own that has them.
"""

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from serving.model import serve

BENCH = Path(__file__).parent
SYSTEMS = {
    "ours": "ours:Embedded",
    "floor": "floors:Bare",
    "floor-aiohttp": "floors:OverAiohttp",
    "nemo": "nemo:Rails",
    "openai-guardrails": "openai_guardrails:Checks",
    "langchain": "langchain_agent:Agent",
}
"""Name to where it stands in `bench/serving`."""

OWN = ("ours", "floor", "floor-aiohttp")
"""Those that run in this Python."""

POINTS = 10
"""Times that memory is looked at in a `--memory` run."""


@dataclass
class Measured:
    """What one system did at one concurrency, all rounds together."""

    taken: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    wrong: int = 0
    calls: int = 0
    leaks: int = 0
    late_s: float = 0.0
    """Worst lateness of the simulated server itself."""

    def add(self, told: dict[str, Any], served: tuple[int, int, float]) -> None:
        """Take in one round."""
        self.taken += told["taken"]
        self.rates.append(len(told["taken"]) / told["elapsed_s"])
        self.cpu_s += told["cpu_s"]
        self.wrong += told["wrong"]
        self.calls += served[0]
        self.leaks += served[1]
        self.late_s = max(self.late_s, served[2])


class Driven:
    """A system in a process of its own."""

    def __init__(self, name: str, python: str, url: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, "-m", "serving.driver", SYSTEMS[name], url],
            cwd=BENCH,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.setup = self._told()
        self.peak_mb = self.setup["rss_mb"]
        self._next = 0

    def run(self, count: int, concurrency: int, *, flagged: bool = False) -> dict[str, Any]:
        """So many jobs that were not done before."""
        order = {"first": self._next, "count": count, "concurrency": concurrency}
        self._next += count
        assert self._process.stdin is not None  # noqa: S101 - narrows: it is a pipe
        print(json.dumps(order | {"flagged": flagged}), file=self._process.stdin, flush=True)
        told = self._told()
        self.peak_mb = max(self.peak_mb, told["rss_mb"])
        return told

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=30)

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - narrows: it is a pipe
        while line := self._process.stdout.readline():
            # Some packages print on their own account.
            if line.startswith("{"):
                told: dict[str, Any] = json.loads(line)
                return told
        raise SystemExit(f"{self.name} ended by itself: see its words above")


def main() -> None:
    """Measure, and print a table."""
    options = _options()
    pythons = dict(entry.split("=", 1) for entry in options.python)
    names = [*OWN, *options.peers] if not options.memory else ["ours"]
    if missing := [name for name in names if name not in (*OWN, *pythons)]:
        raise SystemExit(f"no Python for {', '.join(missing)}: add --python NAME=PATH")
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, options.latency), daemon=True)
    server.start()
    url = ours.recv()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, {os.cpu_count()} cores,")
    print(
        f"Python {platform.python_version()}; model: 3 calls a job, {options.latency * 1000:g} ms"
    )
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f}")
    driven = [Driven(name, pythons.get(name, sys.executable), url) for name in names]
    try:
        if options.memory:
            _memory(driven[0], ours, options.memory, options.concurrency[0])
        else:
            _compare(driven, ours, options)
    finally:
        for system in driven:
            system.close()
        ours.send(("stop",))
        server.join(5)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 50])
    parser.add_argument("--latency", type=float, default=0.3, help="seconds a model call takes")
    parser.add_argument("--jobs", type=int, default=4, help="jobs a worker does in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peers", nargs="*", default=[], choices=[n for n in SYSTEMS if n not in OWN]
    )
    parser.add_argument("--python", nargs="*", default=[], metavar="NAME=PATH", help="of a peer")
    parser.add_argument(
        "--memory", type=int, help="so many jobs without latency, memory at ten points"
    )
    return parser.parse_args()


def _compare(driven: Sequence[Driven], server: Connection, options: argparse.Namespace) -> None:
    for system in driven:
        system.run(20, 10)
        _served(server)
    found: dict[tuple[int, str], Measured] = {}
    for _ in range(options.rounds):
        for concurrency in options.concurrency:
            for system in driven:
                measured = found.setdefault((concurrency, system.name), Measured())
                count = max(options.jobs * concurrency, 10)
                told = system.run(count, concurrency)
                measured.add(told, _served(server))
                for example in told["examples"]:
                    print(f"  wrong: {system.name}: {example}", file=sys.stderr)
    for concurrency in options.concurrency:
        _table(concurrency, options.latency, [(s, found[concurrency, s.name]) for s in driven])
    _control(driven, server)
    print("\nmemory, MB at the start and at most; seconds to start")
    for system in driven:
        setup = system.setup
        print(
            f"  {system.name:<20}{setup['rss_mb']:>6.0f}{system.peak_mb:>6.0f}"
            f"{setup['setup_s']:>7.1f}"
        )


def _table(concurrency: int, latency_s: float, rows: Iterable[tuple[Driven, Measured]]) -> None:
    print(f"\n{concurrency} at a time")
    print(
        f"  {'system':<20}{'jobs':>6}{'jobs/s':>8}{'(range)':>14}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'added p50':>10}{'added p99':>10}{'CPU ms':>8}{'calls':>7}{'wrong':>6}{'leaks':>6}"
    )
    for system, one in rows:
        jobs = len(one.taken)
        p50 = statistics.median(one.taken) * 1000
        p99 = statistics.quantiles(one.taken, n=100, method="inclusive")[98] * 1000
        spread = f"({min(one.rates):.0f}-{max(one.rates):.0f})"
        print(
            f"  {system.name:<20}{jobs:>6}{statistics.median(one.rates):>8.1f}{spread:>14}"
            f"{p50:>8.0f}{p99:>8.0f}{p50 - latency_s * 1000:>10.0f}{p99 - latency_s * 1000:>10.0f}"
            f"{one.cpu_s / jobs * 1000:>8.1f}{one.calls / jobs:>7.2f}{one.wrong:>6}{one.leaks:>6}"
        )


def _control(driven: Sequence[Driven], server: Connection) -> None:
    """The server flags everything: whatever is not held back now would pass for right above."""
    server.send(("flags", True))
    server.recv()
    print("\ncontrol: the model flags everything; jobs that were not held back")
    for system in driven:
        told = system.run(20, 10, flagged=True)
        print(f"  {system.name:<20}{told['wrong']:>3} of 20  {'; '.join(told['examples'][:1])}")
    server.send(("flags", False))
    server.recv()


def _memory(system: Driven, server: Connection, count: int, concurrency: int) -> None:
    server.send(("latency", 0.0))
    server.recv()
    print(f"{count} jobs, {concurrency} at a time, no latency; MB held, at {POINTS} points")
    print(f"  {0:>8} {system.setup['rss_mb']:>8.1f}", flush=True)
    for point in range(1, POINTS + 1):
        told = system.run(count // POINTS, concurrency)
        calls, leaks, _ = _served(server)
        done = point * (count // POINTS)
        print(
            f"  {done:>8} {told['rss_mb']:>8.1f}  wrong {told['wrong']}, leaks {leaks}"
            f", calls {calls}"
            f"  {'; '.join(told['examples'])}",
            flush=True,
        )


def _served(server: Connection) -> tuple[int, int, float]:
    server.send(("stats",))
    calls, leaks, late_s = server.recv()
    return calls, leaks, late_s


if __name__ == "__main__":
    main()
