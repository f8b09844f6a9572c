"""Placeholders: typed stand-ins for values, and the vault that alone can undo them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from deskquorum.errors import RedactionError
from deskquorum.redaction.entities import Entity, EntityType

__all__ = ["LONGEST_PLACEHOLDER", "Vault", "incomplete_from", "nonces", "without_placeholders"]

_ESCAPED = "⟦/⟧"
"""Stands for an opening bracket that was in the text before; no placeholder looks like it."""

_HALF = re.compile("[\ud800-\udfff]")
_BRACKETED = re.compile(r"⟦(?:/⟧|(?P<type>[A-Z_]+)_(?P<number>\d+)·(?P<nonce>\w+)⟧)?")

LONGEST_PLACEHOLDER = 64
"""Characters; what opens one and goes on for longer is none."""

_LETTERS = "bcdfghjkmnpqrstvwz"
"""Nonces of these spell no word, number, unit or currency that a reader would take for a claim."""

_NONCE_LENGTH = 5
_NONCES = len(_LETTERS) ** _NONCE_LENGTH


def nonces(start: int, step: int) -> Iterator[str]:
    """Nonces that repeat only after all 1,889,568 have been used.

    Args:
        start: Where to begin.
        step: Any number; it is made coprime to the count of nonces.
    """
    # The count is a power of 18, so a step free of factors 2 and 3 visits every nonce.
    coprime = step * 6 + 1
    while True:
        start = (start + coprime) % _NONCES
        yield _spelled(start)


def _spelled(number: int) -> str:
    letters = []
    for _ in range(_NONCE_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


class Vault:
    """One conversation's values and their placeholders; lives in memory only."""

    def __init__(self, nonce: str) -> None:
        if not re.fullmatch(r"[0-9a-z]{2,12}", nonce):
            raise RedactionError("a nonce is 2 to 12 lower case letters or digits")
        self._nonce = nonce
        self._placeholders: dict[str, str] = {}
        self._types: dict[str, EntityType] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[EntityType, int] = {}

    def __repr__(self) -> str:
        return f"Vault({len(self._values)} values)"

    def __contains__(self, value: str) -> bool:
        return value in self._placeholders

    @property
    def nonce(self) -> str:
        """What marks this conversation's placeholders as its own."""
        return self._nonce

    @property
    def counts(self) -> Mapping[str, int]:
        """Entity type to the number of distinct values held."""
        return {kind.value: count for kind, count in self._counts.items()}

    def held(self) -> Iterator[tuple[str, str, EntityType]]:
        """Every placeholder with its value and type, in the order of their making."""
        return ((made, value, self._types[made]) for made, value in self._values.items())

    def take_back(self, made: str, value: str, kind: EntityType) -> None:
        """Hold what another vault of this nonce held, under the same placeholder."""
        self._placeholders.setdefault(value, made)
        self._values[made], self._types[made] = value, kind
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def placeholder(self, value: str, kind: EntityType) -> str:
        """The placeholder of a value: the same one each time for the same characters."""
        held = self._placeholders.get(value)
        if held is None:
            held = self._placeholders[value] = self.own_placeholder(value, kind)
        return held

    def own_placeholder(self, value: str, kind: EntityType) -> str:
        """A placeholder that stands for this one occurrence of a value."""
        self._counts[kind] = number = self._counts.get(kind, 0) + 1
        made = f"⟦{kind.value}_{number}·{self._nonce}⟧"
        self._values[made], self._types[made] = value, kind
        return made

    def hide(self, text: str, entities: Iterable[Entity]) -> str:
        """Put placeholders in place of entities that are in order and do not overlap.

        Half a character, as clients send that cut a text within an emoji, becomes U+FFFD: no
        record could hold it.
        """
        parts, done = [], 0
        for entity in entities:
            parts.append(escape(text[done : entity.start]))
            parts.append(self.placeholder(text[entity.start : entity.end], entity.type))
            done = entity.end
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", "".join([*parts, escape(text[done:])]))

    def restore(self, text: str) -> str:
        """Undo `hide`, in one pass; restored values are not looked at again.

        Raises:
            RedactionError: A placeholder is broken, unknown or of another conversation.
        """
        return _BRACKETED.sub(lambda mark: self._value(mark[0]), text)

    def held_types(self, text: str) -> Iterator[EntityType]:
        """Types of this vault's placeholders in a text."""
        return (self._types[m[0]] for m in _BRACKETED.finditer(text) if m[0] in self._types)

    def _value(self, mark: str) -> str:
        if mark == _ESCAPED:
            return "⟦"
        if mark not in self._values:
            raise RedactionError("a placeholder is broken or not of this conversation")
        return self._values[mark]


def escape(text: str) -> str:
    """Make every opening bracket of the text's own unlike a placeholder's."""
    return text.replace("⟦", _ESCAPED)


def without_placeholders(text: str) -> str:
    """The text with a blank line in place of each placeholder."""
    return _BRACKETED.sub("\n\n", text)


def incomplete_from(text: str) -> int:
    """Where a placeholder starts that the text's end cuts off; the length where none does."""
    start = text.rfind("⟦")
    cut = start >= 0 and "⟧" not in text[start:] and len(text) - start < LONGEST_PLACEHOLDER
    return start if cut else len(text)
