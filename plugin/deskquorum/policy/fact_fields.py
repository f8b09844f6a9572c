"""Where a fact stands in another system's record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FactField", "is_path"]

_PATH = re.compile(r"[^.\s]+(?:\.[^.\s]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactField:
    """Where one fact stands in a record, and how it is written there."""

    at: str
    """Path of keys and list positions: `data.order.status`, `addresses.0.country`."""
    optional: bool = False
    """A record without the key says that there is none; otherwise the fact was not read."""
    currency: str | None = None
    """For an amount in decimals: its currency (`EUR`), or the path where that stands. The fact
    becomes whole minor units."""
    flag: bool = False
    """0 and 1 stand for false and true."""
    items: Mapping[str, FactField] | None = None
    """For a list of records, or a mapping to records: field name to where it stands in each."""

    def __post_init__(self) -> None:
        for path in (self.at, self.currency):
            if path is not None and not is_path(path):
                raise ValueError(f"'{path}' is no path; write keys with points between them")
        if (self.currency is not None) + self.flag + (self.items is not None) > 1:
            raise ValueError(f"'{self.at}' is an amount, a flag or records, not several")


def is_path(text: str) -> bool:
    """Whether a text is keys with points between them."""
    return _PATH.fullmatch(text) is not None
