"""Laws of the certificate that hold for every audit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

# Loaded here, so that no example pays for it.
pytest.importorskip("scipy.stats")

from deskquorum.reconciliation.certificate import certify

scores = st.one_of(st.sampled_from([0.0, 0.5, 0.7, 0.9, 1.0]), st.floats(0, 1))
# Audits of one or two hundred items, mostly right, by a few repeated items.
audits = st.lists(
    st.tuples(scores, st.sampled_from([True, True, True, False]), st.integers(1, 60)), max_size=12
).map(lambda groups: [(score, right) for score, right, count in groups for _ in range(count)])
allowed = st.sampled_from([0.01, 0.05, 0.1, 0.3])
confident = st.sampled_from([0.5, 0.9, 0.95])


def certified(audit, max_error, confidence, **more):
    probability = [score for score, _ in audit]
    right = [is_right for _, is_right in audit]
    return certify(probability, right, max_error=max_error, confidence=confidence, **more)


@settings(deadline=None)
@given(audits, allowed, confident)
def test_what_is_certified_is_what_was_counted(audit, max_error, confidence):
    found = certified(audit, max_error, confidence)
    if found.threshold is None:
        assert (found.n, found.errors, found.upper_bound, found.coverage) == (0, 0, 1.0, 0.0)
        return
    kept = [right for score, right in audit if score >= found.threshold]
    assert (found.n, found.errors) == (len(kept), kept.count(False))
    assert found.coverage == len(kept) / len(audit)
    assert found.threshold > 0
    assert found.errors / found.n <= found.upper_bound <= max_error


@settings(deadline=None)
@given(audits, allowed, confident, st.randoms())
def test_the_order_of_the_audit_is_irrelevant(audit, max_error, confidence, dice):
    shuffled = dice.sample(audit, len(audit))
    assert certified(shuffled, max_error, confidence) == certified(audit, max_error, confidence)


@settings(deadline=None)
@given(audits, allowed, confident, st.data())
def test_one_more_right_answer_never_lowers_coverage(audit, max_error, confidence, data):
    wrong = [place for place, (_, right) in enumerate(audit) if not right]
    if not wrong:
        return
    place = data.draw(st.sampled_from(wrong))
    better = [*audit[:place], (audit[place][0], True), *audit[place + 1 :]]
    before = certified(audit, max_error, confidence)
    assert certified(better, max_error, confidence).coverage >= before.coverage


@settings(deadline=None)
@given(audits, confident)
def test_allowing_no_less_than_everything_wrong_needs_only_an_audit(audit, confidence):
    found = certified([(0.9, True)] * 60 + audit, 0.999999, confidence)
    assert found.threshold is not None


@settings(max_examples=30, deadline=None)
@given(audits, allowed, st.integers(2, 3))
def test_a_repeated_population_changes_nothing(audit, max_error, times):
    population = [score for score, _ in audit] or [0.5]
    once = certified(audit, max_error, 0.95, population=population)
    assert certified(audit, max_error, 0.95, population=population * times) == once
