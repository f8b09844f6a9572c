"""Whom the adaptive quorum asks next, and when it stops asking."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pytest

from deskquorum.reconciliation import VoteTable, reconcile_table, vote_table
from deskquorum.reconciliation.label_model import LabelModel, assumed_model, model_scores
from deskquorum.reconciliation.pool import Pool, pool_posterior
from deskquorum.reconciliation.posterior import held_to_votes, softmax
from deskquorum.reconciliation.quorum import could_change, next_labeler

SKILL = {"a/strong": 0.9, "a/twin": 0.9, "b/strong": 0.9, "c/weak": 0.6, "d/weak": 0.6}
SPEND = Decimal(1)


def votes_of(
    skill: Mapping[str, float], *, labels: int = 2, items: int = 300, seed: int = 0
) -> tuple[VoteTable, dict[str, str]]:
    """Everybody's votes on every item; errors are independent and go anywhere."""
    random = np.random.default_rng(seed)
    truth = random.integers(labels, size=items)
    rows = []
    for name, accuracy in skill.items():
        right = random.random(items) < accuracy
        vote = np.where(right, truth, (truth + random.integers(1, labels, size=items)) % labels)
        rows += [(f"t{n:03}", name, str(vote[n])) for n in range(items)]
    return vote_table(rows), {f"t{n:03}": str(truth[n]) for n in range(items)}


def fitted(
    skill: Mapping[str, float], *, audits: int, labels: int = 2, seed: int = 0
) -> LabelModel | Pool:
    table, truth = votes_of(skill, labels=labels, seed=seed)
    gold = dict(itertools.islice(truth.items(), audits))
    model = reconcile_table(table, gold=gold).model
    assert model is not None
    return model


def assumed() -> LabelModel:
    """Three families of whom nothing is known: each right 7 times in 10."""
    return assumed_model(vote_table([("t", name, label) for name in "abc" for label in "xy"]))


@pytest.fixture(scope="module", params=[0, 100], ids=["without audits", "with audits"])
def model(request: pytest.FixtureRequest) -> LabelModel | Pool:
    return fitted(SKILL, audits=request.param)


def priced(*names: str, **prices: str) -> dict[str, Decimal]:
    return dict.fromkeys(names, SPEND) | {name: Decimal(price) for name, price in prices.items()}


def test_of_equal_price_the_better_labeler_is_asked(model: LabelModel | Pool) -> None:
    prices = priced("c/weak", "b/strong", "d/weak")
    assert next_labeler(model, {}, prices, threshold=None) == "b/strong"


def test_a_tenth_of_the_price_outweighs_a_better_labeler(model: LabelModel | Pool) -> None:
    prices = {"a/strong": Decimal(10), "b/strong": Decimal("0.1")}
    assert next_labeler(model, {}, prices, threshold=None) == "b/strong"


def test_another_family_is_asked_before_a_second_of_the_same(model: LabelModel | Pool) -> None:
    votes = {"a/strong": "0", "c/weak": "1"}
    prices = priced("a/twin", "b/strong")
    assert next_labeler(model, votes, prices, threshold=None) == "b/strong"


def test_free_labelers_come_first_in_the_order_given(model: LabelModel | Pool) -> None:
    prices = {"a/strong": SPEND, "d/weak": Decimal(0), "c/weak": Decimal(0)}
    assert next_labeler(model, {}, prices, threshold=None) == "d/weak"
    assert next_labeler(model, {"d/weak": "0"}, prices, threshold=None) == "c/weak"


def test_who_abstained_is_not_asked_again(model: LabelModel | Pool) -> None:
    prices = priced("b/strong", "c/weak")
    assert next_labeler(model, {"b/strong": None}, prices, threshold=None) == "c/weak"


def test_an_abstention_changes_nothing_for_the_others(model: LabelModel | Pool) -> None:
    prices = priced("a/strong", "c/weak")
    with_it = next_labeler(model, {"b/strong": None}, prices, threshold=0.9)
    assert with_it == next_labeler(model, {}, prices, threshold=0.9)


