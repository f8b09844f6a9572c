"""Works off the outbox: carries out what is due, looks at what is unknown, or hands it over."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from deskquorum.errors import DeskError
from deskquorum.execution.ports import (
    ActionPort,
    Call,
    Done,
    Outcome,
    Refused,
    Seen,
    TryAgain,
    Unknown,
)

__all__ = ["Book", "OutboxWorker", "Ports", "Task"]

_log = logging.getLogger(__name__)

Ports = Callable[[], AbstractAsyncContextManager[Mapping[str, ActionPort]]]
"""Lends the ports of today's files, by action."""

_LONGEST_S = 300.0
_LONGEST_WAIT_S = 900.0
"""Whoever asks for longer is not waited for: a person knows it sooner. So all attempts of an order
together wait no longer than that many times as there are attempts."""
_LOOKS_PER_CALL = 32
"""Looks wait most of the time, so many of them are held for each call that is made at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One order that this process has taken."""

    call: Call
    attempts: int
    """How often it was taken to be carried out, this time included."""
    looks: int
    held: object
    """What the book knows it by."""


class Book(Protocol):
    """The outbox, as a worker needs it; what is no longer the worker's is left alone."""

    async def take(self, limit: int) -> list[Task]:
        """Orders that are due."""

    async def take_unknown(self, limit: int) -> list[Task]:
        """Orders that are due to be looked at."""

    async def begin(self, task: Task, *, lease_s: float) -> bool:
        """Whether it may be sent now; what is stopped goes to a person."""

    async def keep(self, task: Task, *, lease_s: float) -> bool:
        """Whether it may be looked at, after a wait of which others know."""

    async def done(self, task: Task, result: str | None) -> None:
        """It happened; that is noted whoever has the order by now."""

    async def again(self, task: Task, why: str, *, after_s: float, maybe: bool) -> None:
        """It is to be carried out again; `maybe`: it may have happened."""

    async def unknown(self, task: Task, why: str, *, after_s: float) -> None:
        """It may have happened, and is to be looked at."""

    async def give(self, task: Task, why: str, *, maybe: bool) -> None:
        """It goes to a person; `maybe`: it may have happened."""


