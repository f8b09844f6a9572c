"""Word lists that this package carries: names, places, and words that are neither."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from deskquorum.redaction.views import folded, views_of

__all__ = [
    "common_words",
    "everyday_words",
    "first_names",
    "given_names",
    "namelike_words",
    "place_starts",
    "places",
    "surname_endings",
    "surnames",
    "words",
]


@cache
def first_names() -> frozenset[str]:
    """Common first names that are no everyday word or place, folded: names wherever they stand."""
    return words("first_names")


@cache
def given_names() -> frozenset[str]:
    """First names of many countries that are no everyday word here; folded."""
    return words("given_names") | first_names()


@cache
def surnames() -> frozenset[str]:
    """Surnames of many countries that are no everyday word here; folded."""
    return words("surnames")


@cache
def surname_endings() -> tuple[str, ...]:
    """What surnames of many countries end in; folded."""
    return tuple(words("surname_endings"))


@cache
def places() -> frozenset[str]:
    """Countries, their parts and cities; folded, words joined by single spaces."""
    listed = words("places") | words("english_cities")
    return frozenset(place.replace("_", " ") for place in listed)


@cache
def place_starts() -> frozenset[str]:
    """The first word of each place."""
    return frozenset(place.partition(" ")[0] for place in places())


@cache
def common_words() -> frozenset[str]:
    """Everyday words that are no name by themselves, capitalised or not; folded."""
    return words("common_words") | (words("namelike_words") - first_names())


@cache
def everyday_words() -> frozenset[str]:
    """Words of any dictionary: what is capitalised and not among them may be a name."""
    return words("english_words") | common_words()


@cache
def namelike_words() -> frozenset[str]:
    """Everyday words that are names where nothing else could stand; folded."""
    return words("namelike_words") | words("everyday_names")


@cache
def words(name: str) -> frozenset[str]:
    """The words of one list, folded; a line that starts with `#` says what it is."""
    text = (files("deskquorum.redaction") / "words" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(folded(views_of("\n".join(lines))[0]).text.split())
