"""Lets a support desk's bot act on its own without being confidently wrong.

`load_desk` reads a desk's files; the `Desk` it gives decides tickets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deskquorum.desk import Desk, load_desk
    from deskquorum.domain import (
        Action,
        Answer,
        Decision,
        Finding,
        Message,
        Proposal,
        Requester,
        Route,
        Ruling,
        Ticket,
        Vote,
    )
    from deskquorum.errors import ConfigError, DeskError

__all__ = [
    "Action",
    "Answer",
    "ConfigError",
    "Decision",
    "Desk",
    "DeskError",
    "Finding",
    "Message",
    "Proposal",
    "Requester",
    "Route",
    "Ruling",
    "Ticket",
    "Vote",
    "load_desk",
]

_HOMES = {"ConfigError": "errors", "DeskError": "errors", "Desk": "desk", "load_desk": "desk"}


def __getattr__(name: str) -> object:
    """Load a public name from its home on first use, so that the import itself stays quick."""
    if name not in __all__:
        raise AttributeError(f"module 'deskquorum' has no attribute {name!r}")
    return getattr(import_module(f"deskquorum.{_HOMES.get(name, 'domain')}"), name)
