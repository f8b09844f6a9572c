"""Two auditors agree more than chance, or they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from deskquorum.auditing.kappa import cohen, kappas

LABELS = st.sampled_from(["refund", "cancel", "thanks"])


def of(pairs):
    return cohen(pairs, question="intent", auditors=("ada", "bo"))


@given(st.lists(st.tuples(LABELS, LABELS), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs):
    found = of(pairs)
    firsts, seconds = zip(*pairs, strict=True)
    if len({*firsts, *seconds}) == 1:
        assert found.kappa is None
    else:
        assert found.kappa == pytest.approx(cohen_kappa_score(firsts, seconds))
        assert -1 <= found.low <= found.kappa <= found.high <= 1


def test_a_few_tickets_on_which_all_agree_prove_little():
    found = of([("refund", "refund"), ("cancel", "cancel")] * 3)
    assert found.kappa == 1
    assert found.low < 0.5


def test_pairs_are_compared_on_what_both_labelled(case):
    cases = [
        case("d1", {}, by=("ada", "bo"), truth=["refund", "refund"]),
        case("d2", {}, by=("ada", "bo", "bo"), truth=["refund", "cancel", "refund"]),
        case("d3", {}, by=("ada",), truth="cancel"),
        case("d4", {}, by=("bo", "ada"), truth=["cancel", "thanks"]),
    ]
    (found,) = kappas(cases, ["intent"])
    assert (found.auditors, found.n, found.agreed) == (("ada", "bo"), 3, 2)
