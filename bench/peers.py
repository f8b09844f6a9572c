"""Label models of other projects, simple floors and our own, behind one call.

Each is fitted on a table of votes and, where it has a use for it, gold; it gives a posterior over
the table's labels for each of the table's items. Rows that a model leaves out or spoils (not a
number, all zero) become the shares of the labels among all votes. Settings are each project's
defaults, but for snorkel's 500 epochs, which are its tutorials'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from deskquorum.reconciliation.vote_table import VoteTable

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

__all__ = ["METHODS", "OURS", "PRELOAD", "Fit", "Method"]

Fit: TypeAlias = "Callable[[VoteTable, Mapping[str, str]], NDArray[np.float64]]"
"""Table and gold (item to label, empty for none) to a posterior, items x labels."""

OURS = "deskquorum"

PRELOAD = (
    "crowdkit.aggregation",
    "sklearn.linear_model",
    "snorkel.labeling.model",
    "deskquorum.reconciliation",
)
"""Modules worth importing once for all runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way of turning votes into posteriors."""

    name: str
    kind: Literal["ours", "peer", "floor"]
    gold: Literal["ignored", "optional", "needed"]
    load: Callable[[], Fit]
    """Imports what the method needs, so that fitting can be timed alone; may raise ImportError."""


def _ours() -> Fit:
    from deskquorum.reconciliation.batch import reconcile_table

    def fit(table: VoteTable, gold: Mapping[str, str]) -> NDArray[np.float64]:
        found = reconcile_table(table, gold=gold or None)
        posterior = np.zeros((len(table.items), len(table.labels)))
        posterior[:, [table.labels.index(label) for label in found.labels]] = found.posterior
        return posterior

    return fit


def _majority() -> Fit:
    from crowdkit.aggregation import MajorityVote

    return lambda table, _: _filled(table, MajorityVote().fit_predict_proba(_frame(table)))


def _skilled(name: str) -> Callable[[], Fit]:
    def load() -> Fit:
        from crowdkit import aggregation

        model = getattr(aggregation, name)

        # Their own fit_predict_proba breaks in crowd-kit 1.4.2; this is what it means to do.
        def fit(table: VoteTable, _: Mapping[str, str]) -> NDArray[np.float64]:
            frame = _frame(table)
            skills = model().fit(frame).skills_
            return _filled(table, aggregation.MajorityVote().fit_predict_proba(frame, skills))

        return fit

    return load


def _crowdkit(name: str) -> Callable[[], Fit]:
    def load() -> Fit:
        from crowdkit import aggregation

        model = getattr(aggregation, name)
        return lambda table, _: _filled(table, model().fit_predict_proba(_frame(table)))

    return load


def _dawid_skene() -> Fit:
    import pandas as pd
    from crowdkit.aggregation import DawidSkene

    def fit(table: VoteTable, gold: Mapping[str, str]) -> NDArray[np.float64]:
        items, labels = _coded(table, gold)
        known = pd.Series(labels.astype(str), index=items) if gold else None
        return _filled(table, DawidSkene().fit_predict_proba(_frame(table), known))

    return fit


def _snorkel() -> Fit:
    from snorkel.labeling.model import LabelModel

    def fit(table: VoteTable, gold: Mapping[str, str]) -> NDArray[np.float64]:
        votes = np.full((len(table.items), len(table.labelers)), -1)
        votes[table.item, table.labeler] = table.label
        classes = len(table.labels)
        # `Y_dev` is used for the class balance alone and must name every class: this is the same
        # balance with one more item a class.
        balance = _gold_shares(table, gold).tolist() if gold else None
        model = LabelModel(cardinality=classes, verbose=False)
        model.fit(votes, class_balance=balance, n_epochs=500, seed=0, progress_bar=False)
        return _mended(table, model.predict_proba(votes))

    return fit


def _vote_share(table: VoteTable, _: Mapping[str, str]) -> NDArray[np.float64]:
    """Share of an item's votes with one more vote a class."""
    counts = _counts(table) + 1
    return counts / counts.sum(axis=1, keepdims=True)


