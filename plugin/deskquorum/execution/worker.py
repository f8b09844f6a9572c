"""Works off the outbox: carries out what is due, looks at what is unknown, or hands it over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import anyio

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

_MARGIN_S = 5.0
"""A lease outlives its call by that."""

_LONGEST_S = 300.0


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

    async def done(self, task: Task, result: str | None) -> None:
        """It happened."""

    async def again(self, task: Task, why: str, *, after_s: float) -> None:
        """It is to be carried out again."""

    async def unknown(self, task: Task, why: str, *, after_s: float) -> None:
        """It is to be looked at."""

    async def give(self, task: Task, why: str, *, maybe: bool) -> None:
        """It goes to a person; `maybe`: it may have happened."""


class OutboxWorker:
    """Carries out orders, a few at the same time; any number of processes may do so."""

    def __init__(
        self,
        book: Book,
        ports: Ports,
        *,
        at_once: int = 8,
        attempts: int = 6,
        looks: int = 6,
        backoff_s: float = 1.0,
    ) -> None:
        """Take the outbox and what carries actions out.

        Args:
            book: The outbox.
            ports: Lends the ports by action.
            at_once: So many orders at the same time.
            attempts: After so many an order goes to a person.
            looks: After so many reads that told nothing it does too.
            backoff_s: Before the second attempt, or the first look; twice as long before each next.
        """
        self._book, self._ports, self._at_once = book, ports, at_once
        self._attempts, self._looks, self._backoff_s = attempts, looks, backoff_s

    async def run(self, *, every_s: float = 1.0) -> None:
        """Work until cancelled; what is being sent then is unknown until somebody looks."""
        while True:
            try:
                more = await self.run_once()
            except DeskError as exc:
                _log.warning("the outbox can't be read: %s", exc)
                more = False
            if not more:
                await anyio.sleep(every_s)

    async def run_once(self) -> bool:
        """Do what is due now; True where there was anything."""
        async with self._ports() as ports:
            taken = await self._book.take(self._at_once)
            unknown = await self._book.take_unknown(max(1, self._at_once - len(taken)))
            async with anyio.create_task_group() as group:
                for task in taken:
                    group.start_soon(self._guarded, self._carry_out, task, ports)
                for task in unknown:
                    group.start_soon(self._guarded, self._look, task, ports)
        return bool(taken or unknown)

    async def _guarded(self, work: Callable[..., object], task: Task, ports: object) -> None:
        try:
            await work(task, ports)  # type: ignore[misc]
        except DeskError as exc:
            # Its lease ends, and it is taken up again: others that are being sent go on.
            _log.warning("order %s could not be noted: %s", task.call.key, exc)

    async def _carry_out(self, task: Task, ports: Mapping[str, ActionPort]) -> None:
        port = ports.get(task.call.action)
        if port is None:
            await self._book.give(task, "no-port", maybe=False)
            return
        if not await self._book.begin(task, lease_s=port.timeout_s + _MARGIN_S):
            return
        match await _executed(port, task.call):
            case Done(result=result):
                await self._book.done(task, result)
            case Refused(why=why):
                await self._book.give(task, why, maybe=_maybe(port, task))
            case TryAgain(why=why, after_s=after_s):
                await self._again(port, task, why, after_s=after_s)
            case Unknown(why=why) if port.idempotent:
                await self._again(port, task, why)
            case Unknown(why=why) if port.can_look:
                await self._book.unknown(task, why, after_s=self._wait_s(1))
            case Unknown(why=why):
                await self._book.give(task, why, maybe=True)

    async def _look(self, task: Task, ports: Mapping[str, ActionPort]) -> None:
        port = ports.get(task.call.action)
        if port is not None and port.idempotent:
            await self._again(port, task, "interrupted")
        elif port is None or not port.can_look:
            await self._book.give(task, "unknown", maybe=True)
        else:
            await self._judge(await _seen(port, task.call), port, task)

    async def _judge(self, seen: Seen, port: ActionPort, task: Task) -> None:
        match seen:
            case Seen.DONE:
                await self._book.done(task, None)
            case Seen.NOT_DONE:
                await self._again(port, task, "not-done")
            case _ if task.looks >= self._looks:
                await self._book.give(task, seen.value, maybe=True)
            case _:
                await self._book.unknown(task, seen.value, after_s=self._wait_s(task.looks + 1))

    async def _again(
        self, port: ActionPort, task: Task, why: str, *, after_s: float | None = None
    ) -> None:
        if task.attempts >= self._attempts:
            await self._book.give(task, why, maybe=port.idempotent)
            return
        wait_s = self._wait_s(task.attempts) if after_s is None else after_s
        await self._book.again(task, f"maybe-{why}" if port.idempotent else why, after_s=wait_s)

    def _wait_s(self, times: int) -> float:
        return min(_LONGEST_S, self._backoff_s * 2.0 ** (times - 1))


def _maybe(port: ActionPort, task: Task) -> bool:
    """An earlier attempt at what may be repeated may have happened."""
    return port.idempotent and task.attempts > 1


async def _executed(port: ActionPort, call: Call) -> Outcome:
    try:
        return await port.execute(call)
    except Exception as exc:  # noqa: BLE001 - whatever breaks, it may have happened
        return Unknown(why=f"raised-{type(exc).__name__}")


async def _seen(port: ActionPort, call: Call) -> Seen:
    try:
        return await port.look(call)
    except Exception:  # noqa: BLE001 - whatever breaks, nothing was told
        return Seen.UNREADABLE
