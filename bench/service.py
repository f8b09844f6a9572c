"""One job by several systems in one run: decisions a second, latency, processor time, memory.

A job is a ticket of one 133-word message with an e-mail address, a phone number and a card, a
proposed refund and an 88-word draft. Its three model calls (message, action, reply) are answered
by a simulated server in a process of its own after a fixed time. Each system has a process of its
own; systems take turns in rounds, so that a slow minute of the machine meets all of them. Every
result is checked, the server looks for personal data in every request, and in a control run it
flags everything, which must hold back every job.

    python bench/service.py --concurrency 1 50 200 500 --latency 0.3 \
        --python nemo=/venvs/nemo/bin/python --peers nemo
    python bench/service.py --http --concurrency 50 200 500
    python bench/service.py --soak 100000 --systems ours --latency 0.005

Other systems are not among our packages: each needs a Python of its own that has them. With
`--http` the systems are `deskquorum serve` in one process and in two, on SQLite and on PostgreSQL;
the CPU and the memory told are those of these processes, and `DB ms` that of PostgreSQL's. What was
given to a person without a judgement (over `--in-flight`, or late) counts as `unjudged` only.
"""

import argparse
import multiprocessing
import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing.connection import Connection

from serving.driven import HTTP, OWN, SYSTEMS, Driven, Measured
from serving.model import serve
from serving.soak import soak

PACKAGES = ("aiohttp", "fastapi", "openai", "sqlalchemy", "uvicorn")
"""Whose versions are told."""


def main() -> None:
    """Measure, and print a table."""
    options = _options()
    pythons = dict(entry.split("=", 1) for entry in options.python)
    names = [*options.systems, *options.peers]
    if missing := [name for name in names if name not in (*OWN, *pythons)]:
        raise SystemExit(f"no Python for {', '.join(missing)}: add --python NAME=PATH")
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs, options.latency), daemon=True)
    server.start()
    url = ours.recv()
    _introduce(options.latency)
    driven: list[Driven] = []
    try:
        for name in names:
            python = pythons.get(name, sys.executable)
            driven.append(Driven(name, python, url, in_flight=options.in_flight))
        if options.soak:
            soak(driven[0], ours, options.soak, options.concurrency[0])
        else:
            _compare(driven, ours, options)
    finally:
        for system in driven:
            system.close()
        ours.send(("stop",))
        server.join(5)


def _introduce(latency_s: float) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, {os.cpu_count()} cores,")
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}")
    print(f"model: 3 calls a job, {latency_s * 1000:g} ms")
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f}")


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
        "--systems", nargs="+", default=["ours", "floor", "floor-aiohttp"], choices=OWN
    )
    parser.add_argument("--http", action="store_true", help="the services of ours instead")
    parser.add_argument(
        "--in-flight",
        type=int,
        default=1000,
        help="tickets that each process of a service takes on; the next go to a person at once",
    )
    parser.add_argument("--soak", type=int, help="so many jobs by the first, memory at ten points")
    options = parser.parse_args()
    if options.http:
        options.systems = HTTP
    return options


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


def _table(concurrency: int, latency_s: float, rows: Sequence[tuple[Driven, Measured]]) -> None:
    print(f"\n{concurrency} at a time")
    print(
        f"  {'system':<20}{'jobs':>6}{'jobs/s':>8}{'(range)':>14}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'added p50':>10}{'added p99':>10}{'CPU ms':>8}{'DB ms':>7}"
        f"{'unjudged':>10}{'calls':>7}{'wrong':>6}{'leaks':>6}"
    )
    for system, one in rows:
        jobs = one.jobs
        spread = f"({min(one.rates):.0f}-{max(one.rates):.0f})"
        added = (one.p50_ms - latency_s * 1000, one.p99_ms - latency_s * 1000)
        print(
            f"  {system.name:<20}{jobs:>6}{statistics.median(one.rates):>8.1f}{spread:>14}"
            f"{one.p50_ms:>8.0f}{one.p99_ms:>8.0f}{added[0]:>10.0f}{added[1]:>10.0f}"
            f"{one.cpu_s / jobs * 1000:>8.1f}{one.database_s / jobs * 1000:>7.1f}"
            f"{one.unjudged.total() / jobs:>10.1%}{one.calls / jobs:>7.2f}"
            f"{one.wrong:>6}{one.leaks:>6}"
        )
        if one.unjudged:
            print(f"    given to a person unjudged: {dict(one.unjudged)}")
    late_s = max(one.late_s for _, one in rows)
    asking = [one.driver_s / one.jobs for system, one in rows if system.name in HTTP]
    if asking:
        print(f"  asking took {max(asking) * 1000:.1f} ms of CPU a job, in a process of its own")
    print(f"  the model's own answers were late by {late_s * 1000:.0f} ms at worst")


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


def _served(server: Connection) -> tuple[int, int, float]:
    server.send(("stats",))
    calls, leaks, late_s = server.recv()
    return calls, leaks, late_s


if __name__ == "__main__":
    main()
