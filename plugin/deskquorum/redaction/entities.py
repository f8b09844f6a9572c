"""Entities: stretches of a text that must not leave, and how overlapping ones are joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

__all__ = ["SENSITIVE", "Entity", "EntityType", "Source", "merge"]

Source = Literal["known", "pattern", "presidio", "cue", "gazetteer", "model"]
"""Who found it: the requester's record, a pattern, Presidio, a cue word, the lists, a model."""


class EntityType(StrEnum):
    """What a redacted stretch of text is; the values name the placeholders."""

    PERSON = "PERSON"
    EMAIL = "EMAIL_ADDRESS"
    PHONE = "PHONE_NUMBER"
    ADDRESS = "ADDRESS"
    LOCATION = "LOCATION"
    ZIP_CODE = "ZIP_CODE"
    CUSTOMER_ID = "CUSTOMER_ID"
    ORDER_ID = "ORDER_ID"
    ACCOUNT_ID = "ACCOUNT_ID"
    ID = "ID"
    CARD = "CREDIT_CARD"
    CARD_EXPIRY = "CARD_EXPIRY"
    CARD_CODE = "CARD_CODE"
    IBAN = "IBAN_CODE"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    SSN = "US_SSN"
    NATIONAL_ID = "NATIONAL_ID"
    BIRTH_DATE = "DATE_OF_BIRTH"
    SECRET = "SECRET"  # noqa: S105 - the name of a type
    IP = "IP_ADDRESS"
    MAC = "MAC_ADDRESS"
    CRYPTO = "CRYPTO"


SENSITIVE = frozenset(
    {
        EntityType.CARD,
        EntityType.CARD_EXPIRY,
        EntityType.CARD_CODE,
        EntityType.IBAN,
        EntityType.BANK_ACCOUNT,
        EntityType.SSN,
        EntityType.NATIONAL_ID,
        EntityType.BIRTH_DATE,
        EntityType.SECRET,
    }
)
"""Types that a reply never repeats, not even to the person who wrote them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One stretch of text that must not leave."""

    start: int
    end: int
    """Offsets in characters, end exclusive."""
    type: EntityType
    score: float
    """0..1; checksummed and known values have 1."""
    source: Source

    @property
    def length(self) -> int:
        """Characters covered."""
        return self.end - self.start


def merge(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Join overlapping entities; the joined one has the type of its longest part."""
    return tuple(_merged(sorted(entities, key=lambda e: (e.start, -e.end))))


def _merged(entities: Iterable[Entity]) -> Iterator[Entity]:
    longest: Entity | None = None
    start = end = 0
    for entity in entities:
        if longest is not None and entity.start < end:
            end = max(end, entity.end)
            longest = max(longest, entity, key=_weight)
            continue
        if longest is not None:
            yield replace(longest, start=start, end=end)
        longest, start, end = entity, entity.start, entity.end
    if longest is not None:
        yield replace(longest, start=start, end=end)


def _weight(entity: Entity) -> tuple[int, bool, float]:
    return entity.length, entity.source == "known", entity.score
