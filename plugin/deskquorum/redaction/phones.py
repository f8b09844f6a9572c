"""Phone numbers: by country code, by the words around them, or by how people group digits."""

# ruff: noqa: RUF001 - people write typographic dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from deskquorum.errors import RedactionError
from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.views import View

__all__ = ["check_regions", "phone_entities"]

_RUN = re.compile(r"\d(?:[ \t\u00a0\-‐-―./()]{0,4}\d)*")
_OPENING = re.compile(r"(?:\+[ ]?\(?|\([ ]?\+?)$")
_EXTENSION = re.compile(
    r"[ ]?(?:x|ext\.?|extension|poste|durchwahl|dw)[ ]?\d{1,6}(?!\d)", re.IGNORECASE
)
_GLUED_LEFT = re.compile(r"[^\W]$|[.#$€£¥@=/\-]$")
_GLUED_RIGHT = re.compile(
    r"[^\W]|[%€$£]|[.,:]\d|/\w|[ ]?(?:eur|usd|gbp|kg|km|ml|points|people|units)\b", re.IGNORECASE
)
_CUE = re.compile(
    r"(?:\b(?:tel(?:efon|éfono|efone|efono|ephone|éphone|efoon)?|phones?|mobile?|mob|cell\w*|handy"
    r"|m[óo]vil|telem[óo]vel|celular|portable|fax|whats?app|call(?:ed|ing)?|text|sms|ring|dial"
    r"|reach|answering|contact|messages?|number|nummer|n[úu]mero|num[ée]ro|ll[áa]m\w*|appel\w*"
    r"|rufen?|anrufen|erreich\w*|ligar?|ligue|chiam\w*|bel(?:len)?|bereik\w*|rappel\w*)\b"
    r"|\b[tmpfc]:)[^\d\n]{0,24}$",
    re.IGNORECASE,
)
_CUE_BEHIND = re.compile(
    r"[ \t]?[\-–(]?[ ]?(?:office|fax|mobile|mob|cell|home|work|phone|tel|desk|landline|büro|handy"
    r"|privat|bureau|oficina|casa|m[óo]vil)\b",
    re.IGNORECASE,
)
_ORDER_CUE = re.compile(
    r"\b(?:order|bestell\w*|pedido|commande|cmd|encomenda|ordine|invoice|rechnung\w*|factura"
    r"|facture|fattura|fatura|rma|ticket|case|ref(?:erence|erencia)?|tracking|sku|model|part|item"
    r"|art(?:ikel)?|sendung\w*|serial|return|transaction|zendingsnummer)\b[\s\w.:#°º]{0,14}$",
    re.IGNORECASE,
)
_ORDER_NUMBER = re.compile(
    r"(?<![^\W_])(?:[A-Za-z]{1,4}[-_]?|[A-Z]{2,3}[ ]|#[ ]?[A-Za-z]{0,3}-?)\d{4,}(?!\d)"
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ]\d|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d"
    r"|(?:19|20)\d\d[ ]?[-–][ ]?(?:19|20)\d\d"
)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\d{5}-\d{4}")
"""Of a machine, or a ZIP+4 code."""
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ \u00a0]000)+|\d{1,2}(?:[ \u00a0]\d{3})+")
_AMOUNT = re.compile(r"\d{1,6}\.\d{2}")
"""Some numbering plans have numbers so short: `163.00` is money all the same."""
_GROUPS = re.compile(r"\d+")
_REACH = 48
_LEAST_CUED, _LEAST_COUNTRY, _LEAST_GROUPED, _MOST = 6, 8, 9, 15
_LEAST_SPELLED = 7
_LOCAL = (3, 4)
_LONGEST_GROUP, _LONGEST_DOTTED_GROUP = 8, 4


def check_regions(regions: Sequence[str]) -> None:
    """A region that is none, such as `UK`, would leave numbers of that country in every text.

    Raises:
        RedactionError: It is no code of ISO 3166 whose numbering plan is known.
    """
    import phonenumbers

    for region in regions:
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise RedactionError(f"'{region}' is no country's code; write ISO 3166: US, GB, DE")


def phone_entities(view: View, *, regions: Sequence[str]) -> Iterator[Entity]:
    """Find phone numbers.

    Args:
        view: The text.
        regions: Countries (ISO 3166) whose numbers are known when nothing but digits is written.
    """
    text = view.text
    for run in view.digit_runs:
        if run.spelled and _LEAST_SPELLED <= len(run.digits) <= _MOST:
            yield _entity(*run.span(0, len(run.digits)), 0.7)
    for hit in _RUN.finditer(text) if view.has_digit else ():
        if hit.end() - hit.start() >= _LEAST_CUED:
            yield from _in_run(text, hit.start(), hit.end(), tuple(regions))


