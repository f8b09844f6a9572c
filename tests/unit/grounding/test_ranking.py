"""Which of some clauses speaks of what a reply speaks of."""

import numpy as np
import pytest

from deskquorum.grounding.alignment import WordVectors
from deskquorum.grounding.ranking import FEATURES, clause_words, features_of, ranked


def embed(texts):
    """A direction of its own for each word, so that nearness is sameness."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[sum(text.encode()) % 64] = 1.0
    return rows


def features(query, *clauses):
    vectors = WordVectors(embed)
    known = clause_words(clauses, vectors)
    none = np.zeros(len(clauses), dtype=np.float32)
    found = features_of(query, range(len(clauses)), known, vectors, shared=none, meaning=none)
    return [dict(zip(FEATURES, row, strict=True)) for row in found]


def test_the_words_of_a_quantity_are_no_topic():
    (same,) = features("Parking costs 15 euros.", "Parking is paid in euros.")
    (only_the_unit,) = features("Parking costs 15 euros.", "Stamps for 15 euros.")
    assert same["heard"] > 0
    assert only_the_unit["heard"] == 0


@pytest.mark.parametrize(
    ("clause", "fit"),
    [
        pytest.param("It takes 5 days.", 1.0, id="same-unit"),
        pytest.param("It takes 2 months.", 0.6, id="same-kind"),
        pytest.param("It ends on 3 May.", 0.5, id="a-window-leads-to-a-date"),
        pytest.param("It costs 5 EUR.", 0.0, id="money-for-time"),
        pytest.param("It takes long.", 0.0, id="no-quantity"),
    ],
)
def test_what_is_measured_is_compared_by_kind_and_unit(clause, fit):
    (found,) = features("It takes 3 days.", clause)
    assert found["measured"] == pytest.approx(fit)


def test_a_text_that_measures_nothing_fits_every_clause():
    (found,) = features("Shoes come back.", "Shoes cost 5 EUR.")
    assert found["measured"] == 1.0


def test_a_clause_in_another_language_fits_less():
    english, german = features(
        "The parcel is on the way to you.",
        "The parcel is on the way to the shop.",
        "Das Paket ist auf dem Weg zu dem Laden.",
    )
    assert english["language"] == 1.0
    assert german["language"] < 1.0


def test_every_feature_lies_between_0_and_1():
    for found in features("The 3 days of it are 5 EUR.", "Parcels take 3 days.", "!", "5 EUR."):
        assert all(0 <= value <= 1 for value in found.values())


def test_equal_clauses_keep_their_order():
    vectors = WordVectors(embed)
    known = clause_words(["Shoes.", "Shoes."], vectors)
    same = np.ones(2, dtype=np.float32)
    places = ranked("Hats.", [0, 1], known, vectors, shared=same, meaning=same)
    assert places == [0, 1]


def test_clauses_without_a_word_of_a_topic_are_not_prepared():
    assert clause_words(["5 EUR."], WordVectors(embed)) is None


def test_without_an_embedding_nothing_is_prepared():
    assert clause_words(["Shoes."], WordVectors(None)) is None
