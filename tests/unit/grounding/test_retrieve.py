"""Finding the clause that speaks of the same thing."""

import numpy as np

from deskquorum.grounding import index_clauses


def test_the_clause_that_shares_rare_words_comes_first(index):
    ((first, *_),) = index.nearest(["how much is express shipping"])
    assert first.id == "S1"


def test_a_query_without_a_shared_word_finds_nothing(index):
    assert index.nearest(["zebra"]) == [()]


def test_an_embedding_finds_what_words_do_not(index):
    def embed(texts):
        return np.array([[1.0, 0.0] if "gift" in t or "zebra" in t else [0.0, 1.0] for t in texts])

    ((first, *_),) = index_clauses(index.clauses, embed).nearest(["zebra"])
    assert first.id == "G1"


def test_no_more_than_the_top_are_returned(index):
    ((*found,),) = index.nearest(["shipping of items and kettles and cards and size"], top=2)
    assert len(found) == 2


def test_an_empty_index_answers():
    assert index_clauses([]).nearest(["anything"]) == [()]
