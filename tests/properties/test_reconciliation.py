"""Laws of reconciliation that hold for every table of votes."""

from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deskquorum.reconciliation import UNCALIBRATED_CAP, VoteTable, reconcile_table, vote_table
from deskquorum.reconciliation.fitting import fit_label_model
from deskquorum.reconciliation.pool import fit_pool, posterior_of
from deskquorum.reconciliation.posterior import capped

LABELERS = ("ann", "bob", "qwen/1", "qwen/2", "rule/refund")
LABELS = ("bug", "praise", "refund")
STRANGERS = ("qwen/3", "zoe")
"""Labelers that no model here was fitted on; one is of a family that it knows."""

few = settings(deadline=None, max_examples=60)
fewest = settings(deadline=None, max_examples=12)

# Who said what: a row per item, None where a labeler abstains.
cells = st.sampled_from([None, *LABELS])
small = st.lists(st.tuples(*[cells] * len(LABELERS)), min_size=1, max_size=12).map(
    lambda table: [
        (f"t{n}", who, told)
        for n, row in enumerate(table)
        for who, told in zip(LABELERS, row, strict=True)
        if told
    ]
)
ballots = st.dictionaries(st.sampled_from((*LABELERS, *STRANGERS)), st.sampled_from(LABELS))
dice = st.integers(0, 10_000).map(np.random.default_rng)


def simulated(rng, *, items=40):
    """Votes of labelers whose skill is drawn, some no better than chance, and the truth."""
    skill = dict(zip(LABELERS, rng.uniform(0.2, 0.95, len(LABELERS)), strict=True))
    truth = {f"t{n}": str(rng.choice(LABELS, p=[0.5, 0.2, 0.3])) for n in range(items)}
    rows = []
    for item, right in truth.items():
        for who in LABELERS:
            told = right if rng.random() < skill[who] else str(rng.choice(LABELS))
            speaks = told == "refund" if who.startswith("rule") else rng.random() < 0.7
            rows += [(item, who, told)] if speaks else []
    return rows, truth


def audited(rng):
    """Votes, the truth of 25 items, and all items."""
    rows, truth = simulated(rng)
    return rows, dict(list(truth.items())[:25]), list(truth)


def told(result):
    return {
        (item, label): result.posterior[n, k]
        for n, item in enumerate(result.items)
        for k, label in enumerate(result.labels)
    }


def reconciled(rows, *, gold=None, items=(), labels=LABELS):
    return told(reconcile_table(vote_table(rows, items=items, labels=labels), gold=gold))


def shuffled(rng, values):
    return [values[n] for n in rng.permutation(len(values))]


def unanimous(rows):
    """The label of each item on which all who voted agree."""
    by_item = {}
    for item, _, label in rows:
        by_item.setdefault(item, set()).add(label)
    return {item: next(iter(found)) for item, found in by_item.items() if len(found) == 1}


def overturned(answers, labels, rows):
    """Items whose unanimous label is not the only most probable one; a tie leaves it to chance."""
    return [
        item
        for item, label in unanimous(rows).items()
        if any(answers[item, other] >= answers[item, label] for other in labels if other != label)
    ]


# Without audits.


@few
@given(small)
def test_rows_are_probabilities_below_the_cap(rows):
    result = reconcile_table(vote_table(rows, items=["empty"], labels=LABELS))
    assert np.isfinite(result.posterior).all()
    assert (result.posterior >= 0).all()
    assert result.posterior.sum(axis=1) == pytest.approx(np.ones(len(result.items)))
    assert result.posterior.max() <= UNCALIBRATED_CAP + 1e-12
    assert not result.calibrated


@few
@given(small, dice)
def test_the_order_of_votes_and_items_is_irrelevant(rows, rng):
    items = shuffled(rng, sorted({row[0] for row in rows}))
    other = reconciled(shuffled(rng, rows), items=items)
    assert other == pytest.approx(reconciled(rows), abs=1e-6)


@few
@given(small, st.permutations(LABELS))
def test_relabelling_the_classes_permutes_the_answer(rows, names):
    renamed = dict(zip(LABELS, names, strict=True))
    other = reconciled([(item, who, renamed[label]) for item, who, label in rows])
    expected = {(item, renamed[label]): p for (item, label), p in reconciled(rows).items()}
    assert other == pytest.approx(expected, abs=1e-6)


@few
@given(small)
def test_unanimous_votes_are_never_overturned(rows):
    assert overturned(reconciled(rows), LABELS, rows) == []


@few
@given(small, st.integers(1, 20))
def test_items_on_which_all_abstain_change_no_other_answer(rows, count):
    before = reconciled(rows)
    after = reconciled(rows, items=[f"empty{n}" for n in range(count)])
    assert {key: after[key] for key in before} == pytest.approx(before, abs=1e-6)


@few
@given(small)
def test_a_duplicated_prompt_does_not_count_twice(rows):
    copied = [*rows, *((item, "qwen/9", label) for item, who, label in rows if who == "qwen/1")]
    assert reconciled(copied) == pytest.approx(reconciled(rows), abs=1e-9)


def odd(rows, who):
    """Votes of a labeler on items on which another label is named by more."""
    shares = {}
    for item, _, label in rows:
        shares.setdefault(item, []).append(label)
    own = [
        shares[item].count(label) < max(map(shares[item].count, LABELS))
        for item, labeler, label in rows
        if labeler == who
    ]
    return sum(own)


@few
@given(dice)
def test_a_copy_of_three_odd_votes_does_not_count_twice_whatever_its_family(rng):
    rows, _ = simulated(rng)
    assume(odd(rows, "ann") >= 3)
    copied = [*rows, *((item, "copy", label) for item, who, label in rows if who == "ann")]
    assert reconciled(copied) == pytest.approx(reconciled(rows), abs=1e-9)


