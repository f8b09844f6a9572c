"""Many items at once: votes, and audited labels where there are some, to posteriors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deskquorum.reconciliation.fitting import fit_label_model
from deskquorum.reconciliation.label_model import (
    ASSUMED_ACCURACY,
    LabelModel,
    assumed_model,
    model_posterior,
)
from deskquorum.reconciliation.pool import Pool, fit_pool, pool_posterior
from deskquorum.reconciliation.posterior import capped
from deskquorum.reconciliation.vote_table import VoteTable, named_in

__all__ = ["LEAST_GOLD", "Reconciled", "fit_from_votes", "reconcile_table"]

LEAST_GOLD = 20
"""Audited items below which nothing is calibrated on them."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_FEW = 3
"""Labelers below which nobody's noise can be told from anybody else's."""

_TELLTALE = 3
"""Votes against most others from which on a labeler that never differs from another, of whatever
family, is taken for its copy: right answers are shared by chance, odd ones are not."""

_TOLD = 5
"""Copies named in a note."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reconciled:
    """One question's answers on many items."""

    items: tuple[str, ...]
    labels: tuple[str, ...]
    posterior: Floats
    """Items x labels; rows sum to 1. Audited items get what is said of them by a fit without them,
    so that the same audits may serve to look at calibration."""
    voted: Bools
    """Items: whether anybody voted; elsewhere the row is what is held of the class prior."""
    named: Bools
    """Items x labels: whether anybody named the label."""
    calibrated: bool
    """False without enough audits; then no probability is above `UNCALIBRATED_CAP`."""
    model: LabelModel | Pool | None
    """What was learned; None where there was nothing to learn from."""
    notes: tuple[str, ...]
    """In words: what was done without, and why."""


def reconcile_table(table: VoteTable, *, gold: Mapping[str, str] | None = None) -> Reconciled:
    """Reconcile the votes on many items; the order of votes and items changes nothing.

    Args:
        table: The votes; an item may have none.
        gold: Audited labels by item; items that the table does not hold are left out.
    """
    held = set(table.items)
    audits = {item: label for item, label in (gold or {}).items() if item in held}
    table = _with_labels(table, audits.values())
    if len(table.labels) < 2:  # noqa: PLR2004 - a choice needs two labels
        return _one_label(table)
    table, notes = _without_copies(table)
    if len(audits) >= LEAST_GOLD:
        return _by_audits(table, audits, notes)
    if audits:
        few = f"{len(audits)} audited items are too few to calibrate on; {LEAST_GOLD} are needed"
        notes = (*notes, few)
    return _by_agreement(table, notes)


def fit_from_votes(table: VoteTable, gold: Mapping[str, str]) -> Pool | None:
    """The pool that audited items speak for; None where they, or the votes, are too few.

    Args:
        table: The votes; every audited label is among its labels.
        gold: Audited labels by item of the table.
    """
    if len(gold) < LEAST_GOLD or not len(table.item):
        return None
    return fit_pool(table, fit_label_model(table), *_coded(table, gold)).pool


def _by_agreement(table: VoteTable, notes: tuple[str, ...]) -> Reconciled:
    few = len(np.unique(table.labeler)) < _FEW
    if few:
        accuracy = f"every labeler is assumed to be right {ASSUMED_ACCURACY:.0%} of the time"
        notes = (*notes, f"fewer than {_FEW} labelers: {accuracy}")
    model = assumed_model(table) if few else fit_label_model(table).model
    result = _reconciled(table, model, notes)
    return replace(result, posterior=capped(model_posterior(model, table)))


def _by_audits(table: VoteTable, audits: Mapping[str, str], notes: tuple[str, ...]) -> Reconciled:
    where, truth = _coded(table, audits)
    pooled = fit_pool(table, fit_label_model(table), where, truth)
    if not pooled.pool.informative:
        told = "by the audited labels the votes tell no more than the class prior, which is given"
        notes = (*notes, told)
    posterior = pool_posterior(pooled.pool, table)
    posterior[where] = pooled.out_of_fold
    result = _reconciled(table, pooled.pool, notes)
    return replace(result, posterior=posterior, calibrated=True)


