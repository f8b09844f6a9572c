"""Slots: values read from the customer's words for the playbook to fill arguments with.

All are text-derived and so `claimed.*` in conditions: they can hold an action back, and they name
which item or address is meant, but what is allowed is ruled from facts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskquorum.domain import Facts, JsonValue
from deskquorum.policy import minor_of
from deskquorum.reading import fold

__all__ = ["SlotSpec", "facts_of_slot", "fill_slots"]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordSlot(_Spec):
    """Which record of a list the customer means: its id, or "" when that is unclear."""

    kind: Literal["record"]
    type: Literal["string"]
    list: str
    """Dotted name of the list fact, such as `order.items`."""
    match: str
    """Field whose words are looked for in the text, such as `name`."""
    take: str
    """Field that is the slot's value, such as `item_id`."""


class CountSlot(_Spec):
    """How many records of a list the customer may mean."""

    kind: Literal["record_count"]
    type: Literal["int"]
    list: str
    match: str


class VariantSlot(_Spec):
    """Which listed variant of the record meant the customer names by size, or ""."""

    kind: Literal["variant"]
    type: Literal["string"]
    list: str
    match: str
    variants: str
    """Field that lists the variant ids; their last part is the size (`SW-CRD-L`)."""


class MoneySlot(_Spec):
    """The one amount of money that the text names, in minor units; 0 for none or several."""

    kind: Literal["money"]
    type: Literal["int"]
    currency: str
    """Dotted name of the currency fact."""
    known: tuple[str, ...] = ()
    """Facts in minor units; a bare number counts as money when it equals one of them."""


class PlaceholderSlot(_Spec):
    """The one placeholder of an entity type that the text holds; "" for none or several."""

    kind: Literal["placeholder"]
    type: Literal["string"]
    entity: str


class MentionSlot(_Spec):
    """Whether one of the patterns stands in the text (case and accents folded)."""

    kind: Literal["mentions"]
    type: Literal["bool"]
    patterns: tuple[re.Pattern[str], ...]


class WholeSlot(_Spec):
    """Whether a list is meant as a whole: true unless the text names only a part of it."""

    kind: Literal["whole_list"]
    type: Literal["bool"]
    list: str
    match: str
    whole: tuple[re.Pattern[str], ...] = ()
    """Words for all of it; they outweigh a part that is named."""
    part: tuple[re.Pattern[str], ...] = ()
    """Words for a part of it."""


SlotSpec = Annotated[
    RecordSlot | CountSlot | VariantSlot | MoneySlot | PlaceholderSlot | MentionSlot | WholeSlot,
    Field(discriminator="kind"),
]

_AMOUNT = re.compile(
    r"(?P<before>[$€£]|\b(?:usd|eur|gbp)\s?)?\s?"
    r"(?<![\w.,/-])(?P<number>\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{1,2})?)(?![\w/-])"
    r"\s?(?P<after>[$€£]|(?:usd|eur|gbp|dollars?|euros?|pounds?|quid|bucks|dolares|dolar|pfund"
    r"|each|apiece|cada|chacune?|jeweils|pro)\b)?",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"⟦(?P<entity>[A-Z_]+)_\d+·\w+⟧")
_SIZES = {
    "extra small": "xs",
    "small": "s",
    "medium": "m",
    "large": "l",
    "extra large": "xl",
    "klein": "s",
    "mittel": "m",
    "gross": "l",
    "pequena": "s",
    "pequeno": "s",
    "mediana": "m",
    "grande": "l",
    "petite": "s",
    "moyen": "m",
    "moyenne": "m",
}
_STOP = frozenset(
    {"the", "and", "for", "with", "set", "of", "a", "an", "in"}
    | {"de", "la", "le", "el", "die", "der", "das", "und", "et", "y", "e"}
)


def facts_of_slot(spec: SlotSpec) -> tuple[str, ...]:
    """Dotted names of the facts that a slot is read with."""
    match spec:
        case RecordSlot() | CountSlot() | VariantSlot() | WholeSlot():
            return (spec.list,)
        case MoneySlot():
            return (spec.currency, *spec.known)
        case PlaceholderSlot() | MentionSlot():
            return ()


