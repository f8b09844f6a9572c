"""Which fields of a ticket may choose the record that a source reads."""

from __future__ import annotations

import re

__all__ = ["check_trusted"]

_NAME = re.compile(r"[a-z_]\w*(?:\.\w+)*", re.ASCII)
_FROM_TEXT = ("answer.", "claimed.", "args.")


def check_trusted(name: str) -> None:
    """Refuse names that no trusted field of a ticket can have.

    Raises:
        ValueError: No dotted name, or one whose value is read from the ticket's text.
    """
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"'{name}' is no trusted field; write requester.FIELD, ticket.id or a fact"
        )
    # INVARIANT: text never chooses which record is read.
    if name.startswith(_FROM_TEXT):
        raise ValueError(f"'{name}' is read from the ticket's text, which may not choose a record")
