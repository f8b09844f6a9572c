"""A system in a process of its own, and what it did there."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["HTTP", "OWN", "SYSTEMS", "Driven", "Measured"]

_BENCH = Path(__file__).parents[1]

SYSTEMS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "ours": ("ours:Embedded", {}),
    "floor": ("floors:Bare", {}),
    "floor-aiohttp": ("floors:OverAiohttp", {}),
    "http-1-sqlite": ("over_http:Service", {"processes": 1, "postgres": False}),
    "http-2-sqlite": ("over_http:Service", {"processes": 2, "postgres": False}),
    "http-1-postgres": ("over_http:Service", {"processes": 1, "postgres": True}),
    "http-2-postgres": ("over_http:Service", {"processes": 2, "postgres": True}),
    "nemo": ("nemo:Rails", {}),
    "openai-guardrails": ("openai_guardrails:Checks", {}),
    "langchain": ("langchain_agent:Agent", {}),
}
"""Name to where it stands in `bench/serving`, and how it is made."""

HTTP = tuple(name for name in SYSTEMS if name.startswith("http-"))
"""Services of ours, whose processes are measured and not the one that asks them."""

OWN = ("ours", "floor", "floor-aiohttp", *HTTP)
"""Those that run in this Python."""


@dataclass
class Measured:
    """What one system did at one concurrency, all rounds together."""

    taken: list[float] = field(default_factory=list)
    """Seconds of each job that was judged."""
    rates: list[float] = field(default_factory=list)
    cpu_s: float = 0.0
    database_s: float = 0.0
    driver_s: float = 0.0
    unjudged: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    calls: int = 0
    leaks: int = 0
    late_s: float = 0.0
    """Worst lateness of the simulated server itself."""

    def add(self, told: Mapping[str, Any], served: tuple[int, int, float]) -> None:
        """Take in one round."""
        self.taken += told["taken"]
        self.rates.append(len(told["taken"]) / told["elapsed_s"])
        self.cpu_s += told["cpu_s"]
        self.database_s += told["database_s"]
        self.driver_s += told["driver_s"]
        self.unjudged.update(told["unjudged"])
        self.wrong += told["wrong"]
        self.calls += served[0]
        self.leaks += served[1]
        self.late_s = max(self.late_s, served[2])

    @property
    def jobs(self) -> int:
        """All of them."""
        return len(self.taken) + self.unjudged.total()

    @property
    def p50_ms(self) -> float:
        """Of the judged ones."""
        return statistics.median(self.taken) * 1000 if self.taken else float("nan")

    @property
    def p99_ms(self) -> float:
        """Of the judged ones."""
        many = len(self.taken) > 1
        cuts = statistics.quantiles(self.taken, n=100, method="inclusive") if many else ()
        return cuts[98] * 1000 if cuts else float("nan")


class Driven:
    """A system in a process of its own."""

    def __init__(self, name: str, python: str, url: str, **options: object) -> None:
        self.name = name
        place, made = SYSTEMS[name]
        told = json.dumps({**made, **(options if name in HTTP else {})})
        self._process = subprocess.Popen(
            [python, "-m", "serving.driver", place, url, told],
            cwd=_BENCH,
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
        self._process.communicate(timeout=60)

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - narrows: it is a pipe
        while line := self._process.stdout.readline():
            # Some packages print on their own account.
            if line.startswith("{"):
                told: dict[str, Any] = json.loads(line)
                return told
        raise SystemExit(f"{self.name} ended by itself: see its words above")
