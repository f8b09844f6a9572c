import pytest

from deskquorum.errors import RedactionError
from deskquorum.redaction import matching, presidio
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
