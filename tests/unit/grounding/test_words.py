"""One spelling for words and numbers."""

from decimal import Decimal

import pytest

from deskquorum.grounding.words import language_of, parse_number, words_of


def spelled(text):
    return [word.text for word in words_of(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("We can't", "we cannot", id="contraction"),
        pytest.param("you'll pay", "You will pay", id="will"),
        pytest.param("don\u2019t", "do not", id="curly-apostrophe"),
        pytest.param("30.00", "30", id="zeros-after-the-point"),
        pytest.param("1,299.00", "1.299,00", id="groups"),
        pytest.param("«Free», (really)!", "free really", id="punctuation"),
    ],
)
def test_these_are_the_same_words(one, other):
    assert spelled(one) == spelled(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("No, refunds", "No refunds", id="comma-after-no"),
        pytest.param("free?", "free", id="question-mark"),
        pytest.param("< 30", "> 30", id="signs"),
        pytest.param("-5", "5", id="minus"),
        pytest.param("10²", "102", id="power"),
        pytest.param("1.299", "1299", id="two-readings"),
        pytest.param("~~free~~", "free", id="struck-out"),
        pytest.param("fr\u202eee", "free", id="turned-round"),
    ],
)
def test_these_are_not(one, other):
    assert spelled(one) != spelled(other)


def test_offsets_point_into_the_text():
    text = "We can't re-use ⟦ITEM_1·k7⟧ No. 1,299.00."
    assert all(0 <= w.start < w.end <= len(text) for w in words_of(text))
    assert "⟦item_1·k7⟧" not in [w.text for w in words_of(text)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1299", 1299),
        ("1,299.00", 1299),
        ("1.299,00", 1299),
        ("1,299", 1299),
        ("12,5", "12.5"),
        ("99.9", "99.9"),
        ("1.2.3", None),
        ("12,34,56", None),
        ("", None),
        ("x", None),
    ],
)
def test_numbers_are_read_in_both_conventions(text, number):
    assert parse_number(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("You can return the item to us.", "en"),
        ("Puede devolver el artículo en la tienda.", "es"),
        ("Vous pouvez nous rendre le produit.", "fr"),
        ("Sie können die Ware bei uns abgeben.", "de"),
        ("Você pode devolver o produto na loja.", "pt"),
        ("Zwrot towaru jest możliwy", None),
        ("", None),
    ],
)
def test_the_language_is_the_one_of_the_stop_words(text, language):
    assert language_of(words_of(text)) == language