def fill_slots(
    slots: Mapping[str, SlotSpec], *, text: str, facts: Facts
) -> Mapping[str, JsonValue]:
    """Read every slot from the redacted text; what is unclear comes out empty, 0 or False."""
    return {name: _fill(spec, text, facts) for name, spec in slots.items()}


def _fill(spec: SlotSpec, text: str, facts: Facts) -> JsonValue:  # noqa: PLR0911 - one a kind
    folded = fold(text)
    match spec:
        case RecordSlot():
            meant = _meant(_records(facts, spec.list), spec.match, folded)
            return str(meant[0].get(spec.take, "")) if len(meant) == 1 else ""
        case CountSlot():
            return len(_meant(_records(facts, spec.list), spec.match, folded))
        case VariantSlot():
            meant = _meant(_records(facts, spec.list), spec.match, folded)
            return _variant(meant[0], spec, folded) if len(meant) == 1 else ""
        case MoneySlot():
            return _money(spec, folded, facts)
        case PlaceholderSlot():
            found = {m[0] for m in _PLACEHOLDER.finditer(text) if m["entity"] == spec.entity}
            return found.pop() if len(found) == 1 else ""
        case MentionSlot():
            return any(pattern.search(folded) for pattern in spec.patterns)
        case WholeSlot():
            return _whole(spec, folded, facts)


def _records(facts: Facts, name: str) -> list[dict[str, JsonValue]]:
    listed = facts.get(name)
    return [r for r in listed if isinstance(r, dict)] if isinstance(listed, list) else []


def _meant(
    records: Sequence[dict[str, JsonValue]], field: str, folded: str
) -> Sequence[dict[str, JsonValue]]:
    """The records that share most words with the text; all when none is named."""
    words = set(re.findall(r"[^\W_]+", folded))
    shared = [len(words & _own_words(record, field)) for record in records]
    best = max(shared, default=0)
    return [r for r, count in zip(records, shared, strict=True) if count == best]


def _own_words(record: Mapping[str, JsonValue], field: str) -> set[str]:
    words = set(re.findall(r"[^\W_]+", fold(str(record.get(field, ""))))) - _STOP
    # A customer writes of "the vests" where the shop sold one "vest", and the other way round.
    return words | {f"{word}s" for word in words} | {word.removesuffix("s") for word in words}


def _variant(record: Mapping[str, JsonValue], spec: VariantSlot, folded: str) -> str:
    listed = record.get(spec.variants)
    variants = [v for v in listed if isinstance(v, str)] if isinstance(listed, list) else []
    words = set(re.findall(r"[^\W_]+", folded))
    words |= {size for name, size in _SIZES.items() if re.search(rf"\b{name}\b", folded)}
    own = _own_words(record, spec.match)
    named = [v for v in variants if v.rpartition("-")[2].casefold() in words - own]
    return named[0] if len(named) == 1 else ""


def _whole(spec: WholeSlot, folded: str, facts: Facts) -> bool:
    if any(pattern.search(folded) for pattern in spec.whole):
        return True
    if any(pattern.search(folded) for pattern in spec.part):
        return False
    records = _records(facts, spec.list)
    words = set(re.findall(r"[^\W_]+", folded))
    named = sum(bool(words & _own_words(record, spec.match)) for record in records)
    return named in {0, len(records)}


def _money(spec: MoneySlot, folded: str, facts: Facts) -> int:
    currency = facts.get(spec.currency)
    known = {value for name in spec.known for value in _numbers(facts, name)}
    found = set()
    for hit in _AMOUNT.finditer(folded):
        minor = _minor(hit["number"], currency if isinstance(currency, str) else "USD")
        if minor is not None and (hit["before"] or hit["after"] or minor in known):
            found.add(minor)
    return found.pop() if len(found) == 1 else 0


def _minor(number: str, currency: str) -> int | None:
    whole, _, cents = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", number).replace(",", ".").partition(".")
    try:
        return minor_of(f"{whole}.{cents}" if cents else whole, currency)
    except ValueError:
        return None


def _numbers(facts: Facts, name: str) -> list[int]:
    """Integer values under a dotted name; `order.items.price_minor` reads into a list."""
    value = facts.get(name)
    if isinstance(value, int):
        return [value]
    listed, _, field = name.rpartition(".")
    return [v for r in _records(facts, listed) if isinstance(v := r.get(field), int)]
