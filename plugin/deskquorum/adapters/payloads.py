"""What each helpdesk's webhook says, as a row of the batch format."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from deskquorum.domain import JsonValue

__all__ = ["PAYLOADS", "TicketRowOf"]


class TicketRowOf(Protocol):
    """Reads one helpdesk's payload."""

    def __call__(self, payload: Mapping[str, JsonValue], /) -> Mapping[str, JsonValue] | None:
        """The ticket that it tells of; None where there is nothing to decide.

        Raises:
            InputError: It is not a payload of this helpdesk.
        """


def _as_it_is(payload: Mapping[str, JsonValue], /) -> Mapping[str, JsonValue]:
    return payload


PAYLOADS: Mapping[str, TicketRowOf] = MappingProxyType({"generic": _as_it_is})
"""Helpdesk to the reader of its payloads."""
