"""Arguments and results of tools: JSON values whose personal data is hidden, whatever the depth."""

from __future__ import annotations

from collections.abc import Callable

from deskquorum.domain import JsonValue
from deskquorum.redaction.entities import EntityType
from deskquorum.redaction.placeholders import Vault

__all__ = ["Hide", "ValueVault"]

Hide = Callable[[str], str]
"""Puts placeholders into a text."""

_WHOLE = {
    "address": EntityType.ADDRESS,
    "street": EntityType.ADDRESS,
    "email": EntityType.EMAIL,
    "mail": EntityType.EMAIL,
    "phone": EntityType.PHONE,
    "mobile": EntityType.PHONE,
    "name": EntityType.PERSON,
    "birth": EntityType.BIRTH_DATE,
    "iban": EntityType.IBAN,
    "password": EntityType.SECRET,
    "secret": EntityType.SECRET,
    "token": EntityType.SECRET,
}
"""Fields whose value is personal data by their name, whatever it looks like."""

_NOBODYS = frozenset(
    {"product_name", "item_name", "file_name", "filename", "plan_name", "event_name", "tool_name"}
)
_LEAST_DIGITS = 6


class ValueVault:
    """Hides and restores JSON values by one conversation's vault.

    Args:
        vault: Where the values are kept.
        hide: Redacts a text.
        kind_of: The type of the personal data in a text, None where there is none.
        hide_id: Redacts an id of the desk's own, which must stay comparable with its facts.
    """

    def __init__(
        self,
        vault: Vault,
        *,
        hide: Hide,
        hide_id: Hide,
        kind_of: Callable[[str], EntityType | None],
    ) -> None:
        self._vault = vault
        self._hide = hide
        self._kind_of = kind_of
        self._hide_id = hide_id
        self._numbers: dict[str, int] = {}

    def hide(self, name: str, value: JsonValue) -> JsonValue:
        """Hide personal data in a value that stands under a name; keys of mappings are ids."""
        if isinstance(value, list):
            return [self.hide(name, item) for item in value]
        if isinstance(value, dict):
            # A key may be an id of the requester's, and is looked up by it.
            return {self._hide_id(key): self.hide(key, inner) for key, inner in value.items()}
        if isinstance(value, str) and value:
            return self._hide_text(name.lower(), value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._hide_number(name, value)
        return value

    def restore(self, value: JsonValue) -> JsonValue:
        """Put the values back; what was a number becomes one again.

        Raises:
            RedactionError: A placeholder is broken, unknown or of another conversation.
        """
        if isinstance(value, list):
            return [self.restore(item) for item in value]
        if isinstance(value, dict):
            return {self._vault.restore(k): self.restore(inner) for k, inner in value.items()}
        if not isinstance(value, str):
            return value
        return self._numbers[value] if value in self._numbers else self._vault.restore(value)

    def _hide_text(self, name: str, value: str) -> str:
        kind = None
        if name not in _NOBODYS:
            kind = next((kind for word, kind in _WHOLE.items() if word in name), None)
        if kind is not None or value in self._vault:
            return self._vault.placeholder(value, kind or EntityType.ID)
        if name.endswith(("id", "ids")):
            return self._hide_id(value)
        return self._hide(value)

    def _hide_number(self, name: str, value: int) -> JsonValue:
        """A card or a phone may come as a number; amounts and counts are too short for one."""
        text = str(value)
        if len(text) < _LEAST_DIGITS or name.lower().endswith(("id", "ids", "_minor", "_at")):
            return value
        kind = self._kind_of(text)
        if kind is None:
            return value
        # Of its own: the text '4111...' and the number 4111... are restored to different things.
        made = self._vault.own_placeholder(text, kind)
        self._numbers[made] = value
        return made
