"""Word lists that this package carries: first names, and words that are no names."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from deskquorum.redaction.views import folded, views_of

__all__ = ["common_words", "first_names", "namelike_words", "words"]


@cache
def first_names() -> frozenset[str]:
    """Common first names that are no everyday word or place, folded."""
    return words("first_names")


@cache
def common_words() -> frozenset[str]:
    """Everyday words that are no name by themselves, capitalised or not; folded."""
    return words("common_words") | (namelike_words() - first_names())


@cache
def namelike_words() -> frozenset[str]:
    """Everyday words that are names where nothing else could stand; folded."""
    return words("namelike_words")


@cache
def words(name: str) -> frozenset[str]:
    """The words of one list, folded; a line that starts with `#` says what it is."""
    text = (files("deskquorum.redaction") / "words" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(folded(views_of("\n".join(lines))[0]).text.split())
