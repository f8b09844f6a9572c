"""Texts by segment: what each does, how it turns out, how firmly."""

import pytest

from deskquorum.grounding.passages import Part, read_passage
from deskquorum.grounding.senses import sign_of, strength_of
from deskquorum.grounding.words import words_of


def words(text):
    return tuple(word.text for word in words_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "You can return it free of charge.",
        "There's nothing to pay.",
        "No problem, that is fine.",
        "It is not too late.",
        "Jewellery is covered.",
        "Parcels arrive on Monday.",
        "Das ist kostenlos.",
        "Aucun souci.",
    ],
)
def test_it_turns_out_well(text):
    assert sign_of(words(text)) > 0


@pytest.mark.parametrize(
    "text",
    [
        "You can't return it.",
        "No refund is given.",
        "It's past the return period now.",
        "That is too heavy for the cabin.",
        "Unused minutes lapse.",
        "It won't be attempted again.",
        "Neither the bag nor the cash that was with it is covered.",
        "Das ist leider nicht möglich.",
        "Los gatos no pueden entrar.",
        "Les abonnements ne sont pas remboursables.",
        "We can't take it without the receipt.",
    ],
)
def test_it_turns_out_badly(text):
    assert sign_of(words(text)) < 0


def test_a_negation_inside_a_relative_clause_turns_nothing():
    assert sign_of(words("The data you didn't use in June is added to July.")) > 0


@pytest.mark.parametrize(
    ("text", "firm"),
    [
        pytest.param("Helmets must be worn.", 1, id="must"),
        pytest.param("You won't get in without a ticket.", 1, id="not-without"),
        pytest.param("A place is guaranteed.", 1, id="guaranteed"),
        pytest.param("There's no choice in it.", 1, id="no-choice"),
        pytest.param("Helmets are recommended.", -1, id="recommended"),
        pytest.param("We may offer a seat.", -1, id="may"),
        pytest.param("I can't promise it.", -1, id="no-promise"),
        pytest.param("You can ride without gloves.", -1, id="without"),
        pytest.param("You don't have to come in.", -1, id="need-not"),
        pytest.param("Parcels arrive on Monday.", 0, id="plain"),
    ],
)
def test_how_firmly_it_is_said(text, firm):
    assert strength_of(words(text)) == firm


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("If it rains, the trip is free.", ["condition", "main"], id="if-first"),
        pytest.param("The trip is free if it rains.", ["main", "condition"], id="if-last"),
        pytest.param("All fruit but berries is sold.", ["main", "exception"], id="but"),
        pytest.param("It cannot end early unless you move.", ["main", "exception"], id="unless"),
        pytest.param("It holds every day, Sundays included.", ["main", "inclusion"], id="included"),
        pytest.param("It came late, so you get a voucher.", ["main", "result"], id="so"),
        pytest.param("It costs 1%, otherwise 2%.", ["main", "default"], id="otherwise"),
        pytest.param("As an admin you can pause it.", ["main"], id="as-is-no-reason"),
        pytest.param("Boxes are provided by the customer.", ["main"], id="provided-by"),
    ],
)
def test_a_sentence_is_cut_by_what_its_pieces_do(text, parts):
    assert [segment.part.value for segment in read_passage(text).segments] == parts


def test_an_exception_is_told_as_the_opposite_of_its_rule():
    rule, exception = read_passage("Nothing is delivered apart from medicines.").segments
    assert (rule.told < 0, exception.told > 0) == (True, True)
    assert exception.part is Part.EXCEPTION


def test_a_part_of_a_passage_keeps_every_place():
    text = "Shipping costs 5 USD. Returns are free."
    passage = read_passage(text).only([(0, 21)])
    assert [text[s.start : s.end].strip() for s in passage.segments] == ["Returns are free."]
    assert {mark.word for mark in passage.marks} == {"returns"}
