"""E-mail addresses, plain, disguised or said aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deskquorum.redaction.entities import Entity, EntityType
from deskquorum.redaction.matching import Matcher
from deskquorum.redaction.views import View
from deskquorum.redaction.wordlists import words

__all__ = ["email_entities"]

_AT = re.compile(r"@|%40", re.IGNORECASE)
_LOCAL = Matcher(r"[\p{L}\p{M}\p{N}!#$%'*+^_`{|}~.\-]*[\p{L}\p{M}\p{N}_+\-]\Z|\"[^\"\n]{1,64}\"\Z")
_DOMAIN = Matcher(
    r"(?:[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}_\-]{0,62}[\p{L}\p{M}\p{N}])?\.){1,8}"
    r"\p{L}[\p{L}\p{N}\-]{0,62}[\p{L}\p{N}]|\[\d{1,3}(?:\.\d{1,3}){3}\]"
)
_LONGEST_LOCAL, _LONGEST_DOMAIN = 128, 256
_DOT_WORD = r"(?:dot|punkt|punto|point|ponto|punt)"
_DOT_IN_BRACKETS = rf"[ ]?[(\[{{<][ ]?{_DOT_WORD}[ ]?[)\]}}>][ ]?"
_DOT = rf"(?:[ ]?[(\[{{<][ ]?(?:{_DOT_WORD}|\.)[ ]?[)\]}}>][ ]?|[ ]{_DOT_WORD}[ ]|[ ]?\.[ ]?)"
_AT_WORD = r"(?:at|arroba|ät|chiocciola|arobase|apenstaartje|@)"
_JOINT = r"(?:[ ](?:underscore|dash|hyphen|minus|plus|guion|tiret|unterstrich|trattino)[ ])"
_SAID_AT = re.compile(
    rf"[ ](?:{_AT_WORD})[ ]|[ ]?[(\[{{<][ ]?{_AT_WORD}[ ]?[)\]}}>][ ]?", re.IGNORECASE
)
_SAID_LOCAL = Matcher(
    rf"[\p{{L}}\p{{N}}_+\-]+(?:(?:\.|{_JOINT}|[ ]{_DOT_WORD}[ ]|{_DOT_IN_BRACKETS})"
    r"[\p{L}\p{N}_+\-]+){0,5}\Z",
    ignore_case=True,
)
_SAID_DOMAIN = Matcher(
    rf"[\p{{L}}\p{{N}}\-]+(?:{_JOINT}[\p{{L}}\p{{N}}\-]+){{0,2}}"
    rf"(?P<rest>(?:{_DOT}[\p{{L}}\p{{N}}\-]+){{1,3}})(?![\p{{L}}\p{{N}}])",
    ignore_case=True,
)
_SAID_REACH = 80


def email_entities(view: View) -> Iterator[Entity]:
    """Find e-mail addresses by their shape, or said aloud."""
    text = view.text
    for at in _AT.finditer(text):
        start = max(0, at.start() - _LONGEST_LOCAL)
        domain = _DOMAIN.match(text, at.end(), at.end() + _LONGEST_DOMAIN)
        local = _LOCAL.search(text, start, at.start()) if domain else None
        if local and domain:
            yield _entity(local.start(), domain.end(), 1.0)
    for at in _SAID_AT.finditer(text):
        yield from _said(text, at)


def _said(text: str, at: re.Match[str]) -> Iterator[Entity]:
    # The domain first: without one, nothing before the `at` is worth reading.
    domain = _SAID_DOMAIN.match(text, at.end(), at.end() + _SAID_REACH)
    if not domain:
        return
    local = _SAID_LOCAL.search(text, max(0, at.start() - _SAID_REACH), at.start())
    if not local:
        return
    sign = at[0].strip()
    spelled = "@" in sign or sign[:1] in {*"([{<"}
    last = re.split(r"[^\w\-]+", domain["rest"].strip(" ()[]{}<>"))[-1].lower()
    said = re.search(_DOT_WORD, domain["rest"], re.IGNORECASE)
    if (said and last in words("top_domains")) or (
        spelled and (said or last in words("top_domains"))
    ):
        yield _entity(local.start(), domain.end(), 0.8)


def _entity(start: int, end: int, score: float) -> Entity:
    return Entity(start=start, end=end, type=EntityType.EMAIL, score=score, source="pattern")
