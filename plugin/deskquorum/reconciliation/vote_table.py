"""Votes on many items as arrays: the form in which label models are fitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["VoteTable", "family_of", "named_in", "part_of", "vote_table"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoteTable:
    """One question's votes on many items; a vote that is not there is an abstention."""

    items: tuple[str, ...]
    labelers: tuple[str, ...]
    labels: tuple[str, ...]
    """Every label that a vote may name, voted for or not."""
    families: tuple[str, ...]
    """The family of each labeler; labelers of one family err together."""
    item: NDArray[np.int64]
    """Index into `items`, one per vote; ascending."""
    labeler: NDArray[np.int64]
    """Index into `labelers`, one per vote."""
    label: NDArray[np.int64]
    """Index into `labels`, one per vote."""


def vote_table(
    votes: Iterable[tuple[str, str, str]],
    *,
    families: Mapping[str, str] | None = None,
    items: Sequence[str] = (),
    labels: Iterable[str] = (),
) -> VoteTable:
    """Code votes as arrays; labelers and labels are sorted, so the votes' order is irrelevant.

    Args:
        votes: Item, labeler and label of each vote; at most one per item and labeler.
        families: Labeler to family; who is not listed is put by `family_of`.
        items: Items in the order wanted, those without votes included; others follow as they come.
        labels: Labels that no vote may name, besides those that votes do.
    """
    rows = list(votes)
    item_codes = {name: n for n, name in enumerate(dict.fromkeys([*items, *(r[0] for r in rows)]))}
    labeler_codes = {name: n for n, name in enumerate(sorted({r[1] for r in rows}))}
    label_codes = {name: n for n, name in enumerate(sorted({*labels, *(r[2] for r in rows)}))}
    coded = np.array(
        [(item_codes[i], labeler_codes[j], label_codes[k]) for i, j, k in rows], dtype=np.int64
    ).reshape(-1, 3)
    coded = coded[np.lexsort((coded[:, 1], coded[:, 0]))]
    known = families or {}
    return VoteTable(
        items=tuple(item_codes),
        labelers=tuple(labeler_codes),
        labels=tuple(label_codes),
        families=tuple(known.get(name) or family_of(name) for name in labeler_codes),
        item=coded[:, 0],
        labeler=coded[:, 1],
        label=coded[:, 2],
    )


def part_of(table: VoteTable, items: NDArray[np.int64]) -> VoteTable:
    """The votes on some items, in the order given; labelers and labels keep their codes."""
    place = np.full(len(table.items), -1, dtype=np.int64)
    place[items] = np.arange(len(items))
    kept = np.flatnonzero(place[table.item] >= 0)
    kept = kept[np.argsort(place[table.item[kept]], kind="stable")]
    return replace(
        table,
        items=tuple(table.items[n] for n in items),
        item=place[table.item[kept]],
        labeler=table.labeler[kept],
        label=table.label[kept],
    )


def named_in(table: VoteTable) -> NDArray[np.bool_]:
    """Items x labels: whether anybody named the label."""
    named = np.zeros((len(table.items), len(table.labels)), dtype=bool)
    named[table.item, table.label] = True
    return named


def family_of(labeler: str) -> str:
    """A labeler's family where none is declared: what stands before the first slash of its id."""
    return labeler.partition("/")[0]
