import numpy as np
import pytest

from deskquorum.reconciliation import LEAST_GOLD, UNCALIBRATED_CAP, reconcile_table, vote_table
from deskquorum.reconciliation.pool import pool_posterior

CHANCE = "the votes tell no more than the class prior"


def simulated(accuracies, *, items=60, labels="ab", seed=1):
    dice = np.random.default_rng(seed)
    truth = {f"t{n:03}": str(dice.choice(list(labels))) for n in range(items)}
    rows = []
    for item, right in truth.items():
        for name, accuracy in accuracies.items():
            others = [label for label in labels if label != right]
            told = right if dice.random() < accuracy else str(dice.choice(others))
            rows.append((item, name, told))
    return rows, truth


def first(truth, count):
    return dict(list(truth.items())[:count])


def answer(result, item):
    row = result.posterior[result.items.index(item)]
    return dict(zip(result.labels, row.tolist(), strict=True))


def reconciled(rows, *, gold=None, families=None, items=(), labels=()):
    table = vote_table(rows, families=families, items=items, labels=labels)
    result = reconcile_table(table, gold=gold)
    assert np.isfinite(result.posterior).all()
    assert result.posterior.sum(axis=1) == pytest.approx(np.ones(len(result.items)))
    return result


GOOD = {"ann": 0.9, "bob": 0.8, "cyd": 0.8, "dan": 0.7}


# Fewer than three labelers: each is right 7 times of 10, by assumption.


@pytest.mark.parametrize(
    ("votes", "odds"),
    [
        pytest.param({"ann": "a"}, 7 / 3, id="one-vote"),
        pytest.param({"ann": "a", "bob": "b"}, 1.0, id="two-who-differ"),
        # Two families: 2 / (1 + 0.2) votes' worth.
        pytest.param({"ann": "a", "bob": "a"}, (7 / 3) ** (2 / 1.2), id="two-who-agree"),
    ],
)
def test_two_labelers_are_weighed_alike_by_odds_worked_by_hand(votes, odds):
    rows = [("t", who, told) for who, told in votes.items()]
    # So that both labels are known, and nobody is another's copy.
    rows += [("u", "ann", "a"), ("v", "bob", "b")]
    result = reconciled(rows)
    assert answer(result, "t")["a"] == pytest.approx(odds / (1 + odds))
    assert not result.calibrated
    assert result.notes == (
        "fewer than 3 labelers: every labeler is assumed to be right 70% of the time",
    )


def test_two_prompts_of_one_model_weigh_less_than_two_labelers():
    rows = [("t", "qwen/1", "a"), ("t", "qwen/2", "a"), ("u", "qwen/1", "a"), ("v", "qwen/2", "b")]
    # One family: 2 / (1 + 0.7) votes' worth.
    odds = (7 / 3) ** (2 / 1.7)
    assert answer(reconciled(rows), "t")["a"] == pytest.approx(odds / (1 + odds))


def test_a_lone_vote_among_three_labels_leaves_the_others_alike():
    rows = [("t", "ann", "a"), ("u", "ann", "b"), ("v", "ann", "c")]
    assert answer(reconciled(rows), "t") == pytest.approx({"a": 0.7, "b": 0.15, "c": 0.15})


def test_two_labelers_and_a_copy_are_two_labelers():
    rows = [("t", "q/1", "a"), ("t", "q/2", "a"), ("t", "ann", "b"), ("u", "ann", "a")]
    result = reconciled(rows)
    assert answer(result, "t")["a"] == pytest.approx(0.5)
    assert any(note.startswith("fewer than 3 labelers") for note in result.notes)


# Copies.


def copied(rows, who, *, name):
    return [*rows, *((item, name, told) for item, labeler, told in rows if labeler == who)]


def test_a_copy_in_the_family_is_named_and_counts_nothing():
    rows, _ = simulated({"q/1": 0.8, "bob": 0.7, "cyd": 0.7}, items=5)
    before, after = reconciled(rows), reconciled(copied(rows, "q/1", name="q/2"))
    assert after.posterior == pytest.approx(before.posterior)
    assert after.notes == ("q/2 repeats q/1: a repetition counts for nothing",)


def dissents(times, *, others="wyz"):
    """Ten items that w, y and z agree on but for two votes; x goes against them so many times."""
    turned = {"a": "b", "b": "a"}
    rows = []
    for n in range(10):
        most = "ab"[n % 2]
        odd = {"x": n < times, "y": n == 8, "z": n == 9}
        rows += [(f"t{n}", who, turned[most] if odd.get(who) else most) for who in ("x", *others)]
    return rows


@pytest.mark.parametrize(
    "others",
    [
        pytest.param("wyz", id="against-three"),
        # The copy makes it two against two, which tells nothing new.
        pytest.param("yz", id="against-two"),
    ],
)
def test_odd_votes_three_times_shared_give_a_copy_of_another_family_away(others):
    rows = dissents(3, others=others)
    after = reconciled(copied(rows, "x", name="xx"))
    assert after.notes == ("xx repeats x: a repetition counts for nothing",)
    assert after.posterior == pytest.approx(reconciled(rows).posterior)


