"""Sets of votes with truth for the benchmarks, and draws of gold from them.

A set is a folder with `votes.csv` (`item,labeler,label`) and `truth.csv` (`item,label`), either of
them `.gz` too. Where a labeler voted twice on an item its last vote counts.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from deskquorum.reconciliation.vote_table import VoteTable, vote_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VoteSet", "draw_gold", "read_sets"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoteSet:
    """One set of votes; `truth` is a label's index per item, or -1 where it is not known."""

    name: str
    table: VoteTable
    truth: NDArray[np.int64]

    @property
    def known(self) -> NDArray[np.int64]:
        """Indices of the items whose truth is known."""
        return np.flatnonzero(self.truth >= 0)

    def gold(self, drawn: NDArray[np.int64]) -> dict[str, str]:
        """Truth of some items, by name."""
        table = self.table
        return {table.items[i]: table.labels[self.truth[i]] for i in drawn}


def read_sets(folder: Path, names: Sequence[str] = ()) -> list[VoteSet]:
    """Read the named sets, or every set of a folder."""
    found = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return [_read_set(folder / name) for name in names or found]


def draw_gold(votes: VoteSet, size: int, seed: int) -> NDArray[np.int64]:
    """Draw items whose truth becomes gold; the same for the same set, size and seed."""
    return np.sort(np.random.default_rng(seed).permutation(votes.known)[:size])


def _read_set(folder: Path) -> VoteSet:
    votes = {(row["item"], row["labeler"]): row["label"] for row in _rows(folder / "votes.csv")}
    truth = {row["item"]: row["label"] for row in _rows(folder / "truth.csv")}
    table = vote_table(
        ((item, labeler, label) for (item, labeler), label in votes.items()),
        items=tuple(dict.fromkeys(item for item, _ in votes)),
        labels=truth.values(),
    )
    return VoteSet(name=folder.name, table=table, truth=_coded(table, truth))


def _coded(table: VoteTable, truth: Mapping[str, str]) -> NDArray[np.int64]:
    codes = {label: code for code, label in enumerate(table.labels)}
    return np.array([codes[truth[i]] if i in truth else -1 for i in table.items], dtype=np.int64)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    packed = path.with_name(path.name + ".gz")
    with _opened(path if path.is_file() else packed) as file:
        yield from csv.DictReader(file)


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
