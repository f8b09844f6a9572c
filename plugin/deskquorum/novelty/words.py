"""The words of a text as they are compared: folded, hashed, without numbers and placeholders."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b

__all__ = ["hashed", "plain", "words_of"]

_LONGEST = 1000
"""Characters that are read of a text, so that a long one holds up nobody."""

_PLACEHOLDER = re.compile("⟦[^⟧]{0,62}⟧")
_WORD = re.compile(r"[^\W\d_]{3,}")
"""Numbers are left out: a new order number is no new term."""

_MARK = re.compile("[\u0300-\u036f]")
"""Accents, once letters are taken apart."""

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese write no spaces between words."""


def plain(text: str) -> str:
    """The text's beginning, without placeholders: their nonces are new each time."""
    return _PLACEHOLDER.sub(" ", text[:_LONGEST])


def words_of(text: str) -> frozenset[str]:
    """Each word of three letters or more; pairs of characters where words have no spaces."""
    shown = plain(text)
    folded = _MARK.sub("", unicodedata.normalize("NFKD", shown.lower()))
    found: set[str] = set()
    for word in _WORD.findall(folded):
        if _UNSPACED.search(word):
            found.update(word[at : at + 2] for at in range(len(word) - 1))
        else:
            found.add(word)
    return frozenset(found)


def hashed(word: str) -> int:
    """32 bits that stand for a word."""
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=4).digest(), "big")
