"""Logs and exceptions without personal data."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from deskquorum.errors import RedactionError
from deskquorum.redaction.finding import find

__all__ = ["RedactingFilter", "scrub", "scrub_error"]

WITHHELD = "(withheld: it could not be redacted)"
_OWN = frozenset(vars(logging.makeLogRecord({})))
"""Fields that every log record has; the others are the caller's."""


def scrub(text: str) -> str:
    """A text whose personal data is gone for good: `⟦EMAIL_ADDRESS⟧` stands where it was.

    Raises:
        RedactionError: Personal data could not be looked for.
    """
    parts, done = [], 0
    for entity in find(text):
        parts += [text[done : entity.start], f"⟦{entity.type.value}⟧"]
        done = entity.end
    return "".join([*parts, text[done:]])


def scrub_error(error: BaseException) -> str:
    """An exception with its causes as text, scrubbed.

    Raises:
        RedactionError: Personal data could not be looked for.
    """
    return scrub("".join(traceback.format_exception(error)))


class RedactingFilter(logging.Filter):
    """Scrubs a log record's message, arguments, traceback and extra fields.

    Put it on handlers, not on loggers: a logger's filter does not see what its children log. What
    can't be scrubbed is withheld, never written.

    Args:
        scrub: What redacts; a session's own `redact` knows its requester as well.
    """

    def __init__(self, scrub: Callable[[str], str] = scrub) -> None:
        super().__init__()
        self._scrub = scrub

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub the record in place; always lets it pass."""
        record.msg, record.args = self._safe(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self._safe(_told(record))
            record.exc_info = None
        if record.stack_info:
            record.stack_info = self._safe(record.stack_info)
        for name in vars(record).keys() - _OWN:
            value = getattr(record, name)
            if not isinstance(value, bool | float | int | None):
                setattr(record, name, self._safe(str(value)))
        return True

    def _safe(self, text: str) -> str:
        try:
            return self._scrub(text)
        except RedactionError:
            return WITHHELD


def _told(record: logging.LogRecord) -> str:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
