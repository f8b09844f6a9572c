"""Decisions a second with a simulated model: the whole path of the example desk, ledger included.

The model answers every call after a fixed time, over real HTTP, from a process of its own.

    python bench/throughput.py --latency 0.3 --tickets 200 --concurrency 1 10 50
"""

import argparse
import multiprocessing
import os
import platform
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path

import anyio
import anyio.to_thread

from deskquorum import Desk, Ticket, load_desk
from deskquorum.formats import parse_json, read_ticket
from deskquorum.testing import ScriptedModel, letters, slow

DESK = Path(__file__).parents[1] / "examples" / "northwind"


def main() -> None:
    """Measure each concurrency in turn and print a line for it."""
    options = _options()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs, options.latency), daemon=True)
    server.start()
    url = ours.recv()
    lines = (DESK / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    tickets = [read_ticket(parse_json(line)) for line in lines if line.strip()]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores,")
    print(f"Python {platform.python_version()}, openai {version('openai')}")
    print(f"model: 1 call a decision, {options.latency * 1000:.0f} ms; 14 other labelers")
    print(f"{'concurrent':>10} {'decisions/s':>12} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms each':>12}")
    for concurrency in options.concurrency:
        with tempfile.TemporaryDirectory() as folder:
            desk = load_desk(_unlimited(Path(folder) / "desk"), model_url=url)
            anyio.run(_measure, desk, tickets, options.tickets, concurrency)
    ours.send(None)
    server.join(5)


def _unlimited(folder: Path) -> Path:
    """The example desk, its model asked on every ticket and as often at a time as there are."""
    shutil.copytree(DESK, folder, ignore=shutil.ignore_patterns("state"))
    desk = folder / "policies" / "desk.yaml"
    text = desk.read_text(encoding="utf-8")
    text = text.replace("max_concurrency: 4", "max_concurrency: 200")
    # Unless it is free and of the first wave it is asked only where its vote could matter.
    asked = text.replace("wave: 2", "wave: 1, price: 0")
    desk.write_text(asked, encoding="utf-8")
    return folder


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds a model call takes")
    parser.add_argument("--tickets", type=int, default=200)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 10, 50])
    return parser.parse_args()


async def _measure(desk: Desk, tickets: list[Ticket], count: int, concurrency: int) -> None:
    taken: list[float] = []
    failed = 0
    limiter = anyio.CapacityLimiter(concurrency)

    async def one(ticket: Ticket) -> None:
        nonlocal failed
        async with limiter:
            started = time.perf_counter()
            decision = await desk.decide(ticket, deadline_s=30)
            taken.append(time.perf_counter() - started)
            failed += any(r.code in {"labeler-failed", "late"} for r in decision.reasons)

    async with desk:
        await desk.decide(tickets[0])  # warm: recognizers and connections are made once
        started, cpu = time.perf_counter(), time.process_time()
        async with anyio.create_task_group() as group:
            for n in range(count):
                group.start_soon(one, replace(tickets[n % len(tickets)], id=f"t{n}"))
        elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu
    p99 = statistics.quantiles(taken, n=100)[98]
    print(
        f"{concurrency:>10} {count / elapsed:>12.1f} {statistics.median(taken) * 1000:>8.0f} "
        f"{p99 * 1000:>8.0f} {cpu / count * 1000:>12.1f}" + (f"  {failed} failed" if failed else "")
    )


def _serve(pipe: Connection, latency_s: float) -> None:
    async def run() -> None:
        async with ScriptedModel(lambda _: slow(latency_s, letters({"A": 0.8, "B": 0.2}))) as model:
            pipe.send(model.base_url)
            await anyio.to_thread.run_sync(pipe.recv)

    anyio.run(run)


if __name__ == "__main__":
    main()