def test_a_labeler_never_seen_may_be_asked(model: LabelModel | Pool) -> None:
    assert next_labeler(model, {}, priced("new/prompt"), threshold=None) == "new/prompt"


def test_nobody_left_is_the_end(model: LabelModel | Pool) -> None:
    assert next_labeler(model, {"b/strong": "0"}, priced("b/strong"), threshold=0.99) is None


def test_an_accepted_answer_is_the_end(model: LabelModel | Pool) -> None:
    votes = {"a/strong": "0", "b/strong": "0"}
    assert next_labeler(model, votes, priced("c/weak"), threshold=0.6) is None


def test_a_label_that_cannot_be_overtaken_is_the_end(model: LabelModel | Pool) -> None:
    votes = {"a/strong": "0", "a/twin": "0", "b/strong": "0"}
    assert next_labeler(model, votes, priced("d/weak"), threshold=None) is None


def test_a_vote_for_a_strange_label_is_refused_by_name(model: LabelModel | Pool) -> None:
    with pytest.raises(ValueError, match="label 'maybe' is not known to the model"):
        next_labeler(model, {"a/strong": "maybe"}, priced("b/strong"), threshold=None)


def test_votes_that_tell_nothing_are_not_asked_for() -> None:
    chance = fitted({"a": 0.5, "b": 0.5, "c": 0.5}, audits=200, seed=3)
    assert isinstance(chance, Pool)
    assert not chance.informative
    assert next_labeler(chance, {}, priced("a", "b", "c"), threshold=None) is None


# By hand (below): one vote is 0.700 sure, two that agree are 0.804 sure; a third that differs casts
# doubt on 0.7.
@pytest.mark.parametrize(
    ("votes", "threshold", "enough", "asked"),
    [
        pytest.param({"a": "x"}, 0.6, None, None, id="accepted-is-enough-by-default"),
        pytest.param({"a": "x"}, 0.6, 0.75, "b", id="accepted-but-not-sure-enough"),
        pytest.param({"a": "x", "b": "x"}, 0.6, 0.75, None, id="sure-enough"),
        pytest.param({"a": "x"}, None, 0.75, "b", id="any-label-is-used-but-not-sure-enough"),
        pytest.param({"a": "x"}, None, 0.65, None, id="any-label-is-used-and-sure-enough"),
        pytest.param({"a": "x"}, 0.9, 0.95, None, id="out-of-reach-whatever-is-enough"),
    ],
)
def test_asking_goes_on_until_it_is_enough(
    votes: dict[str, str | None], threshold: float | None, enough: float | None, asked: str | None
) -> None:
    prices = priced("b", "c")
    assert next_labeler(assumed(), votes, prices, threshold=threshold, enough=enough) == asked


# By hand, with every accuracy 0.7 and a correlation of 0.2 between families: n agreeing votes
# count for n / (1 + 0.2 (n - 1)), so 1, 1.667 and 2.143 times log(7 / 3); that makes
# probabilities of 0.700, 0.804 and 0.860.
@pytest.mark.parametrize(
    ("votes", "remaining", "threshold", "could"),
    [
        pytest.param({"a": "x"}, "b", 0.80, True, id="one-agreeing-vote-lifts-to-0.804"),
        pytest.param({"a": "x"}, "b", 0.81, False, id="one-agreeing-vote-lifts-no-higher"),
        pytest.param({"a": "x"}, "bc", 0.85, True, id="two-agreeing-votes-lift-to-0.860"),
        pytest.param({"a": "x"}, "bc", 0.87, False, id="two-agreeing-votes-lift-no-higher"),
        pytest.param({"a": "x", "b": "x"}, "c", None, False, id="one-cannot-turn-two"),
        pytest.param({"a": "x"}, "bc", None, True, id="two-can-turn-one"),
        pytest.param({"a": "x", "b": "x"}, "c", 0.8, True, id="one-can-cast-doubt-on-two"),
        pytest.param({"a": "x", "b": "x"}, "c", 0.5, False, id="one-cannot-sink-two-below-half"),
        pytest.param({"a": "x"}, "", None, False, id="nobody-is-left"),
    ],
)
def test_what_remaining_votes_could_do(
    votes: dict[str, str | None], remaining: str, threshold: float | None, *, could: bool
) -> None:
    assert could_change(assumed(), votes, remaining, threshold=threshold) is could


