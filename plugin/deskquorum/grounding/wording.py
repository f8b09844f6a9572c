"""Two spellings-out of a sentence under which two texts count as saying the same words."""

from __future__ import annotations

from deskquorum.grounding.quantities import CalendarDay, Quantity, find_quantities
from deskquorum.grounding.words import words_of

__all__ = ["Wording", "nearly", "verbatim"]

Wording = tuple[str, ...]

_DROPPED = frozenset("the a an please also".split())
_SAME = {
    "customers": "you", "customer": "you", "customer's": "your", "customers'": "your",
    "is": "be", "are": "be", "am": "be", "has": "have",
}  # fmt: skip


def verbatim(text: str) -> Wording:
    """All words in order; only case, blanks, punctuation and contractions are evened out."""
    return tuple(word.text for word in words_of(text))


def nearly(text: str) -> Wording:
    """The same with quantities by value, `you` for the customer, and without articles.

    Every other word stays, in its place: prepositions, negations and conditions decide.
    """
    quantities = find_quantities(text)
    out: list[str] = []
    for word in words_of(text):
        inside = next((q for q in quantities if q.start <= word.start < q.end), None)
        if inside is not None:
            if word.start == inside.start:
                out.append(_canonical(inside))
        elif word.text not in _DROPPED:
            out.append(_SAME.get(word.text, word.text))
    return ("~", *out)


def _canonical(quantity: Quantity) -> str:
    value = quantity.value
    if isinstance(value, CalendarDay):
        return f"date:{value.year}-{value.month}-{value.day}"
    unit = "" if quantity.kind == "count" else quantity.unit
    return f"{quantity.kind}:{value.normalize():f}:{unit}"
