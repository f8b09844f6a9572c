"""Presidio's named recognizers: no model, no network, and no pattern that is skipped when late.

Mail addresses, phones, cards and social security numbers are looked for by our own patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol

from deskquorum.errors import RedactionError
from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import TIME_LIMIT_S, Matcher
from deskquorum.redaction.views import View

__all__ = ["load_recognizers", "presidio_entities"]

_LANGUAGE = "en"
"""Presidio's name for its one pipeline here; the recognizers used speak no language."""

_THRESHOLD = 0.4
_LEAST_DIGITS = 4
_PIECE, _OVERLAP = 4000, 200
_IP = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d|[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:")
_VERSION = Matcher(
    r"\b(?:v|ver|version|firmware|release|build|section|app)[ :.]*\Z", ignore_case=True
)
_CRYPTO = re.compile(r"\b(?:bc1|[13])[a-km-zA-HJ-NP-Z0-9]{25,}")
_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[:\-]){5}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2}")
_TYPES = {
    "IP_ADDRESS": EntityType.IP,
    "MAC_ADDRESS": EntityType.MAC,
    "CRYPTO": EntityType.CRYPTO,
}


class _Analyzer(Protocol):
    def analyze(
        self, text: str, language: str, *, entities: list[str], score_threshold: float
    ) -> list[Any]: ...


def presidio_entities(view: View, *, recognizers: tuple[str, ...] = ()) -> Iterator[Entity]:
    """Run the recognizers that have something to look for in the text.

    Args:
        view: The text.
        recognizers: Entities of Presidio's to look for besides machine addresses and wallets.

    Raises:
        RedactionError: A recognizer ran into its time limit or could not read the text.
    """
    for start, text in _pieces(view.text):
        wanted = list(_wanted(text, recognizers))
        if wanted:
            yield from _found(text, start, wanted, recognizers)


def load_recognizers(names: tuple[str, ...]) -> None:
    """Make the recognizers of these entities, so that a wrong name is told before the first text.

    Raises:
        RedactionError: Presidio has none by that name.
    """
    _analyzer(names)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text in pieces that overlap: what the library does grows with the square of a text."""
    for start in range(0, max(1, len(text) - _OVERLAP), _PIECE - _OVERLAP):
        yield start, text[start : start + _PIECE]


def _found(
    text: str, offset: int, wanted: list[str], recognizers: tuple[str, ...]
) -> Iterator[Entity]:
    try:
        found = _analyzer(recognizers).analyze(
            text, _LANGUAGE, entities=wanted, score_threshold=_THRESHOLD
        )
    except (ValueError, OverflowError):
        # The library's message may quote the text.
        raise RedactionError("a recognizer could not read the text") from None
    for result in found:
        kind = _TYPES.get(result.entity_type, EntityType.NATIONAL_ID)
        before = max(0, result.start - 20)
        if kind is EntityType.IP and _VERSION.search(text, before, result.start):
            continue
        yield Entity(
            start=offset + result.start,
            end=offset + result.end,
            type=kind,
            score=float(result.score),
            source="presidio",
        )


def _wanted(text: str, recognizers: tuple[str, ...]) -> Iterator[str]:
    """Types that can be in the text at all; each recognizer costs a millisecond."""
    if _IP.search(text):
        yield "IP_ADDRESS"
    if _MAC.search(text):
        yield "MAC_ADDRESS"
    if _CRYPTO.search(text):
        yield "CRYPTO"
    if recognizers and sum(map(str.isdecimal, text)) >= _LEAST_DIGITS:
        yield from recognizers


@cache
def _analyzer(named: tuple[str, ...]) -> _Analyzer:
    from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer import predefined_recognizers as known

    recognizers = [
        known.IpRecognizer(),
        known.MacAddressRecognizer(),
        known.CryptoRecognizer(),
        *map(_named, named),
    ]
    for recognizer in recognizers:
        if isinstance(recognizer, PatternRecognizer):
            _limit_time(recognizer)
    analyzer: _Analyzer = AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=recognizers, supported_languages=[_LANGUAGE]),
        nlp_engine=_blank_engine(),
        supported_languages=[_LANGUAGE],
    )
    return analyzer


def _named(entity: str) -> Any:  # noqa: ANN401 - the library carries no types
    """Presidio's own pattern recognizer of an entity, told that it reads this pipeline's language.

    Raises:
        RedactionError: Presidio has none by that name.
    """
    from presidio_analyzer import PatternRecognizer
    from presidio_analyzer import predefined_recognizers as known

    offered: dict[str, Any] = {}
    # INVARIANT: nothing here touches the network; the stock one downloads a list on first use.
    for name in set(known.__all__) - {"EmailRecognizer"}:
        made: Any = getattr(known, name)
        if isinstance(made, type) and issubclass(made, PatternRecognizer):
            # Each of them fills in its own entity, which the base class asks for.
            make: Any = made
            recognizer = make(supported_language=_LANGUAGE)
            offered |= dict.fromkeys(recognizer.supported_entities, recognizer)
    if entity not in offered:
        raise RedactionError(
            f"presidio has no recognizer for '{entity}'; it has {', '.join(sorted(offered))}"
        )
    return offered[entity]


def _blank_engine() -> Any:  # noqa: ANN401 - a class of a library that is only imported on use
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.lang.en import English
    from spacy.language import Language
    from spacy.tokens import Doc

    def lemmas(doc: Doc) -> Doc:
        # Without lemmas Presidio's context words match nothing, silently.
        for token in doc:
            token.lemma_ = token.lower_
        return doc

    name = "deskquorum_lower_lemmas"
    if not Language.has_factory(name):
        Language.component(name, func=lemmas)
    pipeline = English()
    pipeline.max_length = 100_000_000
    pipeline.add_pipe(name)
    engine = SpacyNlpEngine()
    loaded: Any = engine
    loaded.nlp = {_LANGUAGE: pipeline}
    return engine


class _LimitedPattern:
    """A compiled pattern that stops the redaction when it is late; the stock one is skipped."""

    def __init__(self, compiled: Any) -> None:  # noqa: ANN401 - the library carries no types
        self._compiled = compiled

    def finditer(self, text: str, **_: object) -> Iterator[Any]:
        try:
            yield from self._compiled.finditer(text, timeout=TIME_LIMIT_S)
        except TimeoutError:
            raise RedactionError("a recognizer ran into its time limit") from None


def _limit_time(recognizer: Any) -> None:  # noqa: ANN401 - the library carries no types
    import regex

    flags = recognizer.global_regex_flags
    for pattern in recognizer.patterns:
        pattern.compiled_regex = _LimitedPattern(regex.compile(pattern.regex, flags=flags))
        pattern.compiled_with_flags = flags