@pytest.mark.parametrize("times", [0, 2])
def test_without_three_odd_votes_equal_votes_of_two_families_are_no_proof_of_a_copy(times):
    rows = dissents(times)
    assert reconciled(copied(rows, "x", name="xx")).notes == ()


def test_a_labeler_that_differs_once_is_no_copy():
    rows = copied(dissents(5), "x", name="xx")
    rows[-1] = ("t9", "xx", "a")
    assert reconciled(rows).notes == ()


def test_a_copy_makes_nobody_else_a_copy():
    # Two against two, of four families: no vote goes against most, so nobody copies anybody.
    rows = [(f"t{n}", who, "a" if who in "vw" else "b") for n in range(3) for who in "vwyz"]
    assert reconciled(rows).notes == ()
    families = {"y": "q", "more": "q"}
    after = reconciled(copied(rows, "y", name="more"), families=families)
    assert after.notes == ("y repeats more: a repetition counts for nothing",)
    assert answer(after, "t0") == pytest.approx({"a": 0.5, "b": 0.5})


def test_three_of_one_mind_against_two_of_another_are_still_three():
    rows = [(f"t{n}", who, "a" if who in "vw" else "b") for n in range(4) for who in "vwxyz"]
    rows += [("u", who, "a") for who in "vwxyz"]
    assert answer(reconciled(rows), "t0")["b"] > 0.5


def test_many_copies_are_told_by_five_names_and_a_number():
    rows = [("t", "q/0", "a"), ("u", "q/0", "b"), ("t", "ann", "a"), ("u", "bob", "a")]
    for n in range(1, 8):
        rows = copied(rows, "q/0", name=f"q/{n}")
    said = reconciled(rows).notes[0]
    assert said.startswith("q/1 repeats q/0, q/2 repeats q/0, ")
    assert said.endswith("q/5 repeats q/0 and 2 more: a repetition counts for nothing")


# Little to go by.


def test_one_label_only_is_the_answer_to_everything():
    result = reconciled([("t", "ann", "a"), ("u", "bob", "a")], items=["empty", "t", "u"])
    assert result.posterior.tolist() == [[1.0]] * 3
    assert result.voted.tolist() == [False, True, True]
    assert "only one label is known, 'a'" in result.notes


def test_nobody_and_nothing_make_an_empty_answer():
    result = reconcile_table(vote_table([]))
    assert result.posterior.shape == (0, 0)
    assert result.notes == ("nobody voted",)


def test_if_all_abstain_no_label_is_preferred():
    result = reconciled([], items=["t", "u"], labels="ab")
    assert result.posterior.tolist() == [[0.5, 0.5]] * 2
    assert not result.voted.any()
    assert not result.named.any()


def test_if_all_abstain_audits_still_give_the_prior():
    gold = {f"t{n}": "a" if n < 15 else "b" for n in range(LEAST_GOLD)}
    result = reconciled([], items=[*gold, "u"], gold=gold)
    assert answer(result, "u")["a"] == pytest.approx(0.75, abs=0.06)
    assert not result.voted.any()


def test_an_item_without_votes_gets_what_is_believed_of_the_prior_and_says_so():
    rows, _ = simulated(GOOD)
    result = reconciled(rows, items=["empty"])
    row = result.items.index("empty")
    assert not result.voted[row]
    assert result.voted.sum() == len(result.items) - 1
    # What four families agree on is believed by 4 / (4 + 2), their class prior too.
    believed = result.model.prior ** (4 / 6)
    assert result.posterior[row] == pytest.approx(believed / believed.sum())


def test_a_labeler_seen_once_counts_for_its_label():
    rows, _ = simulated(GOOD)
    before = answer(reconciled(rows, items=["t"], labels="ab"), "t")["a"]
    assert answer(reconciled([*rows, ("t", "once", "a")]), "t")["a"] > before


def test_named_says_who_spoke_for_what():
    result = reconciled([("t", "ann", "a"), ("t", "bob", "c"), ("u", "ann", "b")])
    assert result.named.tolist() == [[True, False, True], [False, True, False]]


# Audits.


def test_without_audits_nothing_is_claimed_above_the_cap():
    rows, _ = simulated(dict.fromkeys("uvwxyz", 0.95), items=100)
    result = reconciled(rows)
    assert result.posterior.max() == pytest.approx(UNCALIBRATED_CAP)
    assert not result.calibrated


def test_with_audits_good_labelers_are_believed_above_the_cap():
    rows, truth = simulated(dict.fromkeys("uvwxyz", 0.95), items=100)
    result = reconciled(rows, gold=first(truth, 50))
    assert result.calibrated
    assert result.posterior.max() > UNCALIBRATED_CAP
    told = [result.labels[best] for best in result.posterior.argmax(axis=1)]
    assert np.mean(np.array(told) == list(truth.values())) > 0.95


