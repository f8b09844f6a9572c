"""Two spellings-out of a sentence under which two texts count as saying the same words."""

from __future__ import annotations

from decimal import Decimal

from deskquorum.grounding.kept import kept_by_text
from deskquorum.grounding.quantities import CalendarDay, Quantity, find_quantities
from deskquorum.grounding.words import words_of

__all__ = ["Wording", "nearly", "verbatim"]

Wording = tuple[str, ...]

_DROPPED = frozenset({"the", "a", "an", "please", "also"})
_SAME = {
    "customers": "you", "customer": "you", "customer's": "your", "customers'": "your",
    "is": "be", "are": "be", "am": "be", "has": "have",
}  # fmt: skip


def verbatim(text: str) -> Wording:
    """All words in order; only case, blanks, punctuation and contractions are evened out."""
    return tuple(word.text for word in words_of(text))


@kept_by_text
def nearly(text: str) -> Wording:
    """The same with quantities by value, `you` for the customer, and without articles.

    Every other word stays, in its place: prepositions, negations and conditions decide.
    """
    starts = {quantity.start: quantity for quantity in find_quantities(text)}
    inside_until = 0
    out: list[str] = []
    for word in words_of(text):
        if word.start in starts and word.start >= inside_until:
            out.append(_canonical(starts[word.start]))
            inside_until = starts[word.start].end
        elif word.start >= inside_until and word.text not in _DROPPED:
            out.append(_SAME.get(word.text, word.text))
    return ("~", *out)


def _canonical(quantity: Quantity) -> str:
    value = quantity.value
    if isinstance(value, CalendarDay):
        return f"date:{value.year}-{value.month}-{value.day}"
    unit = "" if quantity.kind == "count" else quantity.unit
    return f"{quantity.kind}:{_plain(value)}:{unit}"


def _plain(value: Decimal) -> str:
    spelled = f"{value:f}"
    return spelled.rstrip("0").rstrip(".") if "." in spelled else spelled