def _in_run(text: str, start: int, end: int, regions: tuple[str, ...]) -> Iterator[Entity]:
    """Phone numbers in figures that follow each other closely: the longest from the left."""
    groups = [group.span() for group in _GROUPS.finditer(text, start, end)]
    first = 0
    while first < len(groups):
        cued = bool(_CUE.search(text, max(0, groups[first][0] - _REACH), groups[first][0]))
        for last in reversed(range(first, _last(groups, first) + 1)):
            if (
                not cued
                and _is_torn(text, groups, first, last)
                and text[groups[first][0] - 1] != "+"
            ):
                continue
            found = _window(text, groups[first][0], groups[last][1], regions, cued=cued)
            if found is not None:
                yield found
                first = last
                break
        first += 1


def _last(groups: Sequence[tuple[int, int]], first: int) -> int:
    """The last group that still fits into a phone number."""
    digits, last = 0, first - 1
    while last + 1 < len(groups) and digits <= _MOST:
        last += 1
        digits += groups[last][1] - groups[last][0]
    return max(first, last)


def _window(
    text: str, start: int, end: int, regions: tuple[str, ...], *, cued: bool
) -> Entity | None:
    """The phone number that a stretch of figures is, None where it is none."""
    if not _LEAST_CUED <= end - start <= _MOST * 4:
        return None
    opening = _OPENING.search(text, max(0, start - 3), start)
    if opening and not _GLUED_LEFT.search(text, max(0, opening.start() - 1), opening.start()):
        start = opening.start()
    elif _GLUED_LEFT.search(text, max(0, start - 1), start):
        return None
    extension = _EXTENSION.match(text, end)
    stop = extension.end() if extension else end
    if _GLUED_RIGHT.match(text, stop):
        return None
    score = _score(text, text[start:end], start, stop, regions, cued=cued)
    return _entity(start, stop, score) if score else None


def _is_torn(text: str, groups: Sequence[tuple[int, int]], first: int, last: int) -> bool:
    """Whether the groups go on beyond a window as they do inside it."""
    inside = {text[groups[i][1] : groups[i + 1][0]] for i in range(first, last)}
    beside = {
        text[groups[i][1] : groups[i + 1][0]] for i in (first - 1, last) if 0 <= i < len(groups) - 1
    }
    return not inside.isdisjoint(beside)


def _score(
    text: str, found: str, start: int, end: int, regions: tuple[str, ...], *, cued: bool
) -> float:
    """How surely digits are a phone number, 0 for not at all."""
    digits = sum(map(str.isdecimal, found))
    if digits > _MOST + 2 * found.startswith("0") or _DATE.search(found) or "\n" in found:
        return 0.0
    if (found.startswith("+") and digits >= _LEAST_COUNTRY) or (
        found.startswith("00") and digits > _LEAST_GROUPED
    ):
        return 0.9
    found = found.removeprefix("+").lstrip()
    if _ADDRESS.fullmatch(found) or _is_order_number(text, start, end):
        return 0.0
    if digits >= _LEAST_CUED and (cued or _CUE_BEHIND.match(text, end)):
        return 0.8
    if _THOUSANDS.fullmatch(found) or _AMOUNT.fullmatch(found):
        return 0.0
    return 0.7 if _is_grouped(found, digits) or _is_national(found, regions) else 0.0


def _is_grouped(found: str, digits: int) -> bool:
    """Whether digits are written in the groups of a phone number."""
    groups = tuple(len(group) for group in _GROUPS.findall(found))
    if groups == _LOCAL:
        return "-" in found or "–" in found or ")" in found or found.startswith("555")
    dotted = set(found) <= set("0123456789.")
    longest = _LONGEST_DOTTED_GROUP if dotted else _LONGEST_GROUP
    return (
        len(groups) > 1
        and digits >= _LEAST_GROUPED
        and min(groups[1:]) > 1
        and max(groups) <= longest
    )


def _is_national(found: str, regions: tuple[str, ...]) -> bool:
    """Whether the numbering plan of a region has the number."""
    import phonenumbers

    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(found, region)):
                return True
        except phonenumbers.NumberParseException:
            return False
    return False


def _is_order_number(text: str, start: int, end: int) -> bool:
    """Whether a stretch is, holds or follows an order number or another reference."""
    around = max(0, start - 6)
    if any(
        hit.start() + around < end and hit.end() + around > start
        for hit in _ORDER_NUMBER.finditer(text[around : end + 1])
    ):
        return True
    return bool(_ORDER_CUE.search(text, max(0, start - _REACH), start))


def _entity(start: int, end: int, score: float) -> Entity:
    return Entity(start=start, end=end, type=EntityType.PHONE, score=score, source="pattern")
