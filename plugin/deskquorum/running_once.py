"""A host's own function carries an action out: at most once a conversation, whatever crashes.

The order goes into the outbox as one that is being sent, so that a process that dies on the way
leaves something unknown behind, which a person looks at, and nothing that could run again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from deskquorum.domain import Action, Ticket
from deskquorum.execution import RefusedError
from deskquorum.ledger import Order, order_of
from deskquorum.queueing import hand_over

if TYPE_CHECKING:
    from deskquorum.ledger import Transaction
    from deskquorum.ledger.outbox import Lease
    from deskquorum.sync_door import SyncDoor
    from deskquorum.tool_calls import Deciding

__all__ = ["Begun", "Running", "begin_call", "order_for"]

_LEASE_S = 900.0
"""Longer than any tool takes; who died before that left the outcome unknown."""

_REPEATABLE = frozenset({"none", "reply", "disclosure"})
"""Risks of actions that change nothing: looking twice does no harm."""

_BEFORE = {
    "ready": "It is ordered already and will be carried out.",
    "leased": "It is ordered already and will be carried out.",
    "done": "It was done already, and is done once.",
    "cancelled": "Exactly this was edited or rejected before, so it can never run.",
    "failed": "It was tried before and failed; a person has it.",
}
_MAYBE = "It may have been done already; a person looks what became of it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Whether a call may run now."""

    lease: Lease | None = None
    """To be ended by `Running`; None where nothing need be written down."""
    refused: str = ""
    """Why it may not, in a sentence; empty where it may."""


def order_for(
    tx: Transaction, desk: Deciding, ticket: Ticket, action: Action, decision: str
) -> Order:
    """The order of an action about a ticket.

    Args:
        tx: Writing.
        desk: Whose policies declare it.
        ticket: The conversation.
        action: With its raw values.
        decision: Id of the decision that it rests on.
    """
    parts = desk.parts
    spec = parts.rules.book.actions.get(action.name)
    order = order_of(tx, ticket.id, action, spec, decision, ticket.subject)
    # INVARIANT: raw values are kept only where the host's key seals them.
    return order if parts.ledger.database.has_host_key else replace(order, args="{}")


async def begin_call(desk: Deciding, ticket: Ticket, action: Action, decision: str) -> Begun:
    """Note that an action is carried out from now on, unless it was, is or must not be.

    Raises:
        LedgerError: That could not be noted; it must not run.
    """
    spec = desk.parts.rules.book.actions.get(action.name)
    if spec is not None and spec.risk in _REPEATABLE:
        return Begun()

    def begin(tx: Transaction) -> Begun:
        return _begin(tx, order_for(tx, desk, ticket, action, decision))

    return await desk.parts.ledger.database.run(begin)


class Running:
    """Within it a call is carried out; how it ended is noted, and what broke is a person's."""

    def __init__(self, desk: Deciding, begun: Begun, *, door: SyncDoor | None = None) -> None:
        """Take what was begun.

        Args:
            desk: Notes it.
            begun: A call that may run.
            door: The way in where there is no event loop.
        """
        self._desk = desk
        self._begun = begun
        self._door = door
        self.fault: BaseException | None = None
        """Set by a host whose function tells of an error without raising it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end(error or self.fault)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._door is None:
            raise TypeError("without an event loop this needs the desk's door")
        self._door.call(partial(self._end, error or self.fault))

    async def _end(self, error: BaseException | None) -> None:
        """Note it, even where the host was cancelled; else it is unknown after its lease."""
        lease = self._begun.lease
        if lease is not None:
            with anyio.CancelScope(shield=True):
                database = self._desk.parts.ledger.database
                await database.run(lambda tx: _end(self._desk, tx, lease, error))


def _begin(tx: Transaction, order: Order) -> Begun:
    from deskquorum.ledger.outbox import execution, start

    lease = start(tx, order, owner=secrets.token_hex(8), lease_s=_LEASE_S)
    if lease is not None:
        return Begun(lease=lease)
    found = execution(tx, order.key)
    return Begun(refused=_MAYBE if found is None else _BEFORE.get(found.state.value, _MAYBE))


def _end(desk: Deciding, tx: Transaction, lease: Lease, error: BaseException | None) -> None:
    from deskquorum.ledger.outbox import done, give_to_person

    if error is None:
        done(tx, lease.order)
        return
    why = f"raised-{type(error).__name__}"
    if give_to_person(tx, lease, error=why, maybe=not isinstance(error, RefusedError)):
        hand_over(lambda: desk.parts, tx, lease.order, why)
