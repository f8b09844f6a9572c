"""What the desk has learned of its labelers, and the certificates that rest on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from deskquorum.reconciliation.alarms import Alarm
from deskquorum.reconciliation.counts import VoteCounts
from deskquorum.reconciliation.label_model import LabelModel
from deskquorum.reconciliation.pool import Pool, posterior_of
from deskquorum.reconciliation.posterior import capped
from deskquorum.reconciliation.vote_table import VoteTable

__all__ = ["Certificate", "Learned", "QuestionModel", "item_posteriors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionModel:
    """The noise of one question's labelers, measured."""

    question: str
    model: LabelModel | Pool
    """A pool where enough tickets were audited, else a label model fitted on agreement."""
    fitted_at: datetime
    items: int
    """Tickets whose votes it was fitted on."""
    data_hash: str
    """SHA-256 of the votes and audited labels that it was fitted on."""
    disagreement: float
    """Share of tickets on which families of labelers contradicted each other while fitting."""
    named: Mapping[str, int] = field(default_factory=dict)
    """Label to the tickets on which most labelers named it while fitting; empty where that was not
    noted."""
    rights: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Labeler to its right votes and all its votes on audited tickets."""
    hash: str = ""
    """SHA-256 of the file that holds it."""

    @property
    def calibrated(self) -> bool:
        """Whether audited tickets stand behind its probabilities."""
        return isinstance(self.model, Pool)

    @property
    def tells_apart(self) -> bool:
        """False where audits showed the labelers to be no better than chance."""
        return not isinstance(self.model, Pool) or self.model.informative

    @property
    def counts(self) -> VoteCounts:
        """The statistics of its labelers."""
        return (self.model.agreement if isinstance(self.model, Pool) else self.model).counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A bound on how often an action's automatic decisions rest on a wrong answer."""

    action: str
    questions: tuple[str, ...]
    """A decision counts as wrong when the answer to any of these was; its probability is the least
    of theirs."""
    max_error: float
    confidence: float
    threshold: float
    """Least probability at which a decision is covered."""
    n: int
    """Audited decisions at or above the threshold."""
    errors: int
    """Wrong ones among them."""
    upper_bound: float
    """Clopper-Pearson upper bound of their error at `confidence`."""
    coverage: float
    """Share of the audited decisions at or above the threshold."""
    issued_at: datetime
    expires_at: datetime
    models_hash: str
    """Of the learned models that gave the probabilities; with others it is void."""
    policy_hash: str
    """Of the policies it was issued under, for the record."""
    data_hash: str
    """SHA-256 of the audited tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Everything learned that decisions read."""

    models: Mapping[str, QuestionModel] = field(default_factory=dict)
    """By question."""
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    """By action."""
    alarms: tuple[Alarm, ...] = ()
    """What was noticed since; until calibrated again, people decide."""

    @property
    def hash(self) -> str:
        """One hash over all models and certificates."""
        models = [f"{name} {model.hash}" for name, model in sorted(self.models.items())]
        certificates = [repr(found) for _, found in sorted(self.certificates.items())]
        return hashlib.sha256("\n".join([*models, *certificates]).encode()).hexdigest()

    def models_hash(self, questions: Sequence[str]) -> str:
        """One hash over the models of these questions."""
        hashes = [self.models[name].hash if name in self.models else "" for name in questions]
        return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def item_posteriors(
    model: LabelModel | Pool, items: Sequence[Mapping[str, str]]
) -> NDArray[np.float64]:
    """Items x labels: posteriors from votes, labeler to label, under a fitted model.

    Votes by labelers that the model has not measured count for nothing.
    """
    counts = (model.agreement if isinstance(model, Pool) else model).counts
    posterior = posterior_of(model, _table(counts, items))
    return posterior if isinstance(model, Pool) else capped(posterior)


def _table(counts: VoteCounts, items: Sequence[Mapping[str, str]]) -> VoteTable:
    labelers = {name: n for n, name in enumerate(counts.labelers)}
    labels = {name: n for n, name in enumerate(counts.labels)}
    votes = [
        (n, labelers[labeler], labels[label])
        for n, item in enumerate(items)
        for labeler, label in sorted(item.items())
        if labeler in labelers and label in labels
    ]
    coded = np.array(votes, dtype=np.int64).reshape(-1, 3)
    return VoteTable(
        items=tuple(str(n) for n in range(len(items))),
        labelers=counts.labelers,
        labels=counts.labels,
        families=counts.families,
        item=coded[:, 0],
        labeler=coded[:, 1],
        label=coded[:, 2],
    )
