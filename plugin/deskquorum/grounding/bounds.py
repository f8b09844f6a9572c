"""Whether a number is a value or the end of a range, by the words around it."""

from __future__ import annotations

from deskquorum.grounding.patterns import Pattern
from deskquorum.grounding.quantities import Bound

__all__ = ["bound_at"]

_MOST = Pattern(
    r"(?<!\p{L})(?:within|inside|up to|at most|no more than|not more than|maximum(?: of)?|max\.?|"
    r"under|below|less than|fewer than|no later than|not later than|until|by|in under|falls? "
    r"(?:under|below)|"
    r"limited to|not exceed(?:ing)?|capped at|younger than|shorter than|smaller than|"
    r"hasta|como máximo|dentro de|menos de|en un plazo de|"
    r"innerhalb von|innerhalb|bis zu|bis|höchstens|maximal|weniger als|unter|binnen|"
    r"jusqu'à|dans les|au plus|moins de|sous|até|no máximo|em até)(?:\s(?:the|a|an|first|den|der|"
    r"de))?(?:\s(?:height|weight|length|total|size|age|width|depth|value|sum|amount|maximum) "
    r"of)?\s*$",
    ignore_case=True,
)
_LEAST = Pattern(
    r"(?<!\p{L})(?:at least|more than|over|above|minimum(?: of)?|from|after|older than|exceeds?|"
    r"exceeding|upwards of|longer than|larger than|beyond|starting (?:at|from)|no less than|not "
    r"less than|"
    r"al menos|más de|a partir de|mínimo|mindestens|mehr als|über|ab|nach|au moins|plus de|à "
    r"partir de|"
    r"pelo menos|mais de)(?:\s(?:the|a|an))?\s*$",
    ignore_case=True,
)
_LEAST_AFTER = Pattern(
    r"(?:\s\p{L}+){0,2}\s(?:or|and|o|y|oder|ou|et|und|e)\s(?:more|over|above|older|longer|larger|"
    r"más|mehr|älter|länger|plus|mais)\b"
    r"|(?:\s\p{L}+){0,2}\s(?:upwards|and up)\b",
    ignore_case=True,
)  # fmt: skip
_MOST_AFTER = Pattern(
    r"(?:\s\p{L}+){0,2}\s(?:or|o|oder|ou)\s(?:less|fewer|younger|under|menos|weniger|moins)\b"
    r"|\s(?:at the (?:most|latest)|or sooner)\b",
    ignore_case=True,
)


_SIGN = Pattern(r"[€£$]\s*$")


def bound_at(text: str, start: int, end: int, heard: Bound) -> Bound:
    """The bound of the number between `start` and `end`; `heard` where nothing else is said."""
    before, after = text[max(0, start - 26) : start], text[end : end + 30]
    before = _SIGN.compiled.sub("", before)
    if _LEAST_AFTER.match(after):
        return Bound.AT_LEAST
    if _MOST_AFTER.match(after) or _MOST.search(before):
        return Bound.AT_MOST
    if _LEAST.search(before):
        return Bound.AT_LEAST
    if (between := _BETWEEN.search(text[max(0, start - 60) : start])) is not None:
        return Bound.AT_MOST if between.group("and") else Bound.AT_LEAST
    said = _NAMED_LIMIT.search(text[max(0, start - 60) : start])
    if said is not None:
        return Bound.AT_LEAST if said.group("least") else Bound.AT_MOST
    return heard


_BETWEEN = Pattern(
    r"(?<!\p{L})(?:between|zwischen|entre)\s(?:[^\s.;]+\s(?P<and>and|und|y|et|e)\s)?$",
    ignore_case=True,
)
_NAMED_LIMIT = Pattern(
    r"(?:(?P<least>minimum|mindest\p{L}*|mínimo|mínima)|maximum|limit|ceiling|cap|höchst\p{L}*|"
    r"máximo|máxima)"
    r"(?:\s\p{L}+){0,6}\s(?:is|are|of|ist|es|est|é|beträgt)\s(?:the\s)?[€£$]?$",
    ignore_case=True,
)
