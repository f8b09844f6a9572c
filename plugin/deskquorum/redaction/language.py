"""Which languages a ticket is written in: as declared, and as its words show."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any, Protocol

from deskquorum.domain import Ticket
from deskquorum.redaction.wordlists import words

__all__ = ["languages_of"]

_DETECTABLE = (
    "en",
    "es",
    "fr",
    "de",
    "pt",
    "it",
    "nl",
    "pl",
    "tr",
    "ru",
    "uk",
    "ar",
    "hi",
    "zh",
    "ja",
)
_DECLARABLE = frozenset(
    {
        *_DETECTABLE,
        "ca",
        "cs",
        "da",
        "el",
        "et",
        "eu",
        "fa",
        "fi",
        "gl",
        "he",
        "hr",
        "hu",
        "id",
        "ko",
        "lt",
        "lv",
    }
    | {
        "ms",
        "no",
        "nb",
        "nn",
        "ro",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "ta",
        "te",
        "th",
        "ur",
        "vi",
        "bn",
        "bg",
        "und",
    }
)
_LEAST_LETTERS = 12
_SURE_LETTERS = 40
_SURE = 0.98
_HINDI_MARKERS = 2
_NOISE = re.compile(
    r"https?://\S{1,400}|\S{1,80}@\S{1,80}|</?[a-zA-Z!][^<>]{0,400}>|&\w{1,32};|=(?:[0-9A-F]{2}|\r?\n)"
    r"|⟦[^⟦⟧]{0,64}⟧|^[ \t]{0,16}>.*$|\S{0,80}\d\S{0,80}|\w{30,}|\[[^\[\]\n]{0,40}\]",
    re.MULTILINE,
)
_ENOUGH = 20_000
"""Characters of a message that tell its language; the rest adds time and nothing else."""


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def languages_of(ticket: Ticket) -> tuple[str, ...]:
    """Primary language subtags of a ticket: declared ones first, then those its words add.

    `und` stands alone, where nothing is declared and the text is too short to tell.
    """
    texts = [_NOISE.sub(" ", m.text[:_ENOUGH]) for m in ticket.messages if m.role == "customer"]
    whole = "\n".join(texts)
    # One message is read once, not by itself and as the whole too.
    classify = cache(_classify)
    declared = _declared(ticket.language or "")
    found = list(declared)
    if not found and _letters(whole) >= _LEAST_LETTERS:
        found.append(classify(whole)[0])
    for text in dict.fromkeys((whole, *texts)):
        if _letters(text) >= _SURE_LETTERS:
            language, probability = classify(text)
            found.extend([language] if probability >= _SURE else [])
    if len(words("hindi_markers") & set(re.findall(r"[a-z]+", whole.lower()))) >= _HINDI_MARKERS:
        found.append("hi")
    return tuple(dict.fromkeys(found)) or ("und",)


def _declared(tags: str) -> tuple[str, ...]:
    """Languages of `es-en` or `pt-BR`; regions and scripts are left out."""
    first, *rest = re.split(r"[-_]", tags)
    kept = [first.lower()] if re.fullmatch(r"[A-Za-z]{2,3}", first) else []
    kept += [
        tag for tag in rest if tag.islower() and tag in _DECLARABLE and not _region(first, tag)
    ]
    return tuple(tag for tag in dict.fromkeys(kept) if tag != "und")


def _region(language: str, tag: str) -> bool:
    """Lower-case subtags that are countries here rather than second languages."""
    return (language, tag) in {("en", "ca"), ("fr", "ca"), ("pt", "pt"), ("ar", "ar"), ("es", "ar")}


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _classify(text: str) -> tuple[str, float]:
    with _LOCK:
        language, probability = _identifier().classify(" ".join(text.lower().split()))
    return language, float(probability)


_LOCK = threading.Lock()
"""The identifier keeps state while it reads."""


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    untyped: Any = LanguageIdentifier
    identifier = untyped.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_DETECTABLE))
    loaded: _Identifier = identifier
    return loaded
