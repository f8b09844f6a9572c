"""Runs one system in a process of its own, on orders that come in as lines of JSON."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from serving.jobs import System, make_job, right

_MOST_TOLD = 3


async def main(system: System, url: str) -> None:
    """Start the system, carry orders out one by one, and stop it at the end of the input."""
    started = time.perf_counter()
    await system.start(url)
    _tell({"setup_s": time.perf_counter() - started, "rss_mb": rss_mb()})
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        _tell(await _run(system, **order))
    await system.stop()


async def _run(
    system: System, *, first: int, count: int, concurrency: int, flagged: bool = False
) -> dict[str, Any]:
    """So many jobs by so many workers, each of which takes the next one once it is done."""
    taken: list[float] = []
    wrong: list[str] = []
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
                if not right(outcome, flagged=flagged):
                    wrong.append(f"{job.id}: {outcome}")
            taken.append(time.perf_counter() - began)

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work(numbers) for _ in range(concurrency)))
    return {
        "taken": taken,
        "elapsed_s": time.perf_counter() - started,
        "cpu_s": time.process_time() - cpu,
        "rss_mb": rss_mb(),
        "wrong": len(wrong),
        "examples": wrong[:_MOST_TOLD],
    }


def rss_mb() -> float:
    """Memory held by this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _tell(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _load(name: str) -> Callable[[], System]:
    module, _, kind = name.partition(":")
    made: Callable[[], System] = getattr(importlib.import_module(f"serving.{module}"), kind)
    return made


if __name__ == "__main__":
    asyncio.run(main(_load(sys.argv[1])(), sys.argv[2]))
