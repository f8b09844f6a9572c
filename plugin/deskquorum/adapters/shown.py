"""What a model is shown of a tool's result, and in place of what nobody can redact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deskquorum.redaction import Session

__all__ = ["WITHHELD", "shown_result"]

WITHHELD = "[an attachment that the assistant can't read]"


def shown_result(text: str, session: Session) -> str:
    """A tool's result with placeholders: of JSON only the values change, so that it stays JSON.

    Raises:
        RedactionError: Personal data could not be looked for, or some would remain.
    """
    try:
        value = json.loads(text)
    except ValueError:
        return session.redact(text, "note")
    if not isinstance(value, dict | list):
        return session.redact(text, "note")
    return json.dumps(session.redact_result(value), ensure_ascii=False)
