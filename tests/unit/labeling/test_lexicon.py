import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskquorum.labeling.lexicon import Lexicon, Sentences, parse_phrase


def found(text, *, words=(), exact=(), known=()):
    """The phrases that stand in a text."""
    phrases = [(text, True) for text in words] + [(text, False) for text in exact]
    lexicon = Lexicon(
        (
            (at, parse_phrase(text, tolerant=tolerant))
            for at, (text, tolerant) in enumerate(phrases)
        ),
        known=known,
    )
    return {phrases[at][0] for at, hits in lexicon.find(Sentences.of(text)).items() if hits}


@pytest.mark.parametrize(
    ("phrase", "text", "stands"),
    [
        pytest.param("money back", "My money back!", True, id="words-in-order"),
        pytest.param("money back", "back my money", False, id="other-order"),
        pytest.param("money back", "money is back", False, id="word-in-between"),
        pytest.param("money .. back", "money is coming back", True, id="small-gap"),
        pytest.param("money .. back", "money a b c d back", False, id="gap-too-wide"),
        pytest.param("money ... back", "money a b c d back", True, id="wide-gap"),
        pytest.param("money|cash back", "cash back", True, id="either-word"),
        pytest.param("refund*", "refundable", True, id="any-ending"),
        pytest.param("refund*", "prefund", False, id="not-any-beginning"),
        pytest.param("don't", "I dont know", True, id="apostrophe-left-out"),
        pytest.param("dont", "I don\u2019t know", True, id="curly-apostrophe"),
        pytest.param("adresse", "c'est l'adresse", True, id="elided-article"),
        pytest.param("e-mail", "by E-Mail", True, id="hyphen"),
        pytest.param("e-mail", "by email", False, id="hyphen-is-two-words"),
        pytest.param("straße", "die STRASSE", True, id="sharp-s"),
        pytest.param("rückgabe", "Ruckgabe", True, id="umlaut"),
        pytest.param("cat", "concatenate", False, id="part-of-a-word"),
        pytest.param("one two", "one. Two", False, id="over-a-full-stop"),
        pytest.param("one two", "one\ntwo", True, id="over-a-line-break"),
        pytest.param("one two", "one\n\ntwo", False, id="over-a-blank-line"),
        pytest.param("a", "a", True, id="one-letter"),
        pytest.param("money", "", False, id="empty-text"),
        pytest.param("one two", "one", False, id="text-ends-first"),
    ],
)
def test_a_phrase_stands_where_its_words_follow_each_other(phrase, text, stands):
    assert bool(found(text, words=[phrase])) is stands
    assert bool(found(text, exact=[phrase])) is stands


def test_tolerance_for_one_phrase_does_not_leak_into_an_exact_one():
    text = "reimbursment"
    assert found(text, words=["reimbursement now"], exact=["reimbursement"]) == set()


def test_a_known_word_is_no_misspelling():
    assert found("dessert", words=["desert"]) == {"desert"}
    assert found("dessert", words=["desert"], known=["dessert"]) == set()


def test_a_listed_word_is_no_misspelling_of_another_one():
    assert found("planet", words=["planet", "planer"]) == {"planet"}


def test_a_typo_in_a_long_word_of_a_phrase_is_forgiven():
    assert found("exchnage rate", words=["exchange rate"]) == {"exchange rate"}
    assert found("exchange rite", words=["exchange rate"]) == set()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("?!", id="no-word"),
        pytest.param("money ..", id="ends-in-a-gap"),
        pytest.param("a|", id="nothing-on-one-side"),
        pytest.param("e-mail|post", id="two-words-on-one-side"),
        pytest.param("*", id="stem-of-nothing"),
    ],
)
def test_a_phrase_that_could_never_stand_is_refused(text):
    with pytest.raises(ValueError, match=r"word|gap"):
        parse_phrase(text, tolerant=True)


@given(st.text(), st.lists(st.text(alphabet="abcdeé'-", min_size=1), max_size=4))
def test_any_text_can_be_searched(text, words):
    usable = [word for word in words if any(c.isalnum() for c in word)]
    assert found(text, words=usable) <= set(usable)


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1), min_size=1, max_size=4))
def test_every_phrase_stands_in_itself(words):
    phrase = " ".join(words)
    assert found(f"so {phrase} then", exact=[phrase]) == {phrase}


@pytest.mark.parametrize(
    ("phrase", "text", "stands"),
    [
        pytest.param("burnt", "burmt", False, id="short-word-alone"),
        pytest.param("burnt toast", "burmt toast", True, id="short-word-in-company"),
        pytest.param("cancel*", "cancle", False, id="short-stem-alone"),
        pytest.param("cancel* order", "cancle order", True, id="short-stem-in-company"),
        pytest.param("attorney*", "atorneys", True, id="longer-stem-alone"),
        pytest.param("charge back", "change back", False, id="common-word-is-no-typo"),
        pytest.param("ferido hoje", "feriado hoje", True, id="uncommon-word-may-be-one"),
        pytest.param("frozen", "broken", False, id="first-letter-stays"),
    ],
)
def test_typos_are_forgiven_where_little_else_can_be_meant(phrase, text, stands):
    assert bool(found(text, words=[phrase])) is stands


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        pytest.param("send it to \u27e6ADDRESS_1\u00b7k7\u27e7 please", True, id="placeholder"),
        pytest.param("send it to \u27e6PERSON_1\u00b7k7\u27e7 please", False, id="other-type"),
        pytest.param("send it to address please", False, id="the-mere-word"),
    ],
)
def test_a_placeholder_is_found_by_its_type(text, stands):
    assert bool(found(text, words=["to @address"])) is stands


def test_a_set_stands_for_each_of_its_words():
    phrase = parse_phrase("my <limb> hurts", tolerant=True, sets={"limb": ["arm", "leg"]})
    lexicon = Lexicon([(0, phrase)])
    assert lexicon.find(Sentences.of("So. My leg hurts"))[0] == {1}
    assert not lexicon.find(Sentences.of("my head hurts"))[0]
    with pytest.raises(ValueError, match="no set 'limb'"):
        parse_phrase("my <limb> hurts", tolerant=True)
