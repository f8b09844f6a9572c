import json
import random
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskquorum.errors import ConfigError
from deskquorum.novelty import (
    LEAST_TEXTS,
    fit_reference,
    new_terms,
    read_reference,
    remove_reference,
    words_of,
    write_reference,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)


def embed(texts):
    """Eight numbers of each word, added up: a stand-in that knows no language."""
    words = [
        [np.random.default_rng(sum(w.encode())).normal(size=8) for w in t.split()] for t in texts
    ]
    rows = np.array([np.sum([np.zeros(8), *found], axis=0) for found in words])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)


def made_texts(count, *, words=400, seed=0, prefix="word"):
    """Texts of 5 to 15 words; a few words are common and most are rare."""
    chance = random.Random(seed)  # noqa: S311 - made-up texts
    spelled = [f"{prefix}{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(words)]
    weights = [1 / (n + 3) for n in range(words)]
    return [
        " ".join(chance.choices(spelled, weights, k=chance.randint(5, 15))) for _ in range(count)
    ]


@pytest.fixture(scope="module")
def reference():
    return fit_reference(made_texts(300), embed, made_at=AT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("My Solar panel, my PANEL!", {"solar", "panel"}, id="case-and-short-words"),
        pytest.param("order 4711 ab12cd", {"order"}, id="numbers-and-codes-are-none"),
        pytest.param("ask ⟦PERSON_1·abcd⟧ now", {"ask", "now"}, id="placeholders-are-none"),
        pytest.param("Kühlschrank défaut", {"kuhlschrank", "defaut"}, id="accents"),
        pytest.param("退款申请", {"退款", "款申", "申请"}, id="pairs-where-nobody-writes-spaces"),
        pytest.param("?! 12", set(), id="no-words"),
    ],
)
def test_words_are_what_texts_are_compared_by(text, words):
    assert words_of(text) == words


def test_of_a_long_text_only_the_beginning_is_read():
    assert words_of("abcd " * 200 + "omega") == {"abcd"}


def test_past_texts_exceed_each_level_about_as_often_as_it_says(reference):
    fresh = [reference.exceeded(text, embed) for text in made_texts(1000, seed=1)]
    rates = [level.rate for level in (*reference.levels, *reference.meaning.levels)]
    assert max(rates) > 0.1
    for rate, found in zip(rates, np.mean(fresh, axis=0), strict=True):
        # Measured on 300: three standard errors of both together.
        assert found <= rate + 3 * (0.2 * 0.8 / 300 + 0.2 * 0.8 / 1000) ** 0.5


def test_texts_of_new_words_exceed_every_level_of_words(reference):
    for text in made_texts(20, prefix="novel"):
        assert reference.exceeded(text, None) == (True,) * len(reference.levels)


def test_a_text_without_words_says_nothing(reference):
    assert reference.exceeded("12345 ?!", embed) == ()


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_past_texts_does_not_matter(chance):
    texts = made_texts(80)
    shuffled = list(texts)
    chance.shuffle(shuffled)
    first, second = (fit_reference(some, None, made_at=AT) for some in (texts, shuffled))
    assert (first.words, first.levels) == (second.words, second.levels)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=20))
def test_any_text_gets_an_answer_for_each_level_or_none(texts):
    reference = fit_reference(made_texts(60), None, made_at=AT)
    for text in texts:
        assert len(reference.exceeded(text, None)) in {0, len(reference.levels)}


def test_too_few_texts_are_no_reference():
    assert fit_reference(made_texts(LEAST_TEXTS - 1), None, made_at=AT) is None
    assert fit_reference(["?!"] * 500, None, made_at=AT) is None


def test_a_word_that_one_text_holds_is_not_kept():
    texts = [*made_texts(60), "wilhelmina called"]
    assert not fit_reference(texts, None, made_at=AT).knows("wilhelmina")
    twice = fit_reference([*texts, "wilhelmina wrote"], None, made_at=AT)
    assert twice.knows("wilhelmina")


@pytest.mark.parametrize("embedder", [embed, None], ids=["with-embedder", "words-alone"])
def test_a_reference_is_read_back_from_a_file_that_names_no_word(tmp_path, embedder):
    written = fit_reference(made_texts(300), embedder, made_at=AT)
    write_reference(tmp_path, written)
    found = read_reference(tmp_path)
    assert (found.words, found.levels, found.texts) == (written.words, written.levels, 300)
    for text in made_texts(50, seed=2):
        assert found.exceeded(text, None) == written.exceeded(text, None)
    file = tmp_path / "reference.json"
    assert not any(word in file.read_text() for word in words_of(" ".join(made_texts(300))))
    assert file.stat().st_size < 200_000
    # Numbers that read less finely than they were measured still tell the same of nearly all.
    if embedder is not None:
        both = [(found, written)] * 200
        texts = made_texts(200, seed=3)
        same = [
            a.exceeded(text, embed) == b.exceeded(text, embed)
            for text, (a, b) in zip(texts, both, strict=True)
        ]
        assert sum(same) >= 195


def test_a_folder_without_a_reference_has_none(tmp_path):
    assert read_reference(tmp_path / "nowhere") is None
    remove_reference(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"words": "!!"}, "its numbers are damaged", id="no-base64"),
        pytest.param({"texts": 0}, "texts: ", id="of-no-texts"),
        pytest.param({"levels": []}, "levels: ", id="no-levels"),
        pytest.param({"more": 1}, "more: ", id="an-unknown-key"),
        pytest.param({"format": "deskquorum reference 9"}, "format: ", id="another-format"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_how_to_mend_it(tmp_path, change, said):
    write_reference(tmp_path, fit_reference(made_texts(60), None, made_at=AT))
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ConfigError) as raised:
        read_reference(tmp_path)
    (problem,) = raised.value.problems
    assert problem.message.startswith(said)
    assert problem.hint == "run `deskquorum calibrate` again, or remove the file"


def told(texts):
    return [(f"c{n}", f"d{n}", text) for n, text in enumerate(texts)]


def test_new_terms_are_named_commonest_first_with_their_newest_decisions(reference):
    texts = ["solar panel worda"] * 6 + ["inverter and solar"] * 5
    found = new_terms(told(texts), reference)
    assert [(term.word, term.tickets) for term in found][:2] == [("solar", 11), ("panel", 6)]
    assert found[0].examples == ("d10", "d9", "d8")


def test_a_word_of_few_conversations_is_not_named(reference):
    four = told(["my name is wilhelmina"] * 4)
    again = [("c0", f"x{n}", "wilhelmina here") for n in range(20)]
    assert new_terms([*four, *again], reference) == []


def test_words_of_past_tickets_and_placeholders_are_no_new_terms(reference):
    known = [text for text in made_texts(300) if all(map(reference.knows, words_of(text)))]
    texts = [f"{text} ⟦ORDER_1·abcd⟧ 4711" for text in known[:50]]
    assert new_terms(told(texts), reference) == []


def test_texts_that_say_the_same_few_things_over_and_over_are_not_strange_once_read_back(tmp_path):
    says = made_texts(30, seed=5)
    write_reference(tmp_path, fit_reference(says * 10, embed, made_at=AT))
    found = read_reference(tmp_path)
    for text in says:
        assert not any(found.exceeded(text, embed))
