"""Cards with expiry and code, IBANs and other account numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deskquorum.redaction.check_digits import luhn_holds
from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.numbers import DigitRun
from deskquorum.redaction.views import View

__all__ = ["payment_entities"]

_CARD_LENGTHS = range(19, 11, -1)
_SHORTEST_UNCUED = 12
_UNEVEN = 2
_MANY_GROUPS = 4
_CUE_REACH = 24
_CARD_CUE = Matcher(
    r"card|visa|master|amex|american express|debit|credit|tarjeta|carte|karte|cart[ãa]o|carta",
    ignore_case=True,
)
_EXPIRY = Matcher(
    r"\b(?:exp(?:\.|iry|ires|iration)?(?:[ \t]*date)?|valid(?:[ \t]+(?:thru|until|to))?|thru"
    r"|g[üu]ltig(?:[ \t]+bis)?|vence|caduca|caducidad|validade|v[áa]lid[oa](?:[ \t]+at[ée])?"
    r"|expire|scad(?:enza|e)?\.?)(?:[ \t]+is)?[\s:=]{0,3}(?P<date>(?:0?[1-9]|1[0-2])[ \t]*[/\-. ]"
    r"[ \t]*(?:20)?\d\d)(?![\d/])",
    needs="0|exp|valid|thru|tig|vence|caduc|vál|scad",
    ignore_case=True,
)
_NEXT_TO_CARD = Matcher(
    r"[\s,;:|/()\-]{1,4}(?P<date>(?:0[1-9]|1[0-2])[ ]?[/\-.][ ]?(?:20)?\d\d)(?!\d)"
    r"(?:[\s,;:|/()\-]{1,4}(?P<code>\d{3,4})(?![\d.,/\-]*\d))?"
)
_CODE = Matcher(
    r"\b(?:cvv2?|cvc2?|cvn|cid|csc|(?:card[ \t]+)?(?:security|verification)[ \t]+(?:code|number)"
    r"|card[ \t]+code|pr[üu]f(?:ziffer|nummer)|kartenpr[üu]fnummer|cryptogramme"
    r"|c[óo]digo[ \t]+de[ \t]+(?:seguridad|seguran[çc]a)|codice[ \t]+di[ \t]+sicurezza)"
    r"(?:[ \t]+(?:is|ist|es|est|é|è))?[\s:=#.]{0,3}(?P<code>\d{3,4})(?!\d)",
    needs="0|cv|cid|csc|code|digo|codice|prüf|pruf|cryptogramme|security|verification",
    ignore_case=True,
)
_BARE_CODE = Matcher(
    r"\b(?:code|c[óo]digo|codice|back|pin)(?:[ \t]+is)?[\s:=#]{0,3}(?P<code>\d{3,4})(?![\d.,]*\d)",
    needs="0",
    ignore_case=True,
)
_IBAN = Matcher(
    r"(?<![^\W_])[A-Z]{2}[ ]?\d{2}(?:[ \t\u00a0\-]{0,2}[A-Z0-9]){11,30}(?![^\W_])",
    needs="0",
    gate=r"(?<![a-z0-9])[^\W\d_]{2} ?\d\d(?:[ \t\u00a0\-]{0,2}[^\W_]){11}",
    ignore_case=True,
)
_ACCOUNT = Matcher(
    r"\b(?:(?:bank[ \t]+)?account[ \t]*(?:number|no\.?|nr\.?|#"
    r"|(?=[ \t]\d{8,12}(?!\d)))|acct\.?[ \t]*(?:number|no\.?|#)?"
    r"|sort[ \t]+code|routing(?:[ \t]+(?:number|no\.?))?|kontonummer|konto-?nr\.?|blz|iban|bic"
    r"|n[úu]mero[ \t]+de[ \t]+(?:cuenta|conta)|num[ée]ro[ \t]+de[ \t]+compte)"
    r"(?:[ \t]+(?:is|ist|es|est|é"
    r"|è))?[\s:=#]{0,3}(?P<number>(?:[A-Z]{2})?\d(?:[ \-]?\d){5,29})(?!\d)",
    needs="0|account|acct|sort|routing|konto|blz|iban|bic|mero|compte",
    ignore_case=True,
)
_IBAN_LENGTHS = range(34, 14, -1)
_IBAN_LEAST_DIGITS = 10
_IBAN_COUNTRIES = (
    "AD:24 AE:23 AT:20 BE:16 BG:22 BR:29 CH:21 CY:28 CZ:24 DE:22 DK:18 EE:20 ES:24 FI:18 "
    "FR:27 GB:22 GR:27 HR:21 HU:28 IE:22 IL:23 IS:26 IT:27 LI:21 LT:20 LU:20 LV:21 MC:27 "
    "MT:31 NL:18 NO:15 PL:28 PT:25 RO:24 SA:24 SE:24 SI:19 SK:24 SM:27 TR:26 UA:29 "
)
_IBAN_LENGTH = {
    country[:2]: int(country[3:]) for country in re.findall(r"\w\w:\d\d", _IBAN_COUNTRIES)
}
_NEAR_CARD = 60


def payment_entities(view: View) -> Iterator[Entity]:
    """Find cards (Luhn), what belongs to a card, IBANs (mod 97) and cued account numbers."""
    cards = [span for run in view.digit_runs for span in _cards(view.text, run)]
    for start, end in cards:
        yield _entity(start, end, EntityType.CARD)
        yield from _beside_card(view.text, end)
    if not any(map(str.isdecimal, view.text)):
        return
    for hit in _CODE.find_in(view):
        yield _entity(*hit.span("code"), EntityType.CARD_CODE)
    for hit in _EXPIRY.find_in(view):
        before = max(0, hit.start() - _NEAR_CARD)
        if cards or _CARD_CUE.search(view.text, before, hit.end() + _NEAR_CARD):
            yield _entity(*hit.span("date"), EntityType.CARD_EXPIRY)
    yield from _accounts(view)


def _cards(text: str, run: DigitRun) -> Iterator[tuple[int, int]]:
    place = 0
    while place <= len(run.digits) - _CARD_LENGTHS[-1]:
        length = next((n for n in _CARD_LENGTHS if _is_card(text, run, place, place + n)), 0)
        if length:
            yield run.span(place, place + length)
        place += length or 1


def _is_card(text: str, run: DigitRun, start: int, end: int) -> bool:
    if end > len(run.digits) or run.glued(start) or run.glued(end):
        return False
    digits = run.digits[start:end]
    if len(set(digits)) == 1 or not _is_written_like_one(text, run, start, end):
        return False
    common = digits[0] in "23456" and len(digits) > _SHORTEST_UNCUED
    if common and luhn_holds(digits):
        return True
    # A mistyped or rare card is still a card when it is called one.
    place = run.starts[start]
    return (luhn_holds(digits) or (common and len(digits) in {15, 16})) and bool(
        _CARD_CUE.search(text, max(0, place - _CUE_REACH), place)
    )


def _is_written_like_one(text: str, run: DigitRun, start: int, end: int) -> bool:
    """Whether a number over two lines is in a card's groups; else it is two numbers."""
    found = text[run.starts[start] : run.ends[end - 1]]
    if "\n" not in found or run.spelled:
        return True
    groups = [len(group) for group in re.findall(r"\d+", found)]
    return max(groups) - min(groups) <= _UNEVEN or len(groups) > _MANY_GROUPS


