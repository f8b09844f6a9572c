"""Results of the reconciliation benchmark: kept as JSON, averaged over draws, printed as tables."""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

from metrics import Scores
from peer_runs import Row

__all__ = ["MEASURES", "Means", "means_of", "print_tables", "read_rows", "write_rows"]

Means: TypeAlias = dict[int, dict[str, dict[str, dict[str, float]]]]
"""Gold size, set, method, measure: the mean over the draws; only methods that finished them all."""

MEASURES = ("accuracy", "log_loss", "ece", "brier", "seconds")
"""What is printed, in this order."""


def means_of(rows: Sequence[Row]) -> Means:
    """Mean over the draws of each measure; `top` is the highest probability over the draws."""
    groups: defaultdict[tuple[int, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.gold, row.set, row.method].append(row)
    means: Means = defaultdict(lambda: defaultdict(dict))
    for (gold, name, method), group in groups.items():
        if all(row.scores for row in group):
            means[gold][name][method] = _mean(group)
    return means


def write_rows(path: Path, rows: Sequence[Row], place: Sequence[str]) -> None:
    """Keep every row, and the means beside them."""
    kept = {"place": place, "means": means_of(rows), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def read_rows(path: Path) -> list[Row]:
    """Rows that an earlier run kept."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return [Row(**(row | {"scores": row["scores"] and Scores(**row["scores"])})) for row in rows]


def print_tables(rows: Sequence[Row], methods: Sequence[str], measures: Sequence[str]) -> None:
    """Print a table a gold size and measure: a row a set, a column a method, a dash unfinished."""
    for gold, sets in sorted(means_of(rows).items()):
        for measure in measures:
            print(f"\n{measure}, {gold or 'no'} gold (mean over draws)")
            _print_table(sets, methods, measure)


def _mean(group: Sequence[Row]) -> dict[str, float]:
    values = [asdict(row.scores) | {"seconds": row.seconds} for row in group if row.scores]
    mean = {key: statistics.mean(value[key] for value in values) for key in MEASURES}
    return mean | {"top": max(value["top"] for value in values)}


def _print_table(
    sets: Mapping[str, Mapping[str, Mapping[str, float]]], methods: Sequence[str], measure: str
) -> None:
    shown = [method for method in methods if any(method in found for found in sets.values())]
    print("| set | " + " | ".join(shown) + " |")
    print("|---" * (len(shown) + 1) + "|")
    for name, found in sets.items():
        values = [found[m][measure] if m in found else math.nan for m in shown]
        print(f"| {name} | " + " | ".join(map(_figure, values)) + " |")
    # A mean over different sets compares nothing: only methods that finished everywhere have one.
    whole = [all(m in found for found in sets.values()) for m in shown]
    means = [
        statistics.mean(found[m][measure] for found in sets.values()) if ok else math.nan
        for m, ok in zip(shown, whole, strict=True)
    ]
    print("| *mean* | " + " | ".join(map(_figure, means)) + " |", flush=True)


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
