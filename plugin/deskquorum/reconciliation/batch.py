"""Many items at once: votes, and audited labels where there are some, to posteriors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

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
    table, _ = _without_copies(table)
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
    order = np.argsort(table.labeler, kind="stable")
    bounds = np.searchsorted(table.labeler[order], np.arange(len(table.labelers) + 1))
    own = [order[start:end] for start, end in pairwise(bounds)]
    votes = [table.item[rows].tobytes() + table.label[rows].tobytes() for rows in own]
    speaker = {said: n for n, said in reversed(list(enumerate(votes)))}
    # Whoever says the same is heard once, so that a copy gives nobody else away and hides nobody.
    heard = np.isin(table.labeler, list(speaker.values()))
    against_most = _against_most(table, heard)
    first: dict[tuple[bytes, str], int] = {}
    copies: dict[int, int] = {}
    for n, said in enumerate(votes):
        keys = [(said, table.families[n])]
        if against_most[own[speaker[said]]].sum() >= _TELLTALE:
            keys.append((said, ""))
        original = next((first[key] for key in keys if said and key in first), None)
        if original is None:
            first |= dict.fromkeys(keys, n)
        else:
            copies[n] = original
    if not copies:
        return table, ()
    told = [f"{table.labelers[n]} repeats {table.labelers[of]}" for n, of in copies.items()]
    more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    note = f"{', '.join(told[:_TOLD])}{more}: a repetition counts for nothing"
    return _without(table, list(copies)), (note,)


def _against_most(table: VoteTable, heard: Bools) -> Bools:
    """Votes: whether more of the votes heard on the item name another label."""
    size = len(table.labels)
    cells = (table.item * size + table.label)[heard]
    count = np.bincount(cells, minlength=len(table.items) * size).reshape(-1, size)
    most = count.max(axis=1, initial=0)
    against: Bools = count[table.item, table.label] < most[table.item]
    return against


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
