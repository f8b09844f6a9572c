"""Addresses of any country: what follows a cue word, or surrounds the number of a flat."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.record import fold
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import common_words, everyday_words, words

__all__ = ["address_blocks"]

_CUE = Matcher(
    r"\b(?:address(?:es)?(?:[ ](?:of|for)[ ][^\n:.,]{1,40}?)?(?:[ ](?:is|was|to)\b|[ ]?[:?])"
    r"(?:[ ]*(?:it[ ]is|it['’]s)\b)?"
    r"|(?:lives?|lived|living|stay(?:s|ing)?|resid(?:es?|ing)|located|situated)[ ](?:at|on|in)\b"
    r"|(?:office|shop|store|house|home|place|station|restaurant|hotel|building|warehouse)s?"
    r"[ ](?:is|are|was)[ ](?:located[ ])?(?:at|on)\b"
    r"|(?:sen[dt]|ship(?:ped|ping)?|deliver(?:ed|y)?|mail(?:ed)?|forward(?:ed)?|post(?:ed)?|gone"
    r"|go(?:es)?|redirect(?:ed)?)(?:[ ](?:it|them|this|that|everything|out))?[ ]to\b"
    r"|drop(?:s|ped)?[ ](?:\w+[ ])?off[ ]at\b|pick(?:ed)?[ ](?:\w+[ ])?up[ ](?:at|from)\b"
    r"|meet(?:ing)?[ ][^\n.]{0,30}?\b(?:at|in)\b[^\n.\d]{0,30}?(?=,)|side[ ]of"
    r"|enter[ ]on|it['’]s[ ](?:at|in|on)\b|refers[ ]to\b"
    r"|direcci[óo]n(?:[ ]es\b|[ ]?:)|adresse(?:[ ](?:ist|lautet|est)\b|[ ]?:)"
    r"|anschrift(?:[ ](?:ist|lautet)\b|[ ]?:)|endere[çc]o(?:[ ]é\b|[ ]?:)|morada(?:[ ]é\b|[ ]?:)"
    r"|indirizzo(?:[ ]è\b|[ ]?:)|adres(?:[ ]is\b|[ ]?:)|domicilio(?:[ ](?:es|è)\b|[ ]?:)"
    r"|wohne[ ]in\b|vivo[ ]en\b|j['’]habite\b|moro[ ](?:em|na|no)\b|abito[ ](?:in|a)\b"
    r"|woon[ ](?:in|op|aan)\b|(?=the[ ]corner[ ]of))(?:[ ]?[:\-])?"
    r"(?P<corner>[ ]{0,2}the[ ]corner[ ]of)?",
    needs="0|>address|>addresses|>live|>lives|>lived|>living|>stay|>stays|>staying|>reside"
    "|>resides|>residing|>located|>situated|>office|>offices|>shop|>shops|>store"
    "|>stores|>house|>houses|>home|>homes|>place|>places|>station|>stations"
    "|>restaurant|>restaurants|>hotel|>hotels|>building|>buildings|>warehouse"
    "|>warehouses|>send|>sent|>ship|>shipped|>shipping|>deliver|>delivered|>delivery"
    "|>mail|>mailed|>forward|>forwarded|>post|>posted|>gone|>go|>goes|>redirect"
    "|>redirected|>drop|>drops|>dropped|>pick|>picked|>meet|>meeting|>side|>enter|>it"
    "|>refers|>the|>dirección|>direccion|>adresse|>anschrift|>endereço|>endereco"
    "|>morada|>indirizzo|>adres|>domicilio|>wohne|>vivo|>j|>moro|>abito|>woon",
    gate=r"address|(?:live[sd]?|living|stay(?:s|ing)?|resid\w+|located|situated) (?:at|on|in)\b"
    r"|(?:is|are|was) (?:located )?(?:at|on)\b|(?:off|up) (?:at|from)\b|meet|side of|enter on"
    r"|(?:sen[dt]|ship(?:ped|ping)?|deliver(?:ed|y)?|mail(?:ed)?|forward(?:ed)?|post(?:ed)?|gone"
    r"|go(?:es)?|redirect(?:ed)?)(?: (?:it|them|this|that|everything|out))? to\b"
    r"|it['’]s (?:at|in|on)\b|refers to|direcci|adres|anschrift|endere|morada|indirizzo|domicilio"
    r"|wohne in|vivo en|habite|moro |abito |woon |corner of",
    ignore_case=True,
)
_UNIT = Matcher(
    r"\b(?:apt|apartment|suite|ste|flat|unit|wohnung|appt|piso|depto|lgh)\b\.?[ ]?\#?\d{1,5}\b",
    needs="0|apt|apartment|suite|ste|flat|unit|wohnung|appt|piso|depto|lgh",
    ignore_case=True,
)
_MILITARY = Matcher(
    r"\b(?P<address>(?:(?:psc|cmr|unit)[ ]\d{1,5},?[ ]box[ ]\d{1,5}"
    r"|us(?:ns|nv|s|cgc)[ ]\p{L}[\p{L}.]*(?:[ ]\p{L}[\p{L}.]*)?),?\s{1,3}"
    r"(?:apo|fpo|dpo),?[ ]a[aep][ ]\d{5}(?:-\d{4})?)",
    needs="0|apo|fpo|dpo",
    ignore_case=True,
)
_TWO_LINES = Matcher(
    r"^[ \t>]*(?P<address>\d{1,6}[ ](?:[\p{L}\d][\p{L}\p{M}\d'’.\-]*[ ]?){1,6}\r?\n[ \t>]*"
    r"\p{L}[^\n\d]{1,40}?(?:\n[ \t,]*[^\n\d]{0,20}?)?[\s,]{1,3}\d{4,6})(?![\d\-])",
    needs="0|\n",
)
_STREET = Matcher(
    r"(?<![\p{L}\p{N}])(?P<first>\p{Lu}[\p{Ll}\p{M}]+)(?:[ ]\p{Lu}[\p{Ll}\p{M}]+){0,2}"
    r"[ ](?:Street|Road|Avenue|Boulevard|Lane|Drive|Terrace|Crescent)(?![\p{L}])",
    needs="A|=street|=road|=avenue|=boulevard|=lane|=drive|=terrace|=crescent",
)
_ZIP = Matcher(
    r"\b(?:zip(?:[ ]?code)?|post(?:al)?[ ]?code|plz|postleitzahl|c[óo]digo[ ]postal|code[ ]postal"
    r"|cep|cap|postcode)\b(?:[ ]+(?:is|was|ist|es|est|é|è))?[ ]*[:=]?[ ]*"
    r"(?P<zip>(?=[A-Z\d \-]{0,5}\d)[A-Z\d]{2,5}(?:[ \-]?[A-Z\d]{1,4})?)(?![\p{L}\d])",
    needs="0|zip|post|plz|postal|cep|cap",
    ignore_case=True,
)
_BEFORE_UNIT = re.compile(
    r"(?:\d{1,6}[ ](?:[^\W_][\w.'’\-/]*[ ,]{1,2}){0,6}[^\W_][\w.'’\-/]*"
    r"|(?:[^\W\d_][\w.'’\-]*[ ]){1,4}\d{1,6}[a-z]?\.?)[ \t,.]*(?:\n[ \t]*)?$"
)
_STEP = re.compile(
    r"[ \t\u00a0]*(?:(?P<number>\#?\d[\w\-/]*\.?)|(?P<word>[^\W\d_][\w'’\-/]*\.?)"
    r"|(?P<comma>[,;])|(?P<line>\r?\n(?:[ \t]*,)?))"
)
_DIGITS = re.compile(r"[ \t]*[\d()./ \-]+")
_LINE = re.compile(r"[ \t>]*([^\n]{1,60}?)[ \t]*(?=\n|$|(?<=[^\W_]{4})[.][ ])")
_ADDRESS_LINE = re.compile(r"[\w'’.\-/#()]+(?:[ ,]+[\w'’.\-/#()]+){0,5}[ ,]*")
_REACH = 80
_MOST_WORDS = 16
_PHONE_DIGITS = 7
_LEAST_LETTERS = 3
_SHORT = 4


def address_blocks(view: View) -> Iterator[Entity]:
    """Find addresses by the words before them or a flat's number inside, and cued postcodes."""
    text = view.text
    for matcher in (_MILITARY, _TWO_LINES):
        for hit in matcher.find_in(view):
            yield _entity(*hit.span("address"))
    for hit in _STREET.find_in(view):
        if fold(hit["first"]) not in common_words():
            yield _entity(*hit.span())
    for hit in _ZIP.find_in(view):
        yield _entity(*hit.span("zip"), EntityType.ZIP_CODE)
    small = text.islower()
    for hit in _CUE.find_in(view):
        end = _walk(text, hit.end(), small=small).end
        start = hit.start("corner") if hit["corner"] else hit.end()
        start += len(text[start:end]) - len(text[start:end].lstrip(" ,:\n\t"))
        if end > max(start, hit.end()):
            yield _entity(start, end)
    for hit in _UNIT.find_in(view):
        before = _BEFORE_UNIT.search(text, max(0, hit.start() - _REACH), hit.start())
        if before is None:
            continue
        start = before.start() + _spare_words(before[0], small=small)
        end = max(hit.end(), _walk(text, hit.start(), small=small, whole=False).end)
        yield _entity(start, end)


