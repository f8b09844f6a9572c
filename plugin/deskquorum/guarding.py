"""`desk.guard`: a host's function that runs only where the desk lets it.

```python
@desk.guard("cancel_order")
async def cancel_order(order_id: str) -> str: ...

with desk.about(ticket):
    await cancel_order("NW-120045")
```
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, wraps
from typing import ParamSpec, TypeVar, cast

from deskquorum.domain import Action, Route, Ticket
from deskquorum.errors import DeskError, InputError
from deskquorum.running_once import Begun, Running, begin_call
from deskquorum.sync_door import SyncDoor
from deskquorum.tool_calls import (
    CallRuling,
    Deciding,
    ReadFacts,
    ToolCall,
    plain_args,
    rule_on_call,
)

__all__ = ["DeniedError", "NotDoneError", "WaitsForPersonError", "about", "guard"]

_P = ParamSpec("_P")
_R = TypeVar("_R")

_TICKET: ContextVar[Ticket | None] = ContextVar("deskquorum_ticket", default=None)


class NotDoneError(DeskError):
    """A guarded function did not run; the message says why, in words for the bot."""

    def __init__(self, message: str, *, decision: str = "") -> None:
        self.decision = decision
        """Id of the decision; empty where none was recorded."""
        super().__init__(message)


class DeniedError(NotDoneError):
    """A rule denies it, to everybody."""


class WaitsForPersonError(NotDoneError):
    """A person decides; it waits in the review queue."""


@contextmanager
def about(ticket: Ticket) -> Iterator[None]:
    """Whatever guarded functions are called within are about this ticket.

    Args:
        ticket: The conversation, with the requester's record and trusted facts.
    """
    token = _TICKET.set(ticket)
    try:
        yield
    finally:
        _TICKET.reset(token)


def guard(
    desk: Deciding, action: str, *, door: SyncDoor, facts: ReadFacts | None = None
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Let a function run only where the desk decides so, and once for the same arguments.

    Args:
        desk: Decides.
        action: Name of the action in the policies; the parameters are its arguments.
        door: The way in for functions that are not async.
        facts: Reads what the host's systems tell for the action.
    """

    def guarding(function: Callable[_P, _R]) -> Callable[_P, _R]:
        gate = _Gate(desk=desk, action=action, facts=facts, signature=inspect.signature(function))
        if inspect.iscoroutinefunction(function):
            # What an async function gives is awaitable, and so is what its wrapper gives.
            return cast("Callable[_P, _R]", _guarded_async(function, gate))
        return _guarded(function, gate, door)

    return guarding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gate:
    desk: Deciding
    action: str
    facts: ReadFacts | None
    signature: inspect.Signature

    async def enter(self, args: tuple[object, ...], kwargs: dict[str, object]) -> Begun:
        """Ask the desk.

        Raises:
            NotDoneError: It must not run.
        """
        call = self._call(args, kwargs)
        ruling = await rule_on_call(self.desk, call, facts=self.facts)
        if ruling.route is not Route.AUTO:
            raise _refusal(ruling)
        begun = await begin_call(self.desk, call.ticket, call.action, ruling.decision)
        if begun.refused:
            raise NotDoneError(begun.refused, decision=ruling.decision)
        return begun

    def _call(self, args: tuple[object, ...], kwargs: dict[str, object]) -> ToolCall:
        ticket = _TICKET.get()
        if ticket is None:
            raise InputError(f"'{self.action}' was called outside of `with desk.about(ticket):`")
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        action = Action(name=self.action, args=plain_args(bound.arguments))
        return ToolCall(id=uuid.uuid4().hex, ticket=ticket, action=action)


def _refusal(ruling: CallRuling) -> NotDoneError:
    why = " ".join(ruling.why)
    if ruling.route is Route.DENY:
        return DeniedError(f"policy denies it: {why}", decision=ruling.decision)
    return WaitsForPersonError(f"a person decides: {why}", decision=ruling.decision)


def _guarded(function: Callable[_P, _R], gate: _Gate, door: SyncDoor) -> Callable[_P, _R]:
    @wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        # The ticket is known to this thread, and the desk's loop may run in another one.
        begun = door.call(partial(_within, _TICKET.get(), gate, args, kwargs))
        with Running(gate.desk, begun, door=door):
            return function(*args, **kwargs)

    return guarded


async def _within(
    ticket: Ticket | None, gate: _Gate, args: tuple[object, ...], kwargs: dict[str, object]
) -> Begun:
    _TICKET.set(ticket)
    return await gate.enter(args, kwargs)


def _guarded_async(
    function: Callable[_P, Awaitable[_R]], gate: _Gate
) -> Callable[_P, Awaitable[_R]]:
    @wraps(function)
    async def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        begun = await gate.enter(args, kwargs)
        async with Running(gate.desk, begun):
            return await function(*args, **kwargs)

    return guarded
