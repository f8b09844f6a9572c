"""Runs one system in a process of its own, on orders that come in as lines of JSON."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving.jobs import Remote, System, Usage, make_job, right

_MOST_TOLD = 3


async def main(system: System, url: str) -> None:
    """Start the system, carry orders out one by one, and stop it at the end of the input."""
    started = time.perf_counter()
    await system.start(url)
    try:
        _tell({"setup_s": time.perf_counter() - started, "rss_mb": _usage(system).rss_mb})
        while line := await asyncio.to_thread(sys.stdin.readline):
            _tell(await _run(system, **json.loads(line)))
    finally:
        await system.stop()


async def _run(
    system: System, *, first: int, count: int, concurrency: int, flagged: bool = False
) -> dict[str, Any]:
    """So many jobs by so many workers, each of which takes the next one once it is done."""
    taken: list[float] = []
    wrong: list[str] = []
    unjudged: Counter[str] = Counter()
    numbers = iter(range(first, first + count))

    async def work(numbers: Iterator[int]) -> None:
        for number in numbers:
            job = make_job(number)
            began = time.perf_counter()
            try:
                outcome = await system.job(job)
            except Exception as exc:  # noqa: BLE001 - counted as a wrong result, whatever it is
                wrong.append(f"{job.id}: {type(exc).__name__}: {exc}"[:300])
            else:
                if outcome.unjudged:
                    # Said at once or at the deadline: no time of a job that was done.
                    unjudged[outcome.unjudged] += 1
                    continue
                if not right(outcome, flagged=flagged):
                    wrong.append(f"{job.id}: {outcome}")
            taken.append(time.perf_counter() - began)

    started, before, own = time.perf_counter(), _usage(system), time.process_time()
    await asyncio.gather(*(work(numbers) for _ in range(concurrency)))
    after = _usage(system)
    return {
        "taken": taken,
        "elapsed_s": time.perf_counter() - started,
        "cpu_s": after.cpu_s - before.cpu_s,
        "database_s": after.database_s - before.database_s,
        "driver_s": time.process_time() - own,
        "rss_mb": after.rss_mb,
        "wrong": len(wrong),
        "examples": wrong[:_MOST_TOLD],
        "unjudged": unjudged,
    }


def _usage(system: System) -> Usage:
    """Of whoever does the work: this process, or those that the system started."""
    if isinstance(system, Remote):
        return system.usage()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    held = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Usage(cpu_s=time.process_time(), rss_mb=held)


def _tell(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _load(name: str, options: str) -> System:
    module, _, kind = name.partition(":")
    made: System = getattr(importlib.import_module(f"serving.{module}"), kind)(
        **json.loads(options)
    )
    return made


if __name__ == "__main__":
    asyncio.run(main(_load(sys.argv[1], sys.argv[3]), sys.argv[2]))
