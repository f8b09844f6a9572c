"""Orders of the outbox go in; they are carried out at most once, and end done or with a person."""

from deskquorum.execution.callable_port import CallablePort
from deskquorum.execution.http_port import HttpPort
from deskquorum.execution.ports import (
    ActionPort,
    Call,
    Done,
    Outcome,
    Refused,
    RefusedError,
    Seen,
    TryAgain,
    Unknown,
)
from deskquorum.execution.worker import Book, OutboxWorker, Task

__all__ = [
    "ActionPort",
    "Book",
    "Call",
    "CallablePort",
    "Done",
    "HttpPort",
    "OutboxWorker",
    "Outcome",
    "Refused",
    "RefusedError",
    "Seen",
    "Task",
    "TryAgain",
    "Unknown",
]