def outcomes(
    model: LabelModel | Pool, names: tuple[str, ...], votes: np.ndarray, threshold: float | None
) -> list[int]:
    """What happens (label, or -1 for a person) under rows of votes, -1 an abstention."""
    counts = (model.anchored if isinstance(model, Pool) else model).counts
    row, column = np.nonzero(votes >= 0)
    table = VoteTable(
        items=("",) * len(votes),
        labelers=counts.labelers,
        labels=counts.labels,
        families=counts.families,
        item=row,
        labeler=np.array([counts.labelers.index(name) for name in names])[column],
        label=votes[row, column],
    )
    if isinstance(model, Pool):
        posterior = pool_posterior(model, table)
    else:
        named = np.zeros((len(votes), len(counts.labels)), dtype=bool)
        named[table.item, table.label] = True
        posterior = softmax(held_to_votes(model_scores(model, table), named))
    settled = posterior.max(axis=1) >= (threshold or 0.0)
    return np.where(settled, posterior.argmax(axis=1), -1).tolist()


@pytest.mark.parametrize("audits", [0, 60], ids=["without audits", "with audits"])
@pytest.mark.parametrize("threshold", [None, 0.45, 0.7, 0.9, 0.97])
@pytest.mark.parametrize(("labels", "left"), [(2, 6), (3, 4), (4, 4)])
def test_cannot_change_is_never_said_where_some_combination_could(
    audits: int, threshold: float | None, labels: int, left: int
) -> None:
    # More combinations than are tried one by one, so that it is the bound that is looked at.
    skill = {f"{'abc'[n % 3]}/{n}": 0.85 - 0.07 * n for n in range(left + 3)}
    model = fitted(skill, audits=audits, labels=labels, seed=labels)
    names = tuple(skill)
    random = np.random.default_rng(5)
    every = (np.indices((labels + 1,) * left) - 1).reshape(left, -1).T
    for cast in random.integers(-1, labels, size=(12, 3)):
        order = tuple(random.permutation(names).tolist())
        known = {n: None if v < 0 else str(v) for n, v in zip(order[:3], cast, strict=True)}
        rows = np.hstack([np.broadcast_to(cast, (len(every), 3)), every])
        happens = set(outcomes(model, order, rows, threshold))
        if len(happens) > 1:
            assert could_change(model, known, order[3:], threshold=threshold)


@pytest.mark.parametrize("audits", [0, 100], ids=["without audits", "with audits"])
def test_asking_until_nothing_can_change_gives_the_label_of_all_votes(audits: int) -> None:
    skill = {"a/1": 0.85, "a/2": 0.8, "b/1": 0.8, "b/2": 0.7, "c/1": 0.75, "c/2": 0.65}
    model = fitted(skill, audits=audits, labels=3)
    table, _ = votes_of(skill, labels=3, items=60, seed=9)
    full = table.label.reshape(60, -1)
    saved = 0
    for row in full:
        known: dict[str, str | None] = {}
        while name := next_labeler(model, known, priced(*skill), threshold=None):
            known[name] = str(row[table.labelers.index(name)])
        asked = np.array(
            [v if n in known else -1 for n, v in zip(table.labelers, row, strict=True)]
        )
        pair = outcomes(model, table.labelers, np.stack([asked, row]), None)
        assert pair[0] == pair[1]
        saved += len(skill) - len(known)
    assert saved > 0


def test_the_order_of_votes_and_prices_is_irrelevant(model: LabelModel | Pool) -> None:
    votes: dict[str, str | None] = {"c/weak": "1", "d/weak": "0"}
    prices = {"a/strong": SPEND, "a/twin": Decimal("1.5"), "b/strong": Decimal(2)}
    asked = next_labeler(model, votes, prices, threshold=0.9)
    turned = dict(reversed(votes.items())), dict(reversed(prices.items()))
    assert next_labeler(model, *turned, threshold=0.9) == asked
