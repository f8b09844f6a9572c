"""Text that comes in pieces: what is let through is never part of something unfinished.

Each holds the end of the text back until nothing that starts in it can still change, and works on
a window, so that a long stream costs no more a character than a short one. Feed pieces to `push`
and close with `finish`; both give the text that may go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from deskquorum.errors import RedactionError
from deskquorum.redaction.placeholders import incomplete_from
from deskquorum.redaction.session import Session, Where

__all__ = ["LeakCheckStream", "RedactingStream", "RestoringStream", "TextStream", "through"]

_LOOK_BACK = 320
"""Characters at the end that may still turn out to belong to an entity, or to give one away."""

_CONTEXT = 640
"""Characters before a window that are read again, for the words that give an entity away."""

_LONGEST_HELD = 65_536
_BREAK = re.compile(r"\s(?=\S)")


class TextStream(Protocol):
    """Text in, text out, a piece at a time."""

    def push(self, piece: str) -> str:
        """Take a piece; give what may go on."""
        ...

    def finish(self) -> str:
        """Give the rest."""
        ...


def through(stream: TextStream, pieces: Iterable[str]) -> Iterator[str]:
    """Every piece through a stream, empty ones left out."""
    for piece in pieces:
        if safe := stream.push(piece):
            yield safe
    if rest := stream.finish():
        yield rest


class RedactingStream:
    """Hides personal data. A name that only later text gives away is hidden from there on."""

    def __init__(self, session: Session, where: Where = "customer") -> None:
        self._session = session
        self._where = where
        self._window = _Window()

    def push(self, piece: str) -> str:
        """Take a piece; give what may go on, with placeholders.

        Raises:
            RedactionError: Personal data could not be looked for, or some would remain.
        """
        self._window.add(piece)
        return self._redacted(self._window.safe_end(self._entities)) if self._window.full else ""

    def finish(self) -> str:
        """Give the rest, with placeholders.

        Raises:
            RedactionError: Personal data could not be looked for, or some would remain.
        """
        return self._redacted(len(self._window.held))

    def _entities(self, text: str) -> list[tuple[int, int]]:
        return [(entity.start, entity.end) for entity in self._session.find(text, self._where)]

    def _redacted(self, end: int) -> str:
        before, text = self._window.take(end)
        return self._session.redact_after(before, text, self._where) if text else ""


class RestoringStream:
    """Puts the values back; the start of a placeholder waits for its end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held = ""

    def push(self, piece: str) -> str:
        """Take a piece; give what may go on, restored.

        Raises:
            RedactionError: A placeholder is broken, unknown or of another conversation.
        """
        self._held += piece
        end = incomplete_from(self._held)
        ready, self._held = self._held[:end], self._held[end:]
        return self._session.restore(ready)

    def finish(self) -> str:
        """Give the rest, restored.

        Raises:
            RedactionError: A placeholder is broken, unknown or of another conversation.
        """
        ready, self._held = self._held, ""
        return self._session.restore(ready)


class LeakCheckStream:
    """Lets a reply through as long as it holds nothing that its reader should not see."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._window = _Window()

    def push(self, piece: str) -> str:
        """Take a piece; give what may go on.

        Raises:
            RedactionError: The text held back has personal data that may not go to the requester.
        """
        self._window.add(piece)
        return self._checked(self._window.safe_end(self._entities)) if self._window.full else ""

    def finish(self) -> str:
        """Give the rest.

        Raises:
            RedactionError: The rest has personal data that may not go to the requester.
        """
        return self._checked(len(self._window.held))

    def _entities(self, text: str) -> list[tuple[int, int]]:
        return [(entity.start, entity.end) for entity in self._session.find(text, "reply")]

    def _checked(self, end: int) -> str:
        before, text = self._window.take(end)
        # What follows is read too: it may be what makes the text personal.
        leaks = self._session.leaks(before + text + self._window.held) if text else ()
        if leaks:
            raise RedactionError(f"the reply would tell {', '.join(leaks).lower()}")
        return text


class _Window:
    """The text held back, and the text before it that has gone."""

    def __init__(self) -> None:
        self.held = ""
        self._gone = ""
        self._wait = 2 * _LOOK_BACK

    @property
    def full(self) -> bool:
        """Whether there is so much more than must be held back that a look is worth it."""
        return len(self.held) > self._wait

    def add(self, piece: str) -> None:
        self.held += piece
        if len(self.held) > _LONGEST_HELD:
            raise RedactionError(f"more than {_LONGEST_HELD} characters without a place to cut")

    def safe_end(self, entities: Callable[[str], list[tuple[int, int]]]) -> int:
        """The last gap between words, well before the end, that no entity spans; 0 for none."""
        found = entities(self._gone + self.held)
        offset = len(self._gone)
        limit = len(self.held) - _LOOK_BACK
        spans = [(start - offset, end - offset) for start, end in found]
        # An entity that reaches into what is held back may still grow.
        limit = min([limit, *(start for start, end in spans if end > limit)])
        gaps = [gap.end() for gap in _BREAK.finditer(self.held, 0, max(0, limit))]
        for gap in reversed(gaps):
            if not any(start < gap < end for start, end in spans):
                return gap
        self._wait = len(self.held) + _LOOK_BACK
        return 0

    def take(self, end: int) -> tuple[str, str]:
        """Cut the text off up to a place; with it comes the text that went before."""
        before, text = self._gone, self.held[:end]
        self.held = self.held[end:]
        self._gone = (self._gone + text)[-_CONTEXT:]
        if text:
            self._wait = 2 * _LOOK_BACK
        return before, text
