"""Actions and the proposals that carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from deskquorum.domain.json_values import JsonValue

__all__ = ["Action", "Proposal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A named thing to do, with its arguments. Money is a decimal string (`"24.00"`)."""

    name: str
    args: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody wants to do about a ticket: an action, a reply, both or neither."""

    source: Literal["bot", "playbook"]
    action: Action | None = None
    reply: str | None = None
    play: str | None = None
    """Id of the play that proposed; None when a bot did."""
    clauses: tuple[str, ...] = ()
    """Clause ids that the proposer leans on."""
