"""Where every vote is wrong is found, measured on other decisions, and named in words."""

from random import Random

from deskquorum.auditing.regions import LEAST_AUDITS, blind_regions


def made(case, count, blind, *, rate=0.95):
    random = Random(5)  # noqa: S311 - made-up tickets
    cases = []
    for n in range(count):
        language, word = random.choice(["en", "de"]), random.choice(["voucher", "parcel", "shoes"])
        fails = random.random() < (rate if blind(language, word) else 0.05)
        said = "refund" if fails else "other"
        text = f"hello about the {word} of ⟦PERSON_1·k7⟧"
        votes = {"words": said, "model": said}
        cases.append(case(f"d{n}", votes, truth="other", text=text, language=language))
    return cases


def test_a_word_that_all_labelers_misread_is_named(case):
    cases = made(case, 240, lambda _, word: word == "voucher")
    (found,) = blind_regions(cases, "intent")
    assert found.where == "it says 'voucher'"
    assert (found.said, found.audit) == ("refund", "other")
    assert found.failing.low > 0.6 > found.overall


def test_a_region_can_be_a_word_in_one_language(case):
    cases = made(case, 400, lambda language, word: (language, word) == ("de", "voucher"))
    (found,) = blind_regions(cases, "intent")
    assert "it says 'voucher'" in found.where
    assert "language is de" in found.where or "language is not en" in found.where


def test_failures_that_fall_anywhere_make_no_region(case):
    assert blind_regions(made(case, 240, lambda *_: True, rate=0.3), "intent") == ()


def test_few_audits_are_not_searched(case):
    cases = made(case, LEAST_AUDITS - 1, lambda _, word: word == "voucher")
    assert blind_regions(cases, "intent") == ()


def test_one_labeler_that_is_right_is_enough(case):
    cases = [
        case(f"d{n}", {"words": "refund", "model": "other"}, truth="other", text="the voucher")
        for n in range(100)
    ]
    assert blind_regions(cases, "intent") == ()
