"""Facts: what the desk's own systems say, with source and time of reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from deskquorum.domain.json_values import JsonValue

__all__ = ["Fact", "Facts", "Scope", "Unread"]

Scope: TypeAlias = Mapping[str, tuple[str | int | bool, ...]]
"""What a clause applies to: every fact named has one of its values; an empty one, to everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value read from a system; `value=None` means read, and there is none."""

    value: JsonValue
    source: str
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why a fact that somebody was to tell is not there."""

    source: str
    """Who was to tell it; several with commas between them."""
    why: str
    """Kebab case: `timeout`, `status-503`, `disagree`, `older-than-1h`, one for each source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A snapshot: dotted name (`order.status`) to the fact read under it."""

    values: Mapping[str, Fact] = field(default_factory=dict)
    unread: Mapping[str, Unread] = field(default_factory=dict)
    """Dotted name to why it has no value; only of facts that were asked for."""

    def get(self, name: str) -> JsonValue:
        """The value under a dotted name, None when it was not read or is absent."""
        fact = self.values.get(name)
        return None if fact is None else fact.value