def test_too_few_audits_are_told_and_not_used():
    rows, truth = simulated(GOOD)
    result = reconciled(rows, gold=first(truth, LEAST_GOLD - 1))
    assert result.posterior == pytest.approx(reconciled(rows).posterior)
    assert not result.calibrated
    assert result.notes == ("19 audited items are too few to calibrate on; 20 are needed",)
    assert reconciled(rows, gold=first(truth, LEAST_GOLD)).calibrated


def test_audits_of_items_that_are_not_there_are_left_out():
    rows, truth = simulated(GOOD)
    gold = first(truth, 30)
    more = gold | {f"elsewhere{n}": "z" for n in range(30)}
    result = reconciled(rows, gold=more)
    assert result.labels == ("a", "b")
    assert (result.posterior == reconciled(rows, gold=gold).posterior).all()


@pytest.mark.parametrize("count", [5, 40], ids=["too-few-audits", "enough-audits"])
def test_an_audited_label_that_nobody_named_gets_its_column(count):
    rows, truth = simulated(GOOD)
    gold = first(truth, count) | {"t001": "aa", "t002": "aa"}
    result = reconciled(rows, gold=gold)
    assert result.labels == ("a", "aa", "b")
    assert 0 < result.posterior[:, 1].max() < 0.5


def test_if_only_audits_know_a_second_label_it_is_allowed_for():
    rows = [(f"t{n}", who, "a") for n in range(40) for who in "xyz"]
    gold = {f"t{n}": "b" if n % 4 == 0 else "a" for n in range(40)}
    result = reconciled([*rows, ("u", "x", "a")], gold=gold)
    assert answer(result, "u")["b"] == pytest.approx(0.25, abs=0.1)


@pytest.mark.parametrize(
    ("share", "labels"),
    [
        pytest.param({"a": 25, "b": 25}, "ab", id="even"),
        pytest.param({"a": 40, "b": 10}, "ab", id="skewed"),
        pytest.param({"a": 30, "b": 15, "c": 5}, "abc", id="three-labels"),
        pytest.param({"a": 50}, "ab", id="one-label-is-always-right"),
    ],
)
def test_labelers_at_chance_leave_the_audited_shares(share, labels):
    dice = np.random.default_rng(3)
    rows = [(f"t{n}", who, str(dice.choice(list(labels)))) for n in range(100) for who in "vwxyz"]
    truth = [label for label, count in share.items() for _ in range(count)]
    gold = {f"t{n}": str(label) for n, label in enumerate(dice.permutation(truth))}
    result = reconciled(rows, gold=gold)
    assert [note for note in result.notes if CHANCE in note]
    for row in result.posterior:
        found = dict(zip(labels, row, strict=True))
        # Five items, spread evenly over the labels, go into the prior beside the 50.
        assert found == pytest.approx(
            {label: (share.get(label, 0) + 5 / len(labels)) / 55 for label in labels}
        )


def test_unanimous_votes_win_a_tie_with_the_prior():
    # Audits say `a` throughout; all who voted say `b`. First in the alphabet is no reason.
    gold = {f"t{n}": "a" for n in range(LEAST_GOLD)}
    rows = [(item, who, "b") for item in (*gold, "u") for who in "xyz"]
    result = reconciled(rows, gold=gold)
    assert [note for note in result.notes if CHANCE in note] or answer(result, "u")["b"] > 0.5


def test_labelers_above_chance_are_not_called_chance():
    rows, truth = simulated(GOOD)
    assert reconciled(rows, gold=first(truth, 40)).notes == ()


def test_audited_items_get_what_a_fit_without_them_says():
    # 40 labelers at chance beside a good one: a fit that has seen an item remembers it by them.
    losses = []
    for seed in range(4):
        rows, truth = simulated(
            {"good": 0.8} | {f"w{n}": 0.5 for n in range(40)}, items=160, seed=seed
        )
        table = vote_table(rows)
        result = reconcile_table(table, gold=first(truth, 80))
        codes = [result.labels.index(label) for label in truth.values()]
        seen = -np.log(pool_posterior(result.model, table)[range(160), codes])
        told = -np.log(result.posterior[range(160), codes])
        losses.append((seen[:80].mean(), told[:80].mean(), told[80:].mean()))
    seen, audited, rest = np.mean(losses, axis=0)
    assert audited == pytest.approx(rest, abs=0.1)
    assert seen < audited - 0.05


def test_an_audit_hardly_moves_the_answer_on_its_own_item():
    rows, truth = simulated(GOOD | {"eve": 0.6, "fay": 0.6}, items=40)
    gold = first(truth, 30)
    before = reconciled(rows, gold=gold)
    moved = []
    for item in first(truth, 6):
        label = gold[item]
        other = {"a": "b", "b": "a"}[label]
        after = reconciled(rows, gold=gold | {item: other})
        moved.append(answer(after, item)[other] - answer(before, item)[other])
    assert abs(np.mean(moved)) < 0.05
    assert max(moved) < 0.15