def _spare_words(before: str, *, small: bool) -> int:
    """Length of what stands before the street, from the right: a word that is part of none."""
    parts = list(re.finditer(r"[^\W_][\w.'’\-/]*", before))
    for part in reversed(parts):
        word = fold(part[0].rstrip("."))
        if not (
            part[0][0].isupper()
            or part[0][0].isdecimal()
            or word in words("address_links")
            or word in words("address_parts")
            or (small and word not in everyday_words())
        ):
            return part.end() + len(before[part.end() :]) - len(before[part.end() :].lstrip(" ,"))
    return 0


@dataclass(slots=True)
class _Walk:
    """How far an address goes, and whether it has a number and a word."""

    end: int
    words: int = 0
    number: bool = False
    letters: bool = False


def _walk(text: str, start: int, *, small: bool, whole: bool = True) -> _Walk:
    """Go right over what an address is made of; `end` is `start` where none is."""
    walk, place = _Walk(end=start), start
    while walk.words < _MOST_WORDS and (step := _STEP.match(text, place)):
        if not _take(walk, text, step, small=small):
            break
        place = step.end()
        if _ends_sentence(text, step):
            break
    found = text[start : walk.end].rstrip(" ,;")
    if whole and not (walk.number and walk.letters):
        return _Walk(end=start)
    walk.end = start + len(found if _abbreviated(found) else found.rstrip("."))
    return walk


