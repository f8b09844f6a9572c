"""The requester's record, read for what must be found in a text however it is written there."""

# ruff: noqa: RUF001 - people write typographic quotes and dashes, so patterns hold them

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from deskquorum.domain import JsonValue
from deskquorum.redaction.entities import EntityType
from deskquorum.redaction.views import folded, views_of
from deskquorum.redaction.wordlists import words

__all__ = ["KnownRecord", "NamePart", "fold", "read_record"]

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

_KEYS: tuple[tuple[re.Pattern[str], EntityType | None], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"user_?name|handle|login|nick", EntityType.ID),
        (r"customer_?(id|no|number)$", EntityType.CUSTOMER_ID),
        (r"mail", EntityType.EMAIL),
        (r"phone|mobile|^tel|_tel|cell|whatsapp|fax", EntityType.PHONE),
        (r"address|street|addr", EntityType.ADDRESS),
        (
            r"^(state|country|region|province|locale|lang.*|time_?zone|tier|plan|since|gender)$",
            None,
        ),
        (r"city|town", EntityType.LOCATION),
        (r"zip|postal|post_?code", EntityType.ZIP_CODE),
        (r"order", EntityType.ORDER_ID),
        (r"birth|dob", EntityType.BIRTH_DATE),
        (r"payment|account|iban|card", EntityType.ACCOUNT_ID),
        (r"name$|^names?$", EntityType.PERSON),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePart:
    """One word of the requester's name, folded."""

    word: str
    capitalised: str
    """As the record writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecord:
    """What a desk knows of the person who writes."""

    parts: tuple[NamePart, ...] = ()
    full_names: tuple[str, ...] = ()
    """Folded, as the record has them."""
    phones: tuple[str, ...] = ()
    """Digits only."""
    values: tuple[tuple[str, EntityType], ...] = ()
    """Other values, folded."""
    exact: tuple[tuple[str, EntityType], ...] = ()
    """Every value as the record writes it, longest first, for the desk's own data."""


def read_record(record: Mapping[str, JsonValue]) -> KnownRecord:
    """Sort a record's values by what they are; unknown keys count when they look like ids."""
    typed = [pair for key, value in record.items() for pair in _typed(key, value)]
    names = [value for value, kind in typed if kind is EntityType.PERSON]
    joined = " ".join(names)
    others = [(v, k) for v, k in typed if k not in {EntityType.PERSON, EntityType.PHONE}]
    return KnownRecord(
        parts=tuple(_name_parts(names)),
        full_names=tuple(
            dict.fromkeys(fold(n) for n in (*names, joined) if len(fold(n).split()) > 1)
        ),
        phones=tuple(
            digits
            for value, kind in typed
            if kind is EntityType.PHONE and len(digits := re.sub(r"\D", "", value)) >= 7  # noqa: PLR2004 - the shortest local number
        ),
        values=tuple(dict.fromkeys((fold(value), kind) for value, kind in others)),
        exact=tuple(sorted(_exact(typed), key=lambda pair: -len(pair[0]))),
    )


def fold(text: str) -> str:
    """Lower case, without accents and invisible characters, single spaces."""
    if text.isascii() and "&" not in text and "=" not in text:
        return " ".join(text.lower().split())
    return " ".join(folded(views_of(text)[0]).text.split())


def _typed(key: str, value: JsonValue) -> Iterator[tuple[str, EntityType]]:
    if isinstance(value, dict):
        for inner, held in value.items():
            yield from _typed(f"{key}_{inner}", held)
    elif isinstance(value, list):
        for held in value:
            yield from _typed(key, held)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield from _typed_text(key.lower(), str(value).strip())


def _typed_text(key: str, value: str) -> Iterator[tuple[str, EntityType]]:
    kind = _kind_of(key)
    if kind is EntityType.ORDER_ID:
        yield from ((part, kind) for part in re.split(r"[,;\s]+", value) if _like_id(part))
    elif kind is EntityType.ADDRESS:
        yield from _address_parts(value)
    elif kind in {EntityType.ID, EntityType.ACCOUNT_ID}:
        yield from [(value, kind)] if _like_id(value) or _names_a_login(key, value) else []
    elif kind is not None and len(value) > 1:
        yield value, kind


@lru_cache(maxsize=512)
def _kind_of(key: str) -> EntityType | None:
    return next((kind for pattern, kind in _KEYS if pattern.search(key)), EntityType.ID)


def _like_id(value: str) -> bool:
    distinct = re.search(r"\d", value) and not re.fullmatch(r"\d{1,4}|\d{4}-\d\d-\d\d.*", value)
    return len(value) >= 4 and bool(distinct or "@" in value)  # noqa: PLR2004 - shorter is everyday


def _names_a_login(key: str, value: str) -> bool:
    return bool(re.search(r"user_?name|handle|login|nick", key)) and len(value) > 3  # noqa: PLR2004


def _address_parts(value: str) -> Iterator[tuple[str, EntityType]]:
    yield value, EntityType.ADDRESS
    street = re.split(r"[,\n]", value, maxsplit=1)[0].strip()
    if street != value and re.search(r"\d", street) and re.search(r"[^\W\d]{3}", street):
        yield street, EntityType.ADDRESS


def _name_parts(names: Iterable[str]) -> Iterator[NamePart]:
    nobody = words("name_particles") | words("organisation_words")
    seen: set[str] = set()
    for name in names:
        plain = views_of(name)[0].text
        spelled = re.findall(r"[^\W_]+", plain)
        spelled += [re.sub(r"[\W_]", "", pair) for pair in re.findall(r"\w+(?:[-'’]\w+)+", plain)]
        for word in spelled:
            for form in (fold(word), fold(word.lower().translate(_UMLAUTS))):
                if form and form not in seen | nobody:
                    seen.add(form)
                    yield NamePart(word=form, capitalised=word)


def _exact(typed: Iterable[tuple[str, EntityType]]) -> Iterator[tuple[str, EntityType]]:
    """Values that stand for the person as a whole; parts of a name or an address do not."""
    wanted = {
        EntityType.PERSON,
        EntityType.EMAIL,
        EntityType.PHONE,
        EntityType.CUSTOMER_ID,
        EntityType.ADDRESS,
        EntityType.ID,
        EntityType.ACCOUNT_ID,
        EntityType.ORDER_ID,
    }
    for value, kind in dict(typed).items():
        if kind in wanted and (kind is not EntityType.PERSON or " " in value):
            yield value, kind
