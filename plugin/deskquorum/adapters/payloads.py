"""What each helpdesk's webhook says, as a row of the batch format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from deskquorum.adapters import chatwoot, freshdesk, front, intercom, zammad, zendesk
from deskquorum.adapters.conversations import Heard, Ignored, row_of
from deskquorum.domain import JsonValue

__all__ = ["READERS", "Reader", "Told", "read_payload"]


class Reader(Protocol):
    """Reads one helpdesk's payload."""

    def __call__(self, payload: Mapping[str, JsonValue], /, *, now: datetime) -> Heard | Ignored:
        """What it tells.

        Raises:
            InputError: It is not a payload of this helpdesk.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A ticket that a webhook tells of."""

    row: Mapping[str, JsonValue] = field(repr=False)
    """Of the batch format."""
    key: str | None = None
    """The same for the same message, however often and by whatever delivery it is told."""


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "chatwoot": chatwoot.told,
        "freshdesk": freshdesk.told,
        "front": front.told,
        "intercom": intercom.told,
        "zammad": zammad.told,
        "zendesk": zendesk.told,
    }
)
"""Helpdesk to the reader of its payloads."""

_GENERIC = "generic"
"""Our own: its payload is a row."""


def read_payload(
    helpdesk: str, payload: Mapping[str, JsonValue], *, now: datetime
) -> Told | Ignored:
    """The ticket that a webhook tells of, or why there is none.

    Args:
        helpdesk: Who sent it, as its signature proved.
        payload: Its JSON.
        now: The time of what brings none.

    Raises:
        InputError: It is not a payload of this helpdesk.
    """
    if helpdesk == _GENERIC:
        return Told(row=payload)
    heard = READERS[helpdesk](payload, now=now)
    if isinstance(heard, Ignored):
        return heard
    key = f"{helpdesk}:{heard.conversation}:{heard.message}" if heard.message else None
    return Told(row=row_of(helpdesk, heard), key=key)
