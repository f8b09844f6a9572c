"""What a redactor looks for, beyond what it always does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from deskquorum.redaction.entities import Entity

__all__ = ["REGIONS_OF", "Finder", "Scope", "scope_of"]

Finder: TypeAlias = Callable[[str], Iterable[Entity]]
"""Finds entities in a text by its own means, such as a model; may raise, and then nothing leaves.

Offsets are in the text that it is given: the text as a reader sees it, tags and entities decoded.
"""

REGIONS_OF = {
    "en": ("US", "GB", "IN", "AU"),
    "es": ("ES", "MX"),
    "fr": ("FR",),
    "de": ("DE", "AT", "CH"),
    "pt": ("PT", "BR"),
    "it": ("IT",),
    "nl": ("NL",),
    "pl": ("PL",),
    "hi": ("IN",),
}
"""Countries whose phone numbers are known by their national form, by language served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Countries, words that stay, and further recognizers."""

    regions: tuple[str, ...] = REGIONS_OF["en"]
    """ISO 3166 codes, for phone numbers that are nothing but digits."""
    keep: frozenset[str] = frozenset()
    """Folded phrases and words that are nobody's personal data."""
    recognizers: tuple[str, ...] = ()
    """Presidio's entity names to look for besides (`US_PASSPORT`)."""
    finders: tuple[Finder, ...] = field(default=())
    """The host's own, such as an NER model."""


def scope_of(
    languages: Sequence[str],
    *,
    regions: Sequence[str] | None,
    keep: frozenset[str],
    recognizers: Sequence[str],
    finders: Sequence[Finder],
) -> Scope:
    """A scope whose regions are those of the languages, where none are named."""
    spoken = tuple(dict.fromkeys(r for code in languages for r in REGIONS_OF.get(code, ())))
    return Scope(
        regions=tuple(regions) if regions is not None else spoken or REGIONS_OF["en"],
        keep=keep,
        recognizers=tuple(recognizers),
        finders=tuple(finders),
    )
