"""Word lists that this package carries: first names, and words that are no names."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from deskquorum.redaction.views import folded, views_of

__all__ = ["common_words", "first_names"]


@cache
def first_names() -> frozenset[str]:
    """Common first names that are no everyday word or place, folded."""
    return _words("first_names.txt")


@cache
def common_words() -> frozenset[str]:
    """Everyday words that may look like a name: capitalised, or the same as a surname; folded."""
    return _words("common_words.txt")


def _words(name: str) -> frozenset[str]:
    text = (files("deskquorum.redaction") / "words" / name).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(folded(views_of("\n".join(lines))[0]).text.split())
