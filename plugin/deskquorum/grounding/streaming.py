"""A reply that is still being written: let out claim by claim, never before its check."""

from __future__ import annotations

from collections.abc import Sequence

from deskquorum.domain import Facts, Finding, Verdict
from deskquorum.grounding.reply_check import check_reply
from deskquorum.grounding.retrieve import ClauseIndex
from deskquorum.grounding.sentences import sentences_of

__all__ = ["ReplyStream"]


class ReplyStream:
    """Takes a draft in pieces and gives back what may go out.

    INVARIANT: nothing is given back that the check of all text so far does not support. A sentence
    waits for the one after it, since a quote may lean on that; what holds one back holds back all
    that follows.

    ```python
    stream = ReplyStream(index=index, facts=facts, allowed_links=links)
    for piece in draft:
        send(stream.feed(piece))
    send(stream.finish())
    if stream.held:
        hand_off(stream.findings)
    ```
    """

    def __init__(
        self, *, index: ClauseIndex, facts: Facts, allowed_links: Sequence[str] = ()
    ) -> None:
        """Take what `check_reply` takes."""
        self._index = index
        self._facts = facts
        self._links = allowed_links
        self._text = ""
        self._out = 0
        self._findings: tuple[Finding, ...] = ()

    @property
    def held(self) -> str:
        """The text that was not let out."""
        return self._text[self._out :]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of the last check, on all text so far."""
        return self._findings

    def feed(self, piece: str) -> str:
        """Add a piece of the draft; returns what may go out now, often nothing."""
        before = len(sentences_of(self._text))
        self._text += piece
        sentences = sentences_of(self._text)
        if len(sentences) < _WAITING or len(sentences) == before:
            return ""
        return self._release(sentences[-2][0] if len(sentences) > 1 else 0)

    def finish(self) -> str:
        """Say that the draft is whole; returns the rest of it, or nothing where it is held."""
        return self._release(len(self._text))

    def _release(self, end: int) -> str:
        """All up to the first finding that is not supported, or to `end`."""
        self._findings = check_reply(
            self._text, index=self._index, facts=self._facts, allowed_links=self._links
        )
        doubts = [f.start for f in self._findings if f.verdict is not Verdict.SUPPORTED]
        end = min([end, *(self._sentence_start(start) for start in doubts)])
        released = self._text[self._out : max(self._out, end)]
        self._out = max(self._out, end)
        return released

    def _sentence_start(self, place: int) -> int:
        starts = [start for start, end in sentences_of(self._text) if start <= place < end]
        return starts[0] if starts else place


_WAITING = 3
"""Sentences: one to let out, the one it may lean on, and the one being written."""
