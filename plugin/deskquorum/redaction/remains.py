"""The last look at a redacted text, by other means than those that redacted it."""

from __future__ import annotations

import re

from deskquorum.redaction.entities import EntityType
from deskquorum.redaction.placeholders import without_placeholders
from deskquorum.redaction.record import KnownRecord, fold
from deskquorum.redaction.views import views_of

__all__ = ["remains"]

_CHECKED = frozenset({EntityType.EMAIL, EntityType.CUSTOMER_ID})
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s\-./()]{1,3}(?=\d)")


def remains(redacted: str, record: KnownRecord) -> bool:
    """Whether the requester's name, e-mail, phone or customer id still stands in a text."""
    if not (record.full_names or record.phones or record.values):
        return False
    texts = [fold(view.text) for view in views_of(without_placeholders(redacted))]
    whole = [
        *record.full_names,
        *(value for value, kind in record.values if kind in _CHECKED),
    ]
    if any(_stands(value, text) for value in whole for text in texts):
        return True
    if not record.phones:
        return False
    numbers = [_BETWEEN_DIGITS.sub("", text) for text in texts]
    return any(_is_dialled(phone, text) for phone in record.phones for text in numbers)


def _is_dialled(phone: str, text: str) -> bool:
    """Whether the digits of a phone number stand in a text, and are no part of a longer one."""
    place = text.find(phone)
    while place >= 0:
        end = place + len(phone)
        if not (text[place - 1 : place].isdecimal() or text[end : end + 1].isdecimal()):
            return True
        place = text.find(phone, place + 1)
    return False


def _stands(value: str, text: str) -> bool:
    place = text.find(value)
    while place >= 0:
        end = place + len(value)
        if not (
            _goes_on(text[place - 1 : place], value[0]) or _goes_on(text[end : end + 1], value[-1])
        ):
            return True
        place = text.find(value, place + 1)
    return False


def _goes_on(beside: str, edge: str) -> bool:
    """Whether the character beside a value belongs to a longer number or word."""
    if not edge.isascii():
        return False
    return beside.isdecimal() if edge.isdecimal() else edge.isalpha() and beside.isalpha()
