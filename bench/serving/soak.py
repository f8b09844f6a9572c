"""Many jobs in a row: whether memory stays where it is."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection

from serving.driven import Driven

__all__ = ["slope_kb", "soak"]

_POINTS = 10
"""Times that memory is looked at."""

_WARM_UP = 2
"""Of these, so many until everything that is kept is full."""


def soak(system: Driven, server: Connection, count: int, concurrency: int) -> None:
    """Print what it holds at each tenth of so many jobs, and how that grows after the warm-up."""
    print(f"{count} jobs by {system.name}, {concurrency} at a time; MB held at {_POINTS} points")
    print(f"  {0:>8} {system.setup['rss_mb']:>8.1f}", flush=True)
    points: list[tuple[int, float]] = []
    for point in range(1, _POINTS + 1):
        told = system.run(count // _POINTS, concurrency)
        server.send(("stats",))
        calls, leaks, _ = server.recv()
        points.append((point * (count // _POINTS), told["rss_mb"]))
        rate = len(told["taken"]) / told["elapsed_s"]
        print(
            f"  {points[-1][0]:>8} {told['rss_mb']:>8.1f}  {rate:.1f} jobs/s"
            f", {told['cpu_s'] / (count // _POINTS) * 1000:.1f} ms of CPU each, calls {calls}"
            f", wrong {told['wrong']}, unjudged {sum(told['unjudged'].values())}, leaks {leaks}",
            flush=True,
        )
        for example in told["examples"]:
            print(f"  wrong: {example}", file=sys.stderr)
    warm = points[_WARM_UP:]
    print(f"growth after {points[_WARM_UP - 1][0]} jobs: {slope_kb(warm):.2f} KB a job")


def slope_kb(points: Sequence[tuple[int, float]]) -> float:
    """KB a job, by least squares.

    Args:
        points: Jobs done, and MB held then; two at least.
    """
    jobs, held = zip(*points, strict=True)
    return statistics.linear_regression(jobs, held).slope * 1024
