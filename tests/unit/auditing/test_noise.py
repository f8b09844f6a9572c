"""How wrong a labeler is, what it takes for what, and where it is silent."""

import pytest

from deskquorum.auditing.noise import question_noise
from deskquorum.domain import Question

INTENT = Question(
    id="intent",
    ask="What is wanted?",
    labels={"refund": "", "cancel": "", "thanks": ""},
    labelers=("words", "model"),
)


@pytest.fixture
def noise(case):
    """Ten refunds in English that `words` reads, ten in German of which it reads half, badly."""
    cases = [
        case(f"en{n}", {"words": "refund", "model": "refund"}, language="en") for n in range(40)
    ]
    cases += [case(f"de{n}", {"words": "cancel"}, language="de", weight=2.0) for n in range(20)]
    cases += [case(f"xx{n}", {"model": "thanks"}, language="de") for n in range(10)]
    return question_noise(cases, INTENT)


def test_a_labeler_is_measured_on_what_it_voted_on(noise):
    words, model = noise.labelers
    assert words.noise.value == pytest.approx(40 / 80)
    assert (words.noise.n, model.noise.n) == (60, 50)
    assert model.noise.value == pytest.approx(10 / 50)


def test_what_is_taken_for_what_is_counted(noise):
    (confusion,) = noise.labelers[0].confusions
    assert (confusion.audit, confusion.said, confusion.n) == ("refund", "cancel", 20)


def test_a_gap_in_coverage_is_told_where_it_is(noise):
    words, model = noise.labelers
    assert words.silent.value == pytest.approx(10 / 90)
    assert [(p.value, p.worse) for p in model.silent_by] == [("de", True), ("en", False)]


def test_one_wrong_decision_of_a_kind_is_no_place_that_stands_out(case):
    cases = [
        case(f"d{n}", {"words": "refund"}, language=("en", "de", "es", "it", "nl", "pt")[n % 6])
        for n in range(60)
    ]
    cases += [case("fr", {"words": "cancel"}, language="fr")]
    noise = question_noise(cases, INTENT)
    assert noise.wrong.n == 61
    assert not any(place.worse for place in noise.wrong_by)


def test_the_desk_is_wrong_where_its_answer_is(noise):
    assert noise.wrong.value == pytest.approx(50 / 90)
    assert [(p.value, p.worse) for p in noise.wrong_by] == [("de", True), ("en", False)]


def test_labelers_that_agree_do_not_differ(noise):
    assert (noise.disagreement.value, noise.disagreement.n) == (0.0, 40)


def test_a_decision_that_nobody_labelled_for_the_question_is_left_out(case):
    found = question_noise([case("d1", {"words": "refund"}, by=())], INTENT)
    assert found.audited == 0