class OutboxWorker:
    """Carries out orders, a few at the same time; any number of processes may do so.

    INVARIANT: a call is sent within `margin_s` of being noted or not at all, ends within the port's
    `timeout_s`, and the endpoint is at work for its `settle_s` longer at most. A look waits for all
    three, by the monotonic clock and from after the note, before it believes anything.
    """

    def __init__(
        self,
        book: Book,
        ports: Ports,
        *,
        at_once: int = 8,
        attempts: int = 6,
        looks: int = 6,
        backoff_s: float = 1.0,
        margin_s: float = 5.0,
    ) -> None:
        """Take the outbox and what carries actions out.

        Args:
            book: The outbox.
            ports: Lends the ports by action.
            at_once: So many calls at the same time.
            attempts: After so many an order goes to a person.
            looks: After so many reads that told nothing it does too.
            backoff_s: Before the second attempt or look; twice as long before each next.
            margin_s: From noting that a call is made to making it; a lease outlives it by that.
        """
        self._book, self._ports, self._at_once = book, ports, at_once
        self._attempts, self._looks, self._backoff_s = attempts, looks, backoff_s
        self._margin_s = margin_s
        self._calls = self._waits = 0
        self._reads = anyio.CapacityLimiter(at_once)
        self._freed = anyio.Event()
        self._stopping = anyio.Event()

    def stop(self) -> None:
        """Begin nothing further, and give back what waits for a look."""
        self._stopping.set()
        self._freed.set()

    async def run(self, *, every_s: float = 1.0) -> None:
        """Work until `stop`; what is being sent when it is cancelled is unknown until a look."""
        while not self._stopping.is_set():
            try:
                await self.run_once(every_s=every_s)
            except DeskError as exc:
                _log.warning("the outbox can't be read: %s", exc)
            with anyio.move_on_after(every_s):
                await self._stopping.wait()

    async def run_once(self, *, every_s: float = 1.0) -> bool:
        """Do what is due, and what falls due meanwhile; True where there was anything.

        Args:
            every_s: So often it is looked whether something is due, while calls are made.

        Raises:
            LedgerError: The outbox can't be read; what was begun has ended.
        """
        worked = False
        failed: DeskError | None = None
        async with anyio.create_task_group() as group:
            try:
                while not self._stopping.is_set():
                    worked |= await self._fill(group)
                    if not self._calls + self._waits:
                        break
                    with anyio.move_on_after(every_s):
                        await self._freed.wait()
            except DeskError as exc:
                # Raised here it would cancel what is being sent.
                failed = exc
        if failed is not None:
            raise failed
        return worked

    async def _fill(self, group: TaskGroup) -> bool:
        """Take as much as there are free places for."""
        self._freed = anyio.Event()
        taken = unknown = []
        if free := self._at_once - self._calls:
            taken = await self._book.take(free)
        for task in taken:
            self._calls += 1
            group.start_soon(self._call, task)
        if free := self._at_once * _LOOKS_PER_CALL - self._waits:
            unknown = await self._book.take_unknown(free)
        for task in unknown:
            self._waits += 1
            group.start_soon(self._wait, task)
        return bool(taken or unknown)

    async def _call(self, task: Task) -> None:
        try:
            await self._guarded(self._carry_out, task)
        finally:
            self._calls -= 1
            self._freed.set()

    async def _wait(self, task: Task) -> None:
        try:
            await self._guarded(self._look, task)
        finally:
            self._waits -= 1
            self._freed.set()

    async def _guarded(
        self, work: Callable[[Task, ActionPort | None], Awaitable[None]], task: Task
    ) -> None:
        try:
            async with self._ports() as ports:
                await work(task, ports.get(task.call.action))
        except Exception as exc:  # noqa: BLE001 - others that are being sent go on, whatever breaks
            # Its lease ends, and it is taken up again, or looked at.
            told = exc if isinstance(exc, DeskError) else type(exc).__name__
            _log.warning("order %s could not be noted: %s", task.call.key, told)

    async def _carry_out(self, task: Task, port: ActionPort | None) -> None:
        if port is None:
            await self._book.give(task, "no-port", maybe=False)
            return
        asked_at = anyio.current_time()
        if not await self._book.begin(task, lease_s=port.timeout_s + self._margin_s):
            return
        if anyio.current_time() - asked_at > self._margin_s:
            await self._again(task, "late")
            return
        match await _executed(port, task.call):
            case Done(result=result):
                await self._book.done(task, result)
            case Refused(why=why):
                await self._book.give(task, why, maybe=False)
            case TryAgain(why=why, after_s=after_s):
                await self._again(task, why, after_s=after_s)
            case Unknown(why=why) if port.idempotent:
                await self._again(task, why, maybe=True)
            case Unknown(why=why) if port.can_look:
                await self._book.unknown(task, why, after_s=0.0)
            case Unknown(why=why):
                await self._book.give(task, why, maybe=True)

    async def _look(self, task: Task, port: ActionPort | None) -> None:
        if port is not None and port.idempotent:
            await self._again(task, "interrupted", maybe=True)
        elif port is None or not port.can_look:
            await self._book.give(task, "unknown", maybe=True)
        elif await self._settled(task, port):
            async with self._reads:
                seen = await _seen(port, task.call)
            await self._judge(seen, task)

    async def _settled(self, task: Task, port: ActionPort) -> bool:
        """Wait until the endpoint can't be at work any more; False where it is not ours to see."""
        wait_s = self._margin_s + port.timeout_s + port.settle_s
        lease_s = wait_s + port.timeout_s + self._margin_s
        if not await self._book.keep(task, lease_s=lease_s):
            return False
        with anyio.move_on_after(wait_s):
            await self._stopping.wait()
        if not self._stopping.is_set():
            return True
        # Another process need not wait for the lease to end.
        await self._book.unknown(task, "not-looked", after_s=0.0)
        return False

    async def _judge(self, seen: Seen, task: Task) -> None:
        match seen:
            case Seen.DONE:
                await self._book.done(task, None)
            case Seen.NOT_DONE:
                await self._again(task, "not-done")
            case _ if task.looks >= self._looks:
                await self._book.give(task, seen.value, maybe=True)
            case _:
                await self._book.unknown(task, seen.value, after_s=self._wait_s(task.looks))

    async def _again(
        self, task: Task, why: str, *, after_s: float | None = None, maybe: bool = False
    ) -> None:
        if task.attempts >= self._attempts or (after_s or 0.0) > _LONGEST_WAIT_S:
            await self._book.give(task, why, maybe=maybe)
            return
        wait_s = self._wait_s(task.attempts) if after_s is None else after_s
        await self._book.again(task, why, after_s=wait_s, maybe=maybe)

    def _wait_s(self, times: int) -> float:
        return min(_LONGEST_S, self._backoff_s * 2.0 ** (times - 1))


async def _executed(port: ActionPort, call: Call) -> Outcome:
    with anyio.move_on_after(port.timeout_s):
        try:
            return await port.execute(call)
        except Exception as exc:  # noqa: BLE001 - whatever breaks, it may have happened
            return Unknown(why=f"raised-{type(exc).__name__}")
    return Unknown(why="timeout")


async def _seen(port: ActionPort, call: Call) -> Seen:
    with anyio.move_on_after(port.timeout_s):
        try:
            return await port.look(call)
        except Exception:  # noqa: BLE001 - whatever breaks, nothing was told
            return Seen.UNREADABLE
    return Seen.UNREADABLE