def _beside_card(text: str, end: int) -> Iterator[Entity]:
    beside = _NEXT_TO_CARD.search(text, end, end + _CUE_REACH)
    if beside is not None and beside.start() == end:
        yield _entity(*beside.span("date"), EntityType.CARD_EXPIRY)
        if beside["code"]:
            yield _entity(*beside.span("code"), EntityType.CARD_CODE)
    for hit in _BARE_CODE.finditer(text[end : end + _NEAR_CARD]):
        first, last = hit.span("code")
        yield _entity(end + first, end + last, EntityType.CARD_CODE)


def _accounts(view: View) -> Iterator[Entity]:
    for hit in _IBAN.find_in(view):
        length = _iban_length(hit[0])
        if length:
            yield _entity(hit.start(), hit.start() + length, EntityType.IBAN)
    for hit in _ACCOUNT.find_in(view):
        yield _entity(*hit.span("number"), EntityType.BANK_ACCOUNT)


def _iban_length(candidate: str) -> int:
    """Characters of the longest start of the candidate whose checksum holds, 0 for none."""
    places = [i for i, char in enumerate(candidate) if char.isalnum()]
    listed = _IBAN_LENGTH.get(candidate[:2].upper())
    for count in (listed,) if listed else _IBAN_LENGTHS:
        if count > len(places):
            continue
        value = "".join(candidate[i] for i in places[:count]).upper()
        if sum(map(str.isdecimal, value)) < _IBAN_LEAST_DIGITS:
            continue
        if (
            value.isascii()
            and int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1
        ):
            return places[count - 1] + 1
    return 0


def _entity(start: int, end: int, kind: EntityType) -> Entity:
    return Entity(start=start, end=end, type=kind, score=1.0, source="pattern")
