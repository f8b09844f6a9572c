"""A `ToolNode` runs the calls of a message side by side in one node; they are settled together.

The first that comes settles the turn for all, the others wait for it, so that a run of the node
pauses at one place, with one request, and no tool has run by then.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING

from langgraph.config import get_config

from deskquorum.adapters.langchain.turns import asked_hash, refusal

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ToolCallRequest
    from langchain_core.messages import ToolMessage

    from deskquorum.adapters.langchain.turns import Pass

    _Settled = Mapping[str, Pass | ToolMessage]

__all__ = ["WholeTurns"]

_KEPT = 1024
"""Runs of nodes that are remembered; more than a process has under way."""

_SCRATCHPAD = "__pregel_scratchpad"
"""Where LangGraph's configuration holds what one run of a node shares."""


class _Turn:
    def __init__(self, scratchpad: object) -> None:
        self.scratchpad = scratchpad
        """Held on to, so that no other run of a node gets its id."""
        self.lock = Lock()
        self.on_loop = asyncio.Lock()
        self.settled: _Settled | None = None
        self.error: BaseException | None = None

    def known(self, request: ToolCallRequest) -> Pass | ToolMessage | None:
        """What became of a call; raises what stopped the turn."""
        if self.error is not None:
            raise self.error
        if self.settled is None:
            return None
        call = request.tool_call
        found = self.settled.get(call["id"] or "")
        # INVARIANT: a pass lets exactly the call run that it was given to.
        if found is None or (isinstance(found, dict) and found["asked"] != asked_hash(call)):
            return refusal(call, "It is not the call that was decided on.")
        return found


class WholeTurns:
    """The turns that are being settled."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._turns: OrderedDict[int, _Turn] = OrderedDict()

    def sync(
        self, request: ToolCallRequest, settle: Callable[[ToolCallRequest], _Settled]
    ) -> Pass | ToolMessage:
        """What becomes of a call, once its whole turn is settled."""
        turn = self._turn()
        with turn.lock:
            if turn.settled is None and turn.error is None:
                try:
                    turn.settled = settle(request)
                except BaseException as exc:
                    turn.error = exc
                    raise
        return _known(turn, request)

    async def on_loop(
        self, request: ToolCallRequest, settle: Callable[[ToolCallRequest], Awaitable[_Settled]]
    ) -> Pass | ToolMessage:
        """The same."""
        turn = self._turn()
        async with turn.on_loop:
            if turn.settled is None and turn.error is None:
                try:
                    turn.settled = await settle(request)
                except BaseException as exc:
                    turn.error = exc
                    raise
        return _known(turn, request)

    def _turn(self) -> _Turn:
        scratchpad = get_config()["configurable"][_SCRATCHPAD]
        with self._lock:
            turn = self._turns.setdefault(id(scratchpad), _Turn(scratchpad))
            while len(self._turns) > _KEPT:
                self._turns.popitem(last=False)
            return turn


def _known(turn: _Turn, request: ToolCallRequest) -> Pass | ToolMessage:
    found = turn.known(request)
    if found is None:
        raise RuntimeError("a turn that is neither settled nor stopped")
    return found
