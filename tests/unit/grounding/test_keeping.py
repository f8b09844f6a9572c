"""What was read of a text is kept for as long as it pays, and no longer."""

import gc

import pytest

from deskquorum.grounding.keeping import MOST_KEPT, kept
from deskquorum.grounding.passages import Passage, read_passage
from deskquorum.grounding.quantities import Quantity, find_quantities
from deskquorum.grounding.terms import Term, terms_of
from deskquorum.grounding.wording import nearly
from deskquorum.grounding.words import Word, words_of


@pytest.fixture
def asked():
    return []


@pytest.fixture
def length(asked):
    @kept
    def length(text, *, more=0):
        asked.append(text)
        return len(text) + more

    return length


def test_a_text_in_hand_is_read_once(length, asked):
    assert [length("a refund"), length("a refund")] == [8, 8]
    assert asked == ["a refund"]


def test_a_text_is_read_again_for_other_options(length):
    assert [length("a refund"), length("a refund", more=2)] == [8, 10]


def test_the_text_that_was_met_longest_ago_is_let_go(length, asked):
    for number in range(MOST_KEPT + 1):
        length(f"draft {number}")
    length(f"draft {MOST_KEPT}")
    assert len(asked) == MOST_KEPT + 1
    length("draft 0")
    assert asked[-1] == "draft 0"


def test_long_texts_take_no_place_from_short_ones_and_few_are_kept(length, asked):
    length("a refund")
    for number in range(MOST_KEPT):
        length(f"{number} {1000 * 'x'}")
    length("a refund")
    assert len(asked) == MOST_KEPT + 1
    length(f"0 {1000 * 'x'}")
    assert len(asked) == MOST_KEPT + 2


def test_what_was_read_of_many_drafts_does_not_pile_up():
    def read(numbers):
        for number in numbers:
            draft = f"Order W{number} came late, so {number}.00 EUR go back within {number} days."
            words_of(draft)
            find_quantities(draft)
            read_passage(draft)
            terms_of(draft, case=True)
            nearly(draft)
        gc.collect()
        kinds = (Word, Quantity, Passage, Term)
        return sum(isinstance(one, kinds) for one in gc.get_objects())

    full = read(range(10_000, 10_000 + MOST_KEPT))
    # Sentences are cut into parts, so what is kept of parts may still give way to other parts.
    assert read(range(20_000, 20_000 + 2 * MOST_KEPT)) < 1.1 * full
