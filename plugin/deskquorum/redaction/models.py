"""Finders for NER models that the host has: any spaCy pipeline, any recognizer of Presidio's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from deskquorum.errors import RedactionError
from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.scope import Finder

__all__ = ["LABELS", "in_time", "presidio_finder", "spacy_finder"]

LABELS: Mapping[str, EntityType] = {
    "PERSON": EntityType.PERSON,
    "PER": EntityType.PERSON,
    "GPE": EntityType.LOCATION,
    "LOC": EntityType.LOCATION,
    "LOCATION": EntityType.LOCATION,
    "FAC": EntityType.LOCATION,
    "ADDRESS": EntityType.ADDRESS,
    "EMAIL_ADDRESS": EntityType.EMAIL,
    "PHONE_NUMBER": EntityType.PHONE,
}
"""What a model calls a person or a place, and what it is here; other labels are passed over."""


class _Span(Protocol):
    start_char: int
    end_char: int
    label_: str


class _Doc(Protocol):
    @property
    def ents(self) -> Iterable[_Span]: ...


class _Pipeline(Protocol):
    def __call__(self, text: str, /) -> _Doc: ...


class _Result(Protocol):
    start: int
    end: int
    entity_type: str
    score: float


class _Recognizer(Protocol):
    @property
    def supported_entities(self) -> list[str]: ...

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: None = None
    ) -> Iterable[_Result]: ...


def spacy_finder(
    pipeline: _Pipeline, *, labels: Mapping[str, EntityType] = LABELS, score: float = 0.85
) -> Finder:
    """Names and places by a spaCy pipeline (`spacy.load(...)`)."""

    def find(text: str) -> Iterator[Entity]:
        for span in pipeline(text).ents:
            if span.label_ in labels:
                yield _entity(span.start_char, span.end_char, labels[span.label_], score)

    return find


def presidio_finder(
    recognizer: _Recognizer, *, labels: Mapping[str, EntityType] = LABELS, least: float = 0.4
) -> Finder:
    """Names and places by a recognizer of Presidio's, such as `GLiNERRecognizer`."""

    def find(text: str) -> Iterator[Entity]:
        for result in recognizer.analyze(text, list(recognizer.supported_entities)):
            if result.entity_type in labels and result.score >= least:
                kind = labels[result.entity_type]
                yield _entity(result.start, result.end, kind, float(result.score))

    return find


def in_time(finder: Finder, *, timeout_s: float) -> Finder:
    """The same finder, but a late answer stops the redaction.

    The work itself can't be stopped from outside; it ends in its thread, and is thrown away.
    """
    pool = ThreadPoolExecutor(thread_name_prefix="deskquorum-finder")

    def find(text: str) -> Iterable[Entity]:
        try:
            return pool.submit(lambda: tuple(finder(text))).result(timeout=timeout_s)
        except TimeoutError:
            raise RedactionError("a recognizer ran into its time limit") from None

    return find


def _entity(start: int, end: int, kind: EntityType, score: float) -> Entity:
    return Entity(start=start, end=end, type=kind, score=score, source="model")