def _take(walk: _Walk, text: str, step: re.Match[str], *, small: bool) -> bool:
    """Note one step; says whether it belongs to the address."""
    if step["line"] is not None:
        return _goes_on(text, step.end(), small=small)
    if step["number"] is not None:
        if _digits_on_line(text, step.start()) >= _PHONE_DIGITS + 2:
            return False
        walk.number, walk.end, walk.words = True, step.end("number"), walk.words + 1
        return True
    return step["comma"] is not None or _take_word(walk, text, step, small=small)


def _take_word(walk: _Walk, text: str, step: re.Match[str], *, small: bool) -> bool:
    word = fold(step["word"].rstrip("."))
    if text[step.end() : step.end() + 1] == ":" or word in words("after_address"):
        return word in {"and", "or"} and _capital_follows(text, step.end())
    if word in words("address_links"):
        return True
    inside = word in words("address_parts")
    if not (inside or step["word"][:1].isupper() or (small and word not in everyday_words())):
        return False
    walk.end, walk.words = step.end(), walk.words + 1
    walk.letters = walk.letters or (len(word) >= _LEAST_LETTERS)
    return True


def _ends_sentence(text: str, step: re.Match[str]) -> bool:
    """Whether a full stop closes the sentence rather than shortens the word (`Bahnhofstr. 3`)."""
    if (step["number"] or "").endswith("."):
        return text[step.end() : step.end() + 1] == " "
    word, after = step["word"] or "", text[step.end() : step.end() + 2].strip()
    return word.endswith(".") and len(word) > _SHORT and not after[:1].isdecimal()


def _digits_on_line(text: str, place: int) -> int:
    """Digits that follow each other as those of a phone number do."""
    run = _DIGITS.match(text, place)
    return sum(map(str.isdecimal, run[0])) if run else 0


def _capital_follows(text: str, place: int) -> bool:
    return text[place : place + 2].strip()[:1].isupper() or text[place + 1 : place + 2].isdecimal()


def _goes_on(text: str, place: int, *, small: bool) -> bool:
    """Whether a line belongs to the address above it: a few names or numbers and no more."""
    line = _LINE.match(text, place)
    if line is None or not _ADDRESS_LINE.fullmatch(line[1]):
        return False
    parts = re.findall(r"[^\W_]+", line[1])
    if not parts or sum(map(str.isdecimal, line[1])) >= _PHONE_DIGITS:
        return False
    return fold(parts[0]) not in words("after_address") and all(
        part[0].isupper() or part[0].isdecimal() or small or fold(part) in words("address_links")
        for part in parts
    )


def _abbreviated(found: str) -> bool:
    last = found.rpartition(" ")[2]
    return found.endswith(".") and fold(last[:-1]) in words("address_parts")


def _entity(start: int, end: int, kind: EntityType = EntityType.ADDRESS) -> Entity:
    return Entity(start=start, end=end, type=kind, score=0.7, source="cue")