# With audits.


@fewest
@given(dice)
def test_with_audits_rows_are_probabilities_too(rng):
    rows, gold, items = audited(rng)
    result = reconcile_table(vote_table(rows, items=[*items, "empty"]), gold=gold)
    assert result.calibrated
    assert np.isfinite(result.posterior).all()
    assert (result.posterior >= 0).all()
    assert result.posterior.sum(axis=1) == pytest.approx(np.ones(len(result.items)))


@fewest
@given(dice)
def test_with_audits_the_order_of_votes_items_and_audits_is_irrelevant(rng):
    rows, gold, items = audited(rng)
    other = reconciled(
        shuffled(rng, rows),
        gold=dict(shuffled(rng, list(gold.items()))),
        items=shuffled(rng, items),
    )
    assert other == pytest.approx(reconciled(rows, gold=gold, items=items), abs=1e-6)


@fewest
@given(dice, st.permutations(LABELS))
def test_with_audits_relabelling_the_classes_permutes_the_answer(rng, names):
    rows, gold, items = audited(rng)
    renamed = dict(zip(LABELS, names, strict=True))
    other = reconciled(
        [(item, who, renamed[label]) for item, who, label in rows],
        gold={item: renamed[label] for item, label in gold.items()},
        items=items,
    )
    before = reconciled(rows, gold=gold, items=items)
    expected = {(item, renamed[label]): p for (item, label), p in before.items()}
    assert other == pytest.approx(expected, abs=1e-6)


@fewest
@given(dice)
def test_unanimous_votes_that_tell_something_are_not_overturned_by_audits(rng):
    rows, gold, items = audited(rng)
    result = reconcile_table(vote_table(rows, items=items, labels=LABELS), gold=gold)
    assume(result.model.informative)
    assert overturned(told(result), LABELS, rows) == []


@fewest
@given(dice)
def test_with_audits_a_duplicated_prompt_does_not_count_twice(rng):
    rows, gold, items = audited(rng)
    copied = [*rows, *((item, "qwen/9", label) for item, who, label in rows if who == "qwen/1")]
    before = reconciled(rows, gold=gold, items=items)
    assert reconciled(copied, gold=gold, items=items) == pytest.approx(before, abs=1e-9)


# With a model that is fitted once and stays as it is.


@cache
def fitted():
    """A label model and a pool of the labelers above; some are bad, one knows one label only."""
    rows, truth = simulated(np.random.default_rng(7), items=120)
    table = vote_table(rows, labels=LABELS)
    agreement = fit_label_model(table)
    where = np.arange(60)
    codes = np.array([LABELS.index(truth[table.items[n]]) for n in where])
    anchored = fit_label_model(table, gold=where, truth=codes)
    pool = fit_pool(table, agreement, where, codes).pool
    assert table.labelers == LABELERS
    assert pool.informative
    assert agreement.model.one_sided.tolist() == [False] * 4 + [True]
    return {"agreement": agreement.model, "anchored": anchored.model, "pool": pool}


MODELS = st.sampled_from(["agreement", "anchored", "pool"])


def table_of(*many):
    """A table of items by their ballots, coded like the models' own; strangers come last."""
    names = (*LABELERS, *STRANGERS)
    votes = [
        (n, names.index(who), LABELS.index(label))
        for n, ballot in enumerate(many)
        for who, label in sorted(ballot.items(), key=lambda pair: names.index(pair[0]))
    ]
    coded = np.array(votes, dtype=np.int64).reshape(-1, 3)
    return VoteTable(
        items=tuple(f"t{n}" for n in range(len(many))),
        labelers=names,
        labels=LABELS,
        families=tuple(name.partition("/")[0] for name in names),
        item=coded[:, 0],
        labeler=coded[:, 1],
        label=coded[:, 2],
    )


def posterior(name, *many):
    found = posterior_of(fitted()[name], table_of(*many))
    return capped(found) if name == "agreement" else found


@settings(deadline=None, max_examples=300)
@given(MODELS, ballots, st.sampled_from((*LABELERS, *STRANGERS)), st.sampled_from(LABELS))
def test_one_more_agreeing_vote_never_lowers_its_label(name, ballot, who, label):
    without = {other: told for other, told in ballot.items() if other != who}
    before, after = posterior(name, without, without | {who: label})
    k = LABELS.index(label)
    assert after[k] >= before[k] - 1e-12


@pytest.mark.parametrize("name", ["agreement", "anchored", "pool"])
@pytest.mark.parametrize("label", LABELS)
def test_a_first_vote_raises_its_label(name, label):
    k = LABELS.index(label)
    before, *after = posterior(name, {}, *({who: label} for who in (*LABELERS[:4], *STRANGERS)))
    assert all(row[k] >= before[k] for row in after)
    assert max(row[k] for row in after) > before[k] + 0.01


@few
@given(MODELS, ballots, st.lists(ballots, max_size=4))
def test_votes_and_abstentions_on_other_items_change_nothing(name, ballot, others):
    alone = posterior(name, ballot)[0]
    beside = posterior(name, {}, *others, ballot, {})[1 + len(others)]
    assert beside == pytest.approx(alone, abs=1e-12)


@few
@given(MODELS, ballots)
def test_what_all_agree_on_is_the_answer_of_a_fixed_model(name, ballot):
    assume(ballot)
    for label in LABELS:
        row = posterior(name, dict.fromkeys(ballot, label))[0]
        assert row[LABELS.index(label)] >= row.max() - 1e-12


@few
@given(MODELS, ballots)
def test_a_fixed_model_answers_in_probabilities(name, ballot):
    row = posterior(name, ballot)[0]
    assert np.isfinite(row).all()
    assert row.min() >= 0
    assert row.sum() == pytest.approx(1)
