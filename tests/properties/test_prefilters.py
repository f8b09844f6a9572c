"""What a cheap look leaves out, the pattern behind it would not have found."""

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

import deskquorum.grounding
import deskquorum.redaction
from deskquorum.grounding.kept import Kept
from deskquorum.grounding.measures import NUMBER_WORDS, UNITS
from deskquorum.grounding.patterns import Pattern, any_of, vocabulary
from deskquorum.grounding.quantities import after_numbers
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.views import views_of


def held_by(package, kind):
    """Everything of a kind that the modules of a package hold, in tuples and in cues too."""
    found = {}
    for module in iter_modules(package.__path__):
        owner = import_module(f"{package.__name__}.{module.name}")
        for name, value in vars(owner).items():
            values = value if isinstance(value, tuple) else (value,)
            inner = [v for item in values for v in (item if isinstance(item, tuple) else (item,))]
            inner = [getattr(item, "matcher", item) for item in inner]
            found |= {f"{name}-{n}": one for n, one in enumerate(inner) if isinstance(one, kind)}
    return found


PATTERNS = held_by(deskquorum.grounding, Pattern)
GATED = {
    name: matcher
    for name, matcher in held_by(deskquorum.redaction, Matcher).items()
    if matcher.gated
}
LED = {
    name: matcher for name, matcher in held_by(deskquorum.redaction, Matcher).items() if matcher.led
}
OF_ANY = st.sampled_from(
    [
        *("7", "12", "30", "2026", "10115", "75002", "4111 1111 1111", "24.00", "1/2", "SW1A 1AA"),
        *("Anouk", "Paris", "Main", "Rue", "McKay", "bob", "five", "a", "one", "twenty-one"),
        *(
            " ",
            " ",
            " ",
            " ",
            ", ",
            ". ",
            ": ",
            "-",
            "\n",
            "'s ",
            "\u2019",
            "@",
            "(",
            "<",
            "$",
            "%",
        ),
        *("\u017f", "\u0131", "\u0130", "\u212a", "\u00e9", "\u00dc", "\u00df", "\u0301", "\u00b2"),
    ]
)


def texts_about(pattern):
    """Texts of the pattern's own words, so that it has a chance."""
    own = sorted(set(re.findall(r"[^\W\d_]+", pattern))) or ["a"]
    words = st.sampled_from([form for w in own for form in (w, w.lower(), w.title(), w.upper())])
    return st.lists(st.one_of(words, words, OF_ANY), max_size=12).flatmap(
        lambda parts: st.sampled_from(["", " "]).map(lambda joint: joint.join(parts))
    )


def phrases_of(pattern):
    """What stands between the signs of an expression, alone and beside a number and a name."""
    for phrase in sorted(set(re.split(r"[|()\[\]?*+{}^$\\<>!=]+", pattern))):
        yield from (phrase, phrase.upper(), f"5 {phrase}.", f"five{phrase}", f" {phrase} Anouk, ")


def spans(matches):
    return [match.span() for match in matches]


@pytest.mark.parametrize("name", PATTERNS)
def test_a_phrase_of_a_pattern_is_never_passed_over(name):
    pattern = PATTERNS[name]
    for text in phrases_of(pattern.pattern):
        assert spans(pattern.finditer(text)) == spans(pattern.compiled.finditer(text)), text


@pytest.mark.parametrize("name", PATTERNS)
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_a_pattern_is_skipped_only_where_it_matches_nothing(name, data):
    pattern = PATTERNS[name]
    text = data.draw(texts_about(pattern.pattern))
    assert spans(pattern.finditer(text)) == spans(pattern.compiled.finditer(text))
    assert (pattern.search(text) is None) == (pattern.compiled.search(text) is None)


@pytest.mark.parametrize("name", GATED)
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_what_redaction_is_kept_from_reading_has_nothing_in_it(name, data):
    matcher = GATED[name]
    text = data.draw(texts_about(matcher.pattern))
    for view in views_of(text):
        assert not (matcher.misses(view) and any(matcher.finditer(view.text)))


