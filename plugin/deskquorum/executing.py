"""Joins the outbox and those who carry actions out: a worker's book, and how orders are undone."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from deskquorum.errors import LedgerError
from deskquorum.execution import Call, Task
from deskquorum.ledger import Database, Order, Transaction

if TYPE_CHECKING:
    from deskquorum.ledger.outbox import Lease

__all__ = ["HandOver", "LedgerBook", "NotUndoneError", "compensate", "tell_log"]

_log = logging.getLogger(__name__)

HandOver = Callable[[Transaction, Order, str], None]
"""Gives an order to a person, in the transaction that notes it: the order, and why."""


class NotUndoneError(LedgerError):
    """An order that can't be undone, and why."""


def tell_log(_: Transaction, order: Order, reason: str) -> None:
    """Where there is no queue: the order's row says that a person has it, and so does the log."""
    _log.warning("order %s (%s) goes to a person: %s", order.key, order.action, reason)


@dataclass(frozen=True, kw_only=True)
class LedgerBook:
    """The outbox of a ledger, as a worker needs it; its clock is the database's."""

    database: Database
    hand_over: HandOver = tell_log
    owner: str = field(default_factory=lambda: secrets.token_hex(8))
    """Names this process in leases."""
    lease_s: float = 30.0
    """From taking an order to sending it, or to waiting for a look."""

    async def take(self, limit: int) -> list[Task]:
        """Orders that are due; those of crashed processes are freed first."""
        from deskquorum.ledger import outbox

        # Most looks find nothing, and readers keep nobody waiting.
        if not await self.database.run(outbox.is_due, writing=False):
            return []

        def work(tx: Transaction) -> list[Lease]:
            outbox.sweep(tx)
            return outbox.lease(tx, owner=self.owner, lease_s=self.lease_s, limit=limit)

        return [_task(held) for held in await self.database.run(work)]

    async def take_unknown(self, limit: int) -> list[Task]:
        """Orders that are due to be looked at."""
        from deskquorum.ledger import outbox

        if not await self.database.run(outbox.is_due, writing=False):
            return []
        work = partial(outbox.lease_unknown, owner=self.owner, lease_s=self.lease_s, limit=limit)
        return [_task(held) for held in await self.database.run(work)]

    async def begin(self, task: Task, *, lease_s: float) -> bool:
        """Whether it may be sent: the kill switch is asked in the transaction that says so."""
        from deskquorum.ledger import outbox
        from deskquorum.ledger.switches import stops

        held = _held(task)

        def work(tx: Transaction) -> bool:
            if stops(tx, [held.order.action]):
                self._given(tx, held, "stopped", maybe=False)
                return False
            return outbox.begin(tx, held, lease_s=lease_s)

        return await self.database.run(work)

    async def keep(self, task: Task, *, lease_s: float) -> bool:
        """Whether it is still this process that looks, so long from now."""
        from deskquorum.ledger import outbox

        return await self.database.run(partial(outbox.keep, held=_held(task), lease_s=lease_s))

    async def done(self, task: Task, result: str | None) -> None:
        """It happened."""
        from deskquorum.ledger import outbox

        await self._note(task, partial(outbox.done, order=_held(task).order, result=result))

    async def again(self, task: Task, why: str, *, after_s: float, maybe: bool) -> None:
        """It is to be carried out again."""
        from deskquorum.ledger import outbox

        held = _held(task)
        await self._note(
            task, partial(outbox.again, held=held, error=why, delay_s=after_s, maybe=maybe)
        )

    async def unknown(self, task: Task, why: str, *, after_s: float) -> None:
        """It may have happened, and is to be looked at."""
        from deskquorum.ledger import outbox

        await self._note(
            task, partial(outbox.unknown, held=_held(task), error=why, delay_s=after_s)
        )

    async def give(self, task: Task, why: str, *, maybe: bool) -> None:
        """It goes to a person."""
        await self.database.run(partial(self._given, held=_held(task), why=why, maybe=maybe))

    def _given(self, tx: Transaction, held: Lease, why: str, *, maybe: bool) -> None:
        from deskquorum.ledger.outbox import give_to_person

        if give_to_person(tx, held, error=why, maybe=maybe):
            self.hand_over(tx, held.order, why)

    async def _note(self, task: Task, work: Callable[[Transaction], bool]) -> None:
        if not await self.database.run(work):
            _log.warning("order %s was taken over before it ended here", task.call.key)


def compensate(database: Database, key: str, *, by: str, why: str) -> Order:
    """Order that what was carried out be undone; recorded with who wanted it and why.

    Raises:
        NotUndoneError: Nothing is there to undo, or it is ordered already.
        LedgerError: Nothing was ordered.
    """
    from deskquorum.ledger import outbox

    with database.transaction(writing=True) as tx:
        row, order = outbox.execution(tx, key), outbox.order_in(tx, key)
        if row is None or order is None:
            raise NotUndoneError(f"no order {key}")
        if row.compensates is not None:
            raise NotUndoneError("this order undoes another one itself")
        if row.state is not outbox.State.DONE:
            raise NotUndoneError(f"only what is done can be undone; this order is {row.state}")
        undo = replace(order, key=f"{key}:undo", compensates=key, by=by, why=why)
        if not outbox.enqueue(tx, undo):
            raise NotUndoneError("it is ordered already that this is undone")
        return undo


def _task(held: Lease) -> Task:
    order = held.order
    call = Call(
        key=order.key,
        conversation=order.conversation,
        action=order.action,
        args=json.loads(order.args),
        decision=order.decision,
        compensates=order.compensates,
    )
    return Task(call=call, attempts=held.attempts, looks=held.looks, held=held)


def _held(task: Task) -> Lease:
    from deskquorum.ledger.outbox import Lease

    if not isinstance(task.held, Lease):
        raise TypeError("a task of another book")
    return task.held
