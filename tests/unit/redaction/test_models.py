import time

import pytest
from presidio_analyzer import Pattern, PatternRecognizer

from deskquorum.errors import RedactionError
from deskquorum.redaction import (
    Entity,
    EntityType,
    Redactor,
    Scope,
    find,
    in_time,
    presidio_finder,
    spacy_finder,
)

TEXT = "<p>the xylo&shy;phone of Zzyzx Qwortley broke</p>"


def pipeline():
    """A real spaCy pipeline; rules stand in for the weights that no test may download."""
    spacy = pytest.importorskip("spacy")
    made = spacy.blank("en")
    made.add_pipe("entity_ruler").add_patterns(
        [
            {"label": "PERSON", "pattern": "Zzyzx Qwortley"},
            {"label": "PRODUCT", "pattern": "xylophone"},
        ]
    )
    return made


def test_a_spacy_pipeline_finds_people_that_no_list_holds():
    (entity,) = find(TEXT, scope=Scope(finders=(spacy_finder(pipeline()),)))
    assert TEXT[entity.start : entity.end] == "Zzyzx Qwortley"
    assert entity.source == "model"


def test_a_presidio_recognizer_is_a_finder_too():
    recognizer = PatternRecognizer(
        supported_entity="PERSON", patterns=[Pattern("odd", r"Zzyzx \w+", 0.9)]
    )
    (entity,) = find(TEXT, scope=Scope(finders=(presidio_finder(recognizer),)))
    assert TEXT[entity.start : entity.end] == "Zzyzx Qwortley"


def test_presidios_recognizers_are_named_and_read_the_words_around():
    text = "my passport 912803456 has expired"
    assert find("item 912803456 has expired", scope=Scope(recognizers=("US_PASSPORT",))) == ()
    (entity,) = find(text, scope=Scope(recognizers=("US_PASSPORT",)))
    assert text[entity.start : entity.end] == "912803456"


def test_an_unknown_recognizer_is_refused_with_those_there_are():
    with pytest.raises(RedactionError, match=r"for 'US_PASPORT'; it has .*US_PASSPORT"):
        find("number 912803456", scope=Scope(recognizers=("US_PASPORT",)))


def test_an_unknown_recognizer_is_refused_when_the_redactor_is_made():
    with pytest.raises(RedactionError, match="no recognizer for 'UK_PASSPROT'"):
        Redactor(recognizers=("UK_PASSPROT",))


def test_a_finder_that_raises_stops_the_redaction(ticket):
    def broken(_):
        raise OSError("no weights")

    with pytest.raises(OSError, match="no weights"):
        Redactor(finders=(broken,)).open(ticket("hello"))


def test_a_finder_that_is_late_stops_the_redaction():
    def slow(_):
        time.sleep(0.3)
        return [Entity(start=0, end=1, type=EntityType.PERSON, score=1.0, source="model")]

    with pytest.raises(RedactionError, match="time limit"):
        find("hello", scope=Scope(finders=(in_time(slow, timeout_s=0.02),)))
    assert len(find("hello", scope=Scope(finders=(in_time(slow, timeout_s=5),)))) == 1