@pytest.mark.parametrize("name", GATED)
def test_a_phrase_of_a_gated_pattern_is_never_passed_over(name):
    matcher = GATED[name]
    for text in phrases_of(matcher.pattern):
        for view in views_of(text):
            assert not (matcher.misses(view) and any(matcher.finditer(view.text))), text


@pytest.mark.parametrize("name", LED)
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_only_where_a_match_can_start_is_as_good_as_everywhere(name, data):
    matcher = LED[name]
    # Some are only worth it where there is a figure, whatever they match.
    text = f"7 A. {data.draw(texts_about(matcher.pattern))}"
    for view in views_of(text):
        assert spans(matcher.find_in(view)) == spans(matcher.finditer(view.text))


@pytest.mark.parametrize("name", LED)
def test_a_match_starts_with_no_other_word(name):
    matcher = LED[name]
    for phrase in phrases_of(matcher.pattern):
        for text in (phrase, f"{phrase} is Anouk.", f"{phrase}: Anouk Meyer,", f"My {phrase}. bob"):
            for view in views_of(f"7 A. {text}"):
                assert spans(matcher.find_in(view)) == spans(matcher.finditer(view.text)), text


@given(st.lists(st.text(alphabet="abc-", max_size=4), min_size=1, max_size=12), st.text("abc-x"))
def test_a_list_read_letter_by_letter_matches_as_its_words_do(words, text):
    plain = "|".join(map(regex.escape, dict.fromkeys(words)))
    read = [match.span() for match in regex.finditer(any_of(words), text)]
    assert read == [match.span() for match in regex.finditer(f"(?:{plain})", text)]


@given(st.text())
def test_a_vocabulary_has_every_word_and_sign(text):
    met = vocabulary(text)
    assert set(regex.findall(r"\p{L}+", text.lower())) <= met.words
    assert ("0" in met.words) == any(map(str.isdecimal, text))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers())), st.integers(1, 4))
def test_what_is_kept_is_what_was_put_last_and_no_more_than_twice_the_room(pairs, most):
    kept = Kept(most)
    last = {}
    for asked, answer in pairs:
        assert kept.put(asked, answer) == answer
        last[asked] = answer
        assert kept.get(asked) == answer
    held = [asked for asked in last if kept.get(asked) is not None]
    assert len(held) <= 2 * most
    assert all(kept.get(asked) == last[asked] for asked in held)


def searched(name):
    return held_by(deskquorum.redaction, Matcher)[name]


NEEDY = [
    name
    for name in held_by(deskquorum.redaction, Matcher)
    if name.startswith(("_QUERY", "_CUED_KEY", "_CUED_ID", "_SURE"))
]


@pytest.mark.parametrize("name", NEEDY)
def test_the_words_that_a_pattern_needs_hide_none_of_its_phrases(name):
    matcher = searched(name)
    for phrase in phrases_of(matcher.pattern):
        for text in (phrase, f"{phrase}=abcd1234", f"{phrase}: Anouk", f"{phrase} is abc123456"):
            for view in views_of(text):
                assert spans(matcher.find_in(view)) == spans(matcher.finditer(view.text)), text


@pytest.mark.parametrize("name", ["PERCENT-0", "WINDOW-0", "COUNT-0"])
@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_behind_numbers_that_are_looked_for_once_everything_is_found(name, data):
    pattern = PATTERNS[name]
    numbers = st.sampled_from([*NUMBER_WORDS, *UNITS, "5", "1.299,50", "%", "-", " ", "to", ", "])
    parts = data.draw(st.lists(st.one_of(numbers, OF_ANY), max_size=12))
    text = data.draw(st.sampled_from(["", " "])).join(parts)
    assert spans(after_numbers(pattern, text)) == spans(pattern.compiled.finditer(text))
