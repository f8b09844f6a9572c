"""An API may be behind its own webhooks: what was told is looked for before it is trusted."""

from __future__ import annotations

from datetime import timedelta

from deskquorum.adapters.conversations import Conversation
from deskquorum.adapters.html_text import seen_text
from deskquorum.domain import Message

__all__ = ["holds"]

_CLOCKS = timedelta(seconds=30)
"""An event may be that much younger than what it tells of."""


def holds(seen: Conversation, told: Message) -> bool:
    """Whether a conversation that was read knows what its webhook told.

    Without it the conversation would look as if its customer waited for nothing.
    """
    said = [line for line in seen.lines if line.role == "customer" and not line.private]
    words = seen_text(told.text)
    if not words:
        return bool(said)
    # The told text may stand behind a subject, and the read one before its attachments.
    return any(
        line.at >= told.at - _CLOCKS
        or (words in (text := seen_text(line.text)) or (bool(text) and words.endswith(text)))
        for line in said
    )
