"""A made-up desk: labelers of unequal price and skill that err together within a family.

The cost of a decision when asking adaptively, beside asking everybody, at the same certified error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from deskquorum.reconciliation import reconcile_table
from deskquorum.reconciliation.certificate import certify
from deskquorum.reconciliation.label_model import LabelModel
from deskquorum.reconciliation.pool import Pool, pool_posterior
from deskquorum.reconciliation.quorum import next_labeler
from deskquorum.reconciliation.vote_table import VoteTable, part_of, vote_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Desk", "made_up_desk", "print_desk"]

MAX_ERROR = 0.05
CONFIDENCE = 0.95
PERSON_CENTS = 100
FIT, CHOOSE, AUDIT, NEW = 300, 500, 500, 1000
LEVELS = (0.9, 0.94, 0.97, 0.99)
REDRAWN = 30

LABELERS = (
    ("words/refund", "0", 0.60),
    ("words/all", "0", 0.62),
    ("words/nearest", "0", 0.68),
    ("small/a", "0.1", 0.66),
    ("small/b", "0.1", 0.70),
    ("small/c", "0.1", 0.72),
    ("small/d", "1", 0.76),
    ("small/e", "1", 0.78),
    ("large/a", "1", 0.80),
    ("large/b", "3", 0.84),
    ("large/c", "3", 0.86),
    ("large/d", "3", 0.88),
)
"""Name (family first), price in cents, mean accuracy."""

SHARED = 0.5
"""Share of a family's errors that all its members make together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """Every labeler's vote on every ticket, and the truth."""

    table: VoteTable
    truth: NDArray[np.int64]

    def gold(self, size: int) -> dict[str, str]:
        """Truth of the first tickets, by name."""
        table = self.table
        return {table.items[n]: table.labels[self.truth[n]] for n in range(size)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """Tickets decided by one way of asking."""

    probability: NDArray[np.float64]
    right: NDArray[np.bool_]
    cents: NDArray[np.float64]
    """Paid for votes."""
    calls: NDArray[np.float64]
    """Votes that cost anything."""


Way = Callable[[int], Sequence[int]]
"""From a ticket to the votes that are asked for."""


def made_up_desk(*, tickets: int, labels: int, seed: int) -> Desk:
    """Draw tickets, some harder than others, and votes on them."""
    random = np.random.default_rng(seed)
    truth = random.integers(labels, size=tickets)
    hard = random.normal(0.0, 1.0, size=tickets)
    shared = {name: random.random(tickets) for name in ("words", "small", "large")}
    rival = {name: _other(random, truth, labels) for name in shared}
    rows = []
    for name, _, accuracy in LABELERS:
        family = name.partition("/")[0]
        error = 1 / (1 + np.exp(np.log(accuracy / (1 - accuracy)) - hard))
        together = random.random(tickets) < SHARED
        luck = np.where(together, shared[family], random.random(tickets))
        wrong = np.where(together, rival[family], _other(random, truth, labels))
        vote = np.where(luck < error, wrong, truth)
        rows += [(f"{n:05}", name, str(vote[n])) for n in range(tickets)]
    names = tuple(f"{n:05}" for n in range(tickets))
    return Desk(table=vote_table(rows, items=names, labels=map(str, range(labels))), truth=truth)


def _other(random: np.random.Generator, truth: NDArray[np.int64], labels: int) -> NDArray[np.int64]:
    other: NDArray[np.int64] = (truth + random.integers(1, labels, size=len(truth))) % labels
    return other


def print_desk() -> None:
    """Print costs at equal certified error, over some desks."""
    print(f"\nmade-up desk: {len(LABELERS)} labelers, 3 families, 0 to 3 cents; 4 labels; a person")
    print(
        f"{PERSON_CENTS} cents; {FIT} audited tickets to fit, {CHOOSE} to choose the level to stop"
    )
    print(f"at, {AUDIT} to certify ({MAX_ERROR:.0%} at {CONFIDENCE:.0%}), {NEW} new ones decided")
    heads = ("paid votes", "cents", "accepted", "error", "with person")
    print(f"{'seed':>5} {'way':22}" + "".join(f"{head:>12}" for head in heads))
    for seed in range(3):
        _print_seed(seed)


def _print_seed(seed: int) -> None:
    desk = made_up_desk(tickets=FIT + CHOOSE + AUDIT + NEW, labels=4, seed=seed)
    model = reconcile_table(part_of(desk.table, np.arange(FIT)), gold=desk.gold(FIT)).model
    if not isinstance(model, Pool):
        print(f"{seed:>5} nothing was learned")
        return
    chosen = range(FIT, FIT + CHOOSE)
    audited = range(FIT + CHOOSE, FIT + CHOOSE + AUDIT)
    new = range(FIT + CHOOSE + AUDIT, len(desk.truth))
    everybody = _everybody(desk)
    # Below what everybody's votes are accepted at, no further vote is worth its price.
    least = _threshold(_decided(desk, model, everybody, chosen))
    tried = {at: _decided(desk, model, _adaptive(desk, model, least, at), chosen) for at in LEVELS}
    level = min(LEVELS, key=lambda at: _expected_cents(tried[at]))
    for name, way in (
        ("everybody", everybody),
        (f"adaptive, until {level:g}", _adaptive(desk, model, least, level)),
    ):
        audit = _decided(desk, model, way, audited)
        threshold = _threshold(audit)
        _print_way(f"{seed:>5} {name:22}", _decided(desk, model, way, new), threshold)


def _print_way(head: str, decided: Decided, threshold: float) -> None:
    accepted = decided.probability >= threshold
    error = 1 - decided.right[accepted].mean() if accepted.any() else 0.0
    total = decided.cents.mean() + PERSON_CENTS * (1 - accepted.mean())
    print(
        f"{head}{decided.calls.mean():>12.2f}{decided.cents.mean():>12.2f}{accepted.mean():>12.3f}"
        f"{error:>12.3f}{total:>12.2f}",
        flush=True,
    )


def _threshold(audit: Decided) -> float:
    found = certify(
        audit.probability.tolist(),
        audit.right.tolist(),
        max_error=MAX_ERROR,
        confidence=CONFIDENCE,
    ).threshold
    return np.inf if found is None else found


def _expected_cents(decided: Decided) -> float:
    """Cost of a decision, persons included, at what audits drawn from these tickets certify."""
    random = np.random.default_rng(0)
    accepted = []
    for _ in range(REDRAWN):
        drawn = random.integers(len(decided.right), size=AUDIT)
        audit = replace(decided, probability=decided.probability[drawn], right=decided.right[drawn])
        accepted.append((decided.probability >= _threshold(audit)).mean())
    return float(decided.cents.mean() + PERSON_CENTS * (1 - np.mean(accepted)))


def _decided(desk: Desk, model: Pool, way: Way, tickets: Sequence[int]) -> Decided:
    asked = [np.array(way(n), dtype=np.int64) for n in tickets]
    votes = np.concatenate(asked)
    table = desk.table
    rows = VoteTable(
        items=("",) * len(asked),
        labelers=table.labelers,
        labels=table.labels,
        families=table.families,
        item=np.repeat(np.arange(len(asked)), [len(row) for row in asked]),
        labeler=table.labeler[votes],
        label=table.label[votes],
    )
    price = np.array([float(_prices()[name]) for name in table.labelers])[rows.labeler]
    posterior = pool_posterior(model, rows)
    return Decided(
        probability=posterior.max(axis=1),
        right=posterior.argmax(axis=1) == desk.truth[np.array(tickets)],
        cents=np.bincount(rows.item, price, len(asked)),
        calls=np.bincount(rows.item, price > 0, len(asked)),
    )


def _prices() -> dict[str, Decimal]:
    return {name: Decimal(price) for name, price, _ in LABELERS}


def _everybody(desk: Desk) -> Way:
    size = len(desk.table.labelers)
    return lambda ticket: range(ticket * size, (ticket + 1) * size)


def _adaptive(desk: Desk, model: LabelModel | Pool, threshold: float, enough: float) -> Way:
    table, prices = desk.table, _prices()

    def way(ticket: int) -> Sequence[int]:
        # Everybody voted on every ticket, so votes lie ticket by ticket in the labelers' order.
        first = ticket * len(table.labelers)
        place = {name: first + n for n, name in enumerate(table.labelers)}
        known: dict[str, str | None] = {}
        while name := next_labeler(model, known, prices, threshold=threshold, enough=enough):
            known[name] = table.labels[table.label[place[name]]]
        return [place[name] for name in known]

    return way