def _coded(table: VoteTable, gold: Mapping[str, str]) -> tuple[Ints, Ints]:
    """Indices of the audited items, and of the label of each."""
    items = {name: n for n, name in enumerate(table.items)}
    labels = {name: n for n, name in enumerate(table.labels)}
    where = np.array([items[item] for item in gold], dtype=np.int64)
    return where, np.array([labels[label] for label in gold.values()], dtype=np.int64)


def _reconciled(
    table: VoteTable, model: LabelModel | Pool | None, notes: tuple[str, ...]
) -> Reconciled:
    named = named_in(table)
    return Reconciled(
        items=table.items,
        labels=table.labels,
        posterior=np.ones(named.shape),
        voted=named.sum(axis=1) > 0,
        named=named,
        calibrated=False,
        model=model,
        notes=notes,
    )


def _one_label(table: VoteTable) -> Reconciled:
    told = f"only one label is known, '{table.labels[0]}'" if table.labels else "nobody voted"
    return _reconciled(table, None, (told,))


def _with_labels(table: VoteTable, more: Iterable[str]) -> VoteTable:
    labels = tuple(sorted({*table.labels, *more}))
    place = {name: n for n, name in enumerate(labels)}
    moved = np.array([place[name] for name in table.labels], dtype=np.int64)
    return replace(table, labels=labels, label=moved[table.label] if len(moved) else table.label)


def _without_copies(table: VoteTable) -> tuple[VoteTable, tuple[str, ...]]:
    """The table without labelers that only repeat another's votes."""
    table, of_family = _repeated(table, _in_family)
    table, of_others = _repeated(table, _tellingly)
    said = [*of_family, *of_others]
    if not said:
        return table, ()
    more = f" and {len(said) - _TOLD} more" if len(said) > _TOLD else ""
    return table, (f"{', '.join(said[:_TOLD])}{more}: a repetition counts for nothing",)


def _repeated(
    table: VoteTable, copied: Callable[[VoteTable, list[int], Ints], list[tuple[int, int]]]
) -> tuple[VoteTable, list[str]]:
    """The table without copies, and who repeats whom."""
    order = np.argsort(table.labeler, kind="stable")
    bounds = np.searchsorted(table.labeler[order], np.arange(len(table.labelers) + 1))
    alike: dict[bytes, list[int]] = {}
    votes = [order[bounds[n] : bounds[n + 1]] for n in range(len(table.labelers))]
    for n, own in enumerate(votes):
        if len(own):
            key = table.item[own].tobytes() + b"/" + table.label[own].tobytes()
            alike.setdefault(key, []).append(n)
    copies = [
        pair
        for group in alike.values()
        if len(group) > 1
        for pair in copied(table, group, votes[group[0]])
    ]
    said = [f"{table.labelers[n]} repeats {table.labelers[of]}" for n, of in copies]
    return (_without(table, [n for n, _ in copies]), said) if copies else (table, said)


def _in_family(table: VoteTable, group: list[int], _: Ints) -> list[tuple[int, int]]:
    """Of each family the first stays: in a family a repetition needs no proof."""
    first: dict[str, int] = {}
    return [
        (n, first[table.families[n]]) for n in group if first.setdefault(table.families[n], n) != n
    ]


def _tellingly(table: VoteTable, group: list[int], votes: Ints) -> list[tuple[int, int]]:
    """All but the first, where as one voice they still often go against more others."""
    size = len(table.labels)
    rows = np.isin(table.item, table.item[votes])
    place = np.searchsorted(table.item[votes], table.item[rows])
    counts = np.zeros((len(votes), size), dtype=np.int64)
    np.add.at(counts, (place, table.label[rows]), 1)
    own = (np.arange(len(votes)), table.label[votes])
    counts[own] -= len(group) - 1
    odd = counts[own] < counts.max(axis=1)
    return [(n, group[0]) for n in group[1:]] if odd.sum() >= _TELLTALE else []


def _without(table: VoteTable, labelers: list[int]) -> VoteTable:
    left = np.setdiff1d(np.arange(len(table.labelers)), labelers)
    keep = np.isin(table.labeler, left)
    return replace(
        table,
        labelers=tuple(table.labelers[n] for n in left),
        families=tuple(table.families[n] for n in left),
        item=table.item[keep],
        labeler=np.searchsorted(left, table.labeler[keep]),
        label=table.label[keep],
    )