def _prior(table: VoteTable, gold: Mapping[str, str]) -> NDArray[np.float64]:
    """The same for each item: shares of the gold with one more item a class, or of the votes."""
    shares = _gold_shares(table, gold) if gold else _shares(table)
    return np.tile(shares, (len(table.items), 1))


def _regression() -> Fit:
    from sklearn.linear_model import LogisticRegression

    def fit(table: VoteTable, gold: Mapping[str, str]) -> NDArray[np.float64]:
        items, labels = _coded(table, gold)
        if len(set(labels)) == 1:
            return _prior(table, gold)
        votes = _one_hot(table)
        model = LogisticRegression(max_iter=1000).fit(votes[items], labels)
        unseen = 1 / (len(gold) + len(table.labels))
        posterior = np.full((len(table.items), len(table.labels)), unseen)
        seen = 1 - unseen * (len(table.labels) - len(model.classes_))
        posterior[:, model.classes_] = model.predict_proba(votes) * seen
        return posterior

    return fit


METHODS = (
    Method(name=OURS, kind="ours", gold="optional", load=_ours),
    Method(name="majority", kind="peer", gold="ignored", load=_majority),
    Method(name="wawa", kind="peer", gold="ignored", load=_skilled("Wawa")),
    Method(name="zbs", kind="peer", gold="ignored", load=_skilled("ZeroBasedSkill")),
    Method(name="dawid-skene", kind="peer", gold="optional", load=_dawid_skene),
    Method(name="one-coin", kind="peer", gold="ignored", load=_crowdkit("OneCoinDawidSkene")),
    Method(name="glad", kind="peer", gold="ignored", load=_crowdkit("GLAD")),
    Method(name="mace", kind="peer", gold="ignored", load=_crowdkit("MACE")),
    Method(name="snorkel", kind="peer", gold="optional", load=_snorkel),
    Method(name="share", kind="floor", gold="ignored", load=lambda: _vote_share),
    Method(name="prior", kind="floor", gold="optional", load=lambda: _prior),
    Method(name="regression", kind="floor", gold="needed", load=_regression),
)
"""Peers are crowd-kit's and snorkel's models; floors are what anybody would try first."""


def _frame(table: VoteTable) -> pd.DataFrame:
    import pandas as pd

    columns = {"task": table.item, "worker": table.labeler, "label": table.label.astype(str)}
    return pd.DataFrame(columns)


def _filled(table: VoteTable, found: pd.DataFrame) -> NDArray[np.float64]:
    labels = [str(code) for code in range(len(table.labels))]
    whole = found.reindex(index=range(len(table.items)), columns=labels)
    return _mended(table, whole.fillna(0.0).to_numpy(dtype=np.float64))


def _mended(table: VoteTable, posterior: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = posterior.sum(axis=1, keepdims=True)
    sound = np.isfinite(sums) & (sums > 0)
    return np.where(sound, posterior / np.where(sound, sums, 1.0), _shares(table))


def _coded(
    table: VoteTable, gold: Mapping[str, str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    items = {name: code for code, name in enumerate(table.items)}
    labels = {name: code for code, name in enumerate(table.labels)}
    coded = [(items[item], labels[label]) for item, label in gold.items()]
    pairs = np.array(coded, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _counts(table: VoteTable) -> NDArray[np.float64]:
    shape = (len(table.items), len(table.labels))
    cells = table.item * shape[1] + table.label
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _shares(table: VoteTable) -> NDArray[np.float64]:
    counts = np.bincount(table.label, minlength=len(table.labels)) + 1.0
    return counts / counts.sum()


def _gold_shares(table: VoteTable, gold: Mapping[str, str]) -> NDArray[np.float64]:
    counts = np.bincount(_coded(table, gold)[1], minlength=len(table.labels)) + 1.0
    return counts / counts.sum()


def _one_hot(table: VoteTable) -> sparse.csr_matrix:
    from scipy import sparse

    columns = table.labeler * len(table.labels) + table.label
    shape = (len(table.items), len(table.labelers) * len(table.labels))
    return sparse.csr_matrix((np.ones(len(columns)), (table.item, columns)), shape=shape)
