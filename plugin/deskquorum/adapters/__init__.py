"""Payloads of helpdesks come in; notes, replies and hand-offs go out."""

from deskquorum.adapters.accounts import open_helpdesk
from deskquorum.adapters.conversations import Conversation, Heard, Ignored, Line, row_of
from deskquorum.adapters.helpdesk import Helpdesk, HelpdeskError
from deskquorum.adapters.payloads import READERS, Reader, Told, read_payload

__all__ = [
    "READERS",
    "Conversation",
    "Heard",
    "Helpdesk",
    "HelpdeskError",
    "Ignored",
    "Line",
    "Reader",
    "Told",
    "open_helpdesk",
    "read_payload",
    "row_of",
]
