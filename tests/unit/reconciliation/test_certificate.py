import math
import random

import pytest

pytest.importorskip("scipy")

from deskquorum.reconciliation.certificate import certify


def seeded(seed):
    return random.Random(seed)  # noqa: S311 - a simulation, not a secret


def audit(*groups):
    """Scores and rightness of groups given as (score, items, wrong among them)."""
    scores = [score for score, items, _ in groups for _ in range(items)]
    right = [place >= wrong for _, items, wrong in groups for place in range(items)]
    return scores, right


# Clopper-Pearson without errors: 1 - u is the n-th root of delta. 0.95**58 = 0.0510 and
# 0.95**59 = 0.0485; 0.99**298 = 0.0500382 and 0.99**299 = 0.0495378; 0.9**28 = 0.0523 and
# 0.9**29 = 0.0471.
@pytest.mark.parametrize(
    ("max_error", "enough"),
    [
        pytest.param(0.05, 59, id="five-in-a-hundred"),
        pytest.param(0.01, 299, id="one-in-a-hundred"),
        pytest.param(0.10, 29, id="one-in-ten"),
    ],
)
def test_without_errors_the_bound_needs_just_so_many_audits(max_error, enough):
    few = certify(*audit((0.97, enough - 1, 0)), max_error=max_error, confidence=0.95)
    many = certify(*audit((0.97, enough, 0)), max_error=max_error, confidence=0.95)
    assert (few.threshold, few.n, few.upper_bound, few.coverage) == (None, 0, 1.0, 0.0)
    assert (many.threshold, many.n, many.errors, many.coverage) == (0.97, enough, 0, 1.0)
    assert many.upper_bound == pytest.approx(1 - 0.05 ** (1 / enough))


# One error among 93: 0.95**93 + 93 * 0.05 * 0.95**92 = 0.00848 + 0.04151 = 0.04999; among 92:
# 0.00893 + 0.04323 = 0.0522.
@pytest.mark.parametrize(("items", "certified"), [(92, False), (93, True)])
def test_with_one_error_ninety_three_audits_are_needed(items, certified):
    found = certify(*audit((0.97, items, 1)), max_error=0.05, confidence=0.95)
    assert (found.threshold is not None) is certified


def test_what_is_accepted_is_right_and_what_is_not_lies_below_the_threshold():
    found = certify(*audit((0.9, 59, 0), (0.5, 41, 41)), max_error=0.05, confidence=0.95)
    assert (found.threshold, found.n, found.errors, found.coverage) == (0.9, 59, 0, 0.59)


def test_tied_scores_are_accepted_all_or_none():
    found = certify(*audit((0.9, 100, 0), (0.8, 200, 100)), max_error=0.05, confidence=0.95)
    assert (found.threshold, found.n) == (0.9, 100)


def test_everything_is_accepted_where_all_answers_are_good_enough():
    scores = [(place + 1) / 400 for place in range(400)]
    found = certify(scores, [True] * 400, max_error=0.05, confidence=0.95)
    assert (found.threshold, found.coverage) == (1 / 400, 1.0)


def test_bad_answers_at_the_very_top_do_not_hide_the_good_ones_below():
    groups = (0.99, 20, 2), (0.9, 480, 2), (0.6, 100, 60)
    found = certify(*audit(*groups), max_error=0.05, confidence=0.95)
    assert (found.threshold, found.n, found.errors) == (0.9, 500, 4)


def test_an_item_nobody_voted_on_is_never_accepted():
    scores, right = audit((0.9, 80, 0), (0.0, 20, 0))
    found = certify(scores, right, max_error=0.05, confidence=0.95)
    assert (found.threshold, found.n, found.coverage) == (0.9, 80, 0.8)
    assert certify([0.0] * 80, [True] * 80, max_error=0.05, confidence=0.95).threshold is None


def test_coverage_is_counted_over_the_population():
    scores, right = audit((0.9, 100, 0), (0.4, 100, 90))
    found = certify(
        scores, right, max_error=0.05, confidence=0.95, population=[0.9] * 30 + [0.4] * 70
    )
    assert (found.threshold, found.coverage) == (0.9, 0.3)


def test_nothing_audited_certifies_nothing():
    found = certify([], [], max_error=0.05, confidence=0.95, population=[0.9, 0.8])
    assert (found.threshold, found.audited, found.upper_bound) == (None, 0, 1.0)


