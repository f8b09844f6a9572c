"""What was read of a text is kept for as long as it pays, and no longer."""

import gc
import weakref

import numpy as np
import pytest

from deskquorum.grounding.alignment import WordVectors
from deskquorum.grounding.kept import MOST_TEXTS, kept_by_text
from deskquorum.grounding.passages import Passage, read_passage
from deskquorum.grounding.words import Word


@pytest.fixture
def asked():
    return []


@pytest.fixture
def length(asked):
    @kept_by_text
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
    for number in range(MOST_TEXTS + 1):
        length(f"draft {number}")
    length(f"draft {MOST_TEXTS}")
    assert len(asked) == MOST_TEXTS + 1
    length("draft 0")
    assert asked[-1] == "draft 0"


def test_long_texts_take_no_place_from_short_ones_and_few_are_kept(length, asked):
    length("a refund")
    for number in range(MOST_TEXTS):
        length(f"{number} {1000 * 'x'}")
    length("a refund")
    assert len(asked) == MOST_TEXTS + 1
    length(f"0 {1000 * 'x'}")
    assert len(asked) == MOST_TEXTS + 2


def test_what_was_read_of_many_drafts_does_not_pile_up():
    def read(numbers):
        for number in numbers:
            read_passage(f"Order W{number} came late.")
        gc.collect()
        return sum(isinstance(one, Word | Passage) for one in gc.get_objects())

    full = read(range(10_000, 10_000 + MOST_TEXTS))
    assert read(range(20_000, 20_000 + MOST_TEXTS)) < 1.1 * full


def test_vectors_of_words_that_never_come_again_do_not_pile_up():
    made = []

    def embed(words):
        vectors = np.ones((len(words), 4), dtype=np.float32)
        made.append(weakref.ref(vectors))
        return vectors

    vectors = WordVectors(embed)
    for number in range(10_000):
        vectors.of([f"w{number}"])
    assert sum(one() is not None for one in made) <= 4_000
