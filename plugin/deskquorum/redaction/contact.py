"""E-mail addresses and phone numbers, plain, disguised or spelled out."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterator

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.numbers import spelled_runs
from deskquorum.redaction.views import View

__all__ = ["contact_entities", "is_order_number", "looks_like_phone"]

_EMAIL = Matcher(
    r"[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~.\-]*[\p{L}\p{M}\p{N}_+\-](?:@|%40)"
    r"(?:[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}_\-]*[\p{L}\p{M}\p{N}])?\.)+\p{L}[\p{L}\p{N}\-]*[\p{L}\p{N}]"
)
_DOT = (
    r"(?:[ ]?[(\[{][ ]?(?:dot|punkt|punto|point|ponto)[ ]?[)\]}][ ]?|[ ](?:dot|punkt|punto|point"
    r"|ponto)[ ])"
)
_TOP = "com|org|net|edu|gov|de|fr|es|pt|it|uk|co|io|eu|br|mx|ch|at|us|ca|in|me|info|example"
_SAID_EMAIL = Matcher(
    r"\b[\p{L}\p{N}_+\-]+(?:(?:\.|[ ]underscore[ ]|" + _DOT + r")[\p{L}\p{N}_+\-]+){0,4}"
    r"(?:[ ](?:at|arroba|ät|chiocciola|arobase)[ ][\p{L}\p{N}\-]+(?:"
    + _DOT
    + r"[\p{L}\p{N}\-]+){0,2}"
    + _DOT
    + r"(?:"
    + _TOP
    + r")"
    r"|[ ]?[(\[{][ ]?(?:at|@|arroba|ät)[ ]?[)\]}][ ]?[\p{L}\p{N}\-]+(?:(?:\.|"
    + _DOT
    + r")[\p{L}\p{N}\-]+){1,3})\b",
    ignore_case=True,
)
_SAID_AT = re.compile(r"[ (\[{](?:at|arroba|ät|chiocciola|arobase|@)[ )\]}]", re.IGNORECASE)
_INTERNATIONAL = Matcher(
    r"(?<![\w+.,])(?:\+[ ]?|00)[1-9]\d{0,2}[\s\-./]{0,2}(?:\([ ]?\d{1,5}[ ]?\)[\s\-./]{0,3})?"
    r"\d(?:[ \t\u00a0\-‐-―./()]{0,3}\d){5,12}(?!\d)"
)
_NORTH_AMERICAN = Matcher(
    r"(?<![\w+\-./,#$€£])(?:\+?1[\s.\-]?)?(?:\([2-9]\d\d\)[\s.\-]?"
    r"|[2-9]\d\d[\s.\-])[2-9]\d\d[\s.\-]\d{4}"
    r"(?:[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6})?(?![\w\-/]|[.,]\d)",
    ignore_case=True,
)
_LOCAL = Matcher(r"(?<![\w+\-./,#$€£])[2-9]\d\d(?P<mark>[\-‐-―. ])\d{4}(?![\w\-/]|[.,]\d)")
_NATIONAL = Matcher(
    r"(?<![\w+\-./,#$€£])(?<!\d[ ])(?:\(0[1-9]\d{0,3}\)"
    r"|0[1-9]\d{0,3})[ \-./]{1,3}\d{2,}(?:[ \-./]\d{2,4}){0,4}(?![\w\-/]|[.,]\d)"
    r"|(?<![\w+\-./,#$€£])[679]\d\d[ .\-]\d{3}[ .\-]\d{3}(?![\w\-/]|[.,]\d)"
    r"|(?<![\w+\-./,#$€£])[679]\d\d(?:[ .\-]\d\d){3}(?![\w\-/]|[.,]\d)"
)
_LEAST_NATIONAL = 9
_CUED = Matcher(
    r"\b(?:tel(?:efon|éfono|efone|efono|ephone|éphone)?|phone|mobile|mobil|cell(?:phone|ulare)?"
    r"|handy"
    r"|m[óo]vil|telem[óo]vel|portable|fax|whats?app|call(?:[ \t]+me)?|text(?:[ \t]+me)?|sms"
    r"|ring(?:[ \t]+me)?"
    r"|reach(?:[ \t]+me)?|my[ \t]+number|number|mi[ \t]+n[úu]mero|mon[ \t]+num[ée]ro"
    r"|meine[ \t]+nummer|meu[ \t]+n[úu]mero"
    r"|ll[áa]m\w*|appel\w*|rufen?[ \t]+sie)\b\.?"
    r"(?:[ \t]*(?:no|nr|number|nummer|n[úu]mero)\b\.?)?(?:[ \t]+(?:me|us|at|on|is|ist|es|est|é|è"
    r"|unter|al|au|para|o))*"
    r"[\s:=#.]{0,4}(?P<number>[+(]{0,2}\d(?:[ \t\-‐-―./()]{0,3}\d){6,14})(?![\w\-/])",
    ignore_case=True,
)
_PHONE_CUE = re.compile(
    r"(?:\b(?:tel|phone|call|cell|mobile|mob|text|reach|whatsapp|sms|ring|number is|my number)\b"
    r"|\b[ctmp]:)\D{0,20}$",
    re.IGNORECASE,
)
_ORDER_CUE = re.compile(
    r"\b(?:order|bestell\w*|pedido|commande|cmd|encomenda|ordine|invoice|rechnung|factura|facture"
    r"|rma"
    r"|ticket|case|ref(?:erence)?|tracking|sku|model|part|item|art(?:ikel)?|sendung\w*|serial"
    r"|return)\b"
    r"[\s\w.:#°º]{0,14}$",
    re.IGNORECASE,
)
_ORDER_NUMBER = re.compile(
    r"(?<![^\W_])(?:[A-Za-z]{1,4}[-_]?|[A-Z]{2,3}[ ]|#[ ]?[A-Za-z]{0,3}-?)\d{4,}(?!\d)"
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ]\d|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d"
)
_REACH = 40
_LEAST_DIGITS = 7
_MOST_DIGITS = 15


def contact_entities(view: View) -> Iterator[Entity]:
    """Find e-mail addresses and phone numbers by their shape or by the words before them."""
    text = view.text
    if "@" in text or "%40" in text:
        for hit in _EMAIL.finditer(text):
            start, end = _without_url_head(text, *hit.span())
            yield _entity(start, end, EntityType.EMAIL, 1.0)
    if _SAID_AT.search(text):
        for hit in _SAID_EMAIL.finditer(text):
            yield _entity(*hit.span(), EntityType.EMAIL, 0.8)
    for run in spelled_runs(text):
        if _LEAST_DIGITS <= len(run.digits) <= _MOST_DIGITS:
            yield _entity(*run.span(0, len(run.digits)), EntityType.PHONE, 0.7)
    if sum(map(str.isdecimal, text)) >= _LEAST_DIGITS:
        yield from _phones(text)


def looks_like_phone(text: str, start: int, end: int) -> bool:
    """Whether digits that may be a phone number are none of the other things digits can be."""
    found = text[start:end]
    digits = sum(char.isdecimal() for char in found)
    if not _LEAST_DIGITS <= digits <= _MOST_DIGITS + 5 or _DATE.search(found):
        return False
    return not (is_order_number(text, start, end) or text[max(0, start - 1) : start] in {*"$€£#"})


def is_order_number(text: str, start: int, end: int) -> bool:
    """Whether a stretch is, holds or follows an order number or another reference."""
    if "+" in text[start:end]:
        return False
    around = max(0, start - 6)
    if any(
        hit.start() + around < end and hit.end() + around > start
        for hit in _ORDER_NUMBER.finditer(text[around : end + 1])
    ):
        return True
    return bool(_ORDER_CUE.search(text[max(0, start - _REACH) : start]))


def _phones(text: str) -> Iterator[Entity]:
    for matcher, score in ((_INTERNATIONAL, 0.9), (_NORTH_AMERICAN, 0.8)):
        for hit in matcher.finditer(text):
            if looks_like_phone(text, *hit.span()):
                yield _entity(*hit.span(), EntityType.PHONE, score)
    for hit in _NATIONAL.finditer(text):
        enough = sum(map(str.isdecimal, hit[0])) >= _LEAST_NATIONAL
        if enough and looks_like_phone(text, *hit.span()):
            yield _entity(*hit.span(), EntityType.PHONE, 0.7)
    for hit in _LOCAL.finditer(text):
        before = text[max(0, hit.start() - _REACH) : hit.start()]
        plain = hit["mark"] not in {".", " "} or hit[0].startswith("555")
        if (plain or _PHONE_CUE.search(before)) and not is_order_number(text, *hit.span()):
            yield _entity(*hit.span(), EntityType.PHONE, 0.7)
    for hit in _CUED.finditer(text):
        if looks_like_phone(text, *hit.span("number")) and not _ORDER_CUE.search(
            text[max(0, hit.start() - _REACH) : hit.start()]
        ):
            yield _entity(*hit.span("number"), EntityType.PHONE, 0.7)


def _without_url_head(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out what a link puts before an address in its query (`?email=`, `mailto:`)."""
    found = text[start:end]
    at = found.find("@") if "@" in found else found.rfind("%40")
    head = max(found.rfind(mark, 0, at) for mark in "?&=/")
    return start + head + 1, end


def _entity(start: int, end: int, kind: EntityType, score: float) -> Entity:
    return Entity(start=start, end=end, type=kind, score=score, source="pattern")
