import pytest

from deskquorum.errors import RedactionError
from deskquorum.redaction import (
    credentials,
    identity,
    matching,
    name_cues,
    place_names,
    presidio,
)
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.views import views_of

SLOW = "a" * 40_000 + "c"


def test_a_late_pattern_stops_the_redaction(monkeypatch):
    monkeypatch.setattr(matching, "TIME_LIMIT_S", 0.05)
    with pytest.raises(RedactionError, match="time limit"):
        list(Matcher(r"(a+)+b").finditer(SLOW))


def test_a_late_search_stops_the_redaction(monkeypatch):
    monkeypatch.setattr(matching, "TIME_LIMIT_S", 0.05)
    with pytest.raises(RedactionError, match="time limit"):
        Matcher(r"(a+)+b").search(SLOW)


def test_a_late_recognizer_is_not_skipped(monkeypatch):
    import regex

    monkeypatch.setattr(presidio, "TIME_LIMIT_S", 0.05)
    limited = presidio._LimitedPattern(regex.compile(r"(a+)+b"))
    with pytest.raises(RedactionError, match="time limit"):
        list(limited.finditer(SLOW, timeout=60))


def test_a_text_without_digits_or_at_signs_never_reaches_presidio(monkeypatch):
    def refuse(_regions):
        raise AssertionError("the engine was asked for")

    monkeypatch.setattr(presidio, "_analyzer", refuse)
    assert list(presidio.presidio_entities(views_of("where is my parcel?")[0])) == []


@pytest.mark.parametrize(
    ("matcher", "text"),
    [
        (credentials._QUERY, "https://shop.example/in?token=abcd1234"),
        (credentials._CUED_KEY, "the secret is abcd12345"),
        (identity._CUED_ID, "pasaporteABC123456"),
        (identity._CUED_ID, "dniABC123456"),
        (place_names._SURE, "citta: Roma"),
        (place_names._SURE, "homesuburb Richmond"),
    ],
)
def test_what_saves_a_search_hides_no_match(matcher, text):
    assert any(list(matcher.find_in(view)) for view in views_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "attn=Anouk Visser",
        "ship to=Anouk Visser",
        "my neighbor, Anouk Visser,",
        "fiancé: Anouk Visser",
        "x\rAnouk Visser |",
    ],
)
def test_what_saves_a_search_hides_no_cue(text):
    view = views_of(text)[0]
    matched = [cue for cue in name_cues.CUES if any(cue.matcher.finditer(view.text))]
    assert matched
    assert all(any(cue.matcher.find_in(view)) for cue in matched)
