"""Actions that a Python function of the host carries out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from deskquorum.execution.ports import Call, Done, Outcome, Refused, RefusedError, Seen

__all__ = ["CallablePort"]

_TIMEOUT_S = 30.0


class CallablePort:
    """Awaits a function, and lets through what it raises but `RefusedError`."""

    can_look = False
    settle_s = 0.0
    """Nobody looks."""

    def __init__(
        self,
        function: Callable[[Call], Awaitable[object]],
        *,
        undo: Callable[[Call], Awaitable[object]] | None = None,
        idempotent: bool = False,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        """Take the host's functions.

        Args:
            function: Carries out a call and returns JSON, or raises `RefusedError`.
            undo: Undoes the call that its own compensates.
            idempotent: It may be called again with the same key without doing it twice.
            timeout_s: Longest wait for one call.
        """
        self._function = function
        self._undo = undo
        self.idempotent = idempotent
        self.timeout_s = timeout_s

    @property
    def can_undo(self) -> bool:
        """Whether there is a function for it."""
        return self._undo is not None

    async def execute(self, call: Call) -> Outcome:
        """Await the function."""
        function = self._function if call.compensates is None else self._undo
        if function is None:
            return Refused(why="no-undo")
        try:
            said = await function(call)
        except RefusedError:
            return Refused(why="refused")
        return Done(result=_json(said))

    async def look(self, call: Call) -> Seen:  # noqa: ARG002 - there is nothing to ask
        """Nobody can tell."""
        return Seen.UNREADABLE


def _json(said: object) -> str | None:
    """What was said, where it can be written down."""
    try:
        return None if said is None else json.dumps(said)
    except (TypeError, ValueError, RecursionError):
        return None
