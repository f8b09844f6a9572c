"""Ours and other projects' redactors, each in a process of its own, behind one pipe.

Reads rows of `{text, record?}` as JSON Lines, prints one JSON object: `spans` (for each row,
`[start, end, type]`), `ms_per_1000` characters of processor time, `megabytes` at most. The first
pass warms up, the best of the next five is told.

    python bench/pii_engines.py presidio < rows.jsonl
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["ENGINES", "main"]

Span: TypeAlias = tuple[int, int, str]
Find: TypeAlias = Callable[[str, Mapping[str, Any] | None], list[Span]]
PASSES = 5


def main() -> None:
    """Run one engine over standard input."""
    rows = [json.loads(line) for line in sys.stdin]
    try:
        find = ENGINES[sys.argv[1]]()
    except (ImportError, OSError) as exc:
        print(json.dumps({"why": f"{type(exc).__name__}: {exc}"[:200]}))
        return
    spans = [find(row["text"], row.get("record")) for row in rows]
    seconds = min(_timed(find, rows) for _ in range(PASSES))
    characters = sum(len(row["text"]) for row in rows) or 1
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {"spans": spans, "ms_per_1000": seconds / characters * 1e6, "megabytes": megabytes}
        )
    )


def _timed(find: Find, rows: Sequence[Mapping[str, Any]]) -> float:
    start = time.process_time()
    for row in rows:
        find(row["text"], row.get("record"))
    return time.process_time() - start


def _ours() -> Find:
    from deskquorum.redaction import find

    return lambda text, record: [(e.start, e.end, e.type.value) for e in find(text, record or None)]


def _ours_without_record() -> Find:
    find = _ours()
    return lambda text, _: find(text, None)


def _presidio() -> Find:
    """presidio-analyzer with its own recognizers, on a blank spaCy pipeline; no network."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):  # type: ignore[misc]  # the library carries no types
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

        def load(self) -> None:
            """There is nothing to load."""

    # The stock e-mail recognizer downloads a list on first use.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    analyzer = AnalyzerEngine(nlp_engine=Blank(), registry=registry, supported_languages=["en"])
    return lambda text, _: [
        (r.start, r.end, r.entity_type) for r in analyzer.analyze(text, language="en")
    ]


def _langchain() -> Find:
    """The five detectors of LangChain's PIIMiddleware."""
    from langchain.agents.middleware import _redaction as detectors

    named = {
        "EMAIL_ADDRESS": detectors.detect_email,
        "CREDIT_CARD": detectors.detect_credit_card,
        "IP_ADDRESS": detectors.detect_ip,
        "MAC_ADDRESS": detectors.detect_mac_address,
        "DOMAIN_NAME": detectors.detect_url,
    }

    def find(text: str, _: Mapping[str, Any] | None) -> list[Span]:
        return [
            (match["start"], match["end"], kind)
            for kind, detect in named.items()
            for match in detect(text)
        ]

    return find


def _llm_guard() -> Find:
    """LLM Guard's Anonymize scanner; it loads a model, which must be there already."""
    from llm_guard.input_scanners import Anonymize
    from llm_guard.vault import Vault

    def find(text: str, _: Mapping[str, Any] | None) -> list[Span]:
        vault = Vault()
        Anonymize(vault).scan(text)
        return list(_places(text, vault.get()))

    return find


def _places(text: str, held: Sequence[tuple[str, str]]) -> Iterator[Span]:
    for placeholder, value in held:
        kind = placeholder.strip("[]").removeprefix("REDACTED_").rpartition("_")[0]
        for hit in re.finditer(re.escape(value), text):
            yield hit.start(), hit.end(), kind


ENGINES: Mapping[str, Callable[[], Find]] = {
    "deskquorum": _ours,
    "deskquorum, no record": _ours_without_record,
    "presidio": _presidio,
    "langchain": _langchain,
    "llm-guard": _llm_guard,
}

if __name__ == "__main__":
    main()