# Half of what is accepted is in each stratum, so the bound is the mean of two bounds at 2.5%.
def test_strata_are_weighted_by_the_population_and_not_by_the_audit():
    scores, right = audit((0.9, 400, 0))
    found = certify(
        scores,
        right,
        max_error=0.05,
        confidence=0.95,
        population=[0.9] * 1000,
        strata=["easy"] * 300 + ["hard"] * 100,
        population_strata=["easy"] * 500 + ["hard"] * 500,
    )
    bounds = [1 - 0.025 ** (1 / n) for n in (300, 100)]
    assert found.upper_bound == pytest.approx(sum(bounds) / 2)
    assert found.threshold == 0.9


def test_an_audit_of_the_easy_stratum_alone_certifies_nothing():
    scores, right = audit((0.9, 1000, 0))
    found = certify(
        scores,
        right,
        max_error=0.05,
        confidence=0.95,
        population=[0.9] * 1000,
        strata=["easy"] * 1000,
        population_strata=["easy"] * 900 + ["hard"] * 100,
    )
    assert found.threshold is None


def test_one_stratum_is_bounded_as_no_strata():
    scores, right = audit((0.9, 200, 3), (0.7, 100, 20))
    plain = certify(scores, right, max_error=0.05, confidence=0.95, population=scores)
    strata = ["all"] * len(scores)
    named = certify(
        scores,
        right,
        max_error=0.05,
        confidence=0.95,
        population=scores,
        strata=strata,
        population_strata=strata,
    )
    assert named == plain


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"right": [True]}, "1 values of right for 2 scores", id="lengths"),
        pytest.param({"probability": [0.5, math.nan]}, "got nan", id="not-a-number"),
        pytest.param({"probability": [0.5, 1.5]}, r"0\.\.1, got 1\.5", id="above-one"),
        pytest.param({"population": [0.5, -1.0]}, "population must lie", id="population"),
        pytest.param({"population": []}, "population is empty", id="no-population"),
        pytest.param({"max_error": 0.0}, "max_error must lie between", id="alpha-zero"),
        pytest.param({"confidence": 1.0}, "confidence must lie between", id="confidence-one"),
        pytest.param({"confidence": math.nan}, "confidence must lie", id="confidence-nan"),
        pytest.param({"strata": ["a", "b"]}, "strata need the population", id="strata-alone"),
        pytest.param(
            {"strata": ["a"], "population": [0.5], "population_strata": ["a"]},
            "1 strata for 2 scores",
            id="strata-lengths",
        ),
    ],
)
def test_bad_input_is_refused_in_words(changes, message):
    arguments = {"probability": [0.5, 0.6], "right": [True, False]}
    arguments |= {"max_error": 0.05, "confidence": 0.95} | changes
    with pytest.raises(ValueError, match=message):
        certify(**arguments)


@pytest.mark.parametrize("weights", [(1, 0), (0.5, 0.5), (0.2, 0.8)], ids=str)
def test_an_error_just_above_the_allowed_one_is_rarely_certified(weights):
    # 12% wrong at every score, 10% allowed: at most 5% of audits may certify anything. 300 audits
    # at 5% have a standard error of 1.3%, so 9% is three of them above.
    dice = seeded(3)
    broken = 0
    for _ in range(300):
        scores = dice.choices((0.95, 0.85), weights, k=300)
        right = [dice.random() >= 0.12 for _ in scores]
        broken += certify(scores, right, max_error=0.10, confidence=0.95).threshold is not None
    assert broken <= 27


def test_a_biased_audit_with_strata_keeps_its_promise():
    # Nine tenths of the items are easy (4% wrong), the rest hard (70%): 10.6% in all. The audit
    # draws the easy ones 290 times in 300, so that without strata it would look like 6%.
    dice = seeded(5)
    strata = ["easy"] * 290 + ["hard"] * 10
    population_strata = ["easy"] * 900 + ["hard"] * 100
    broken = naive = 0
    for _ in range(200):
        right = [dice.random() >= (0.04 if s == "easy" else 0.7) for s in strata]
        arguments = {"max_error": 0.10, "confidence": 0.95, "population": [0.9] * 1000}
        naive += certify([0.9] * 300, right, **arguments).threshold is not None
        found = certify(
            [0.9] * 300, right, **arguments, strata=strata, population_strata=population_strata
        )
        broken += found.threshold is not None
    assert naive > 100
    assert broken <= 10
