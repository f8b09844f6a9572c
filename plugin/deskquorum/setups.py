"""The set of files that a desk decides by, and its change for another one while it decides."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from deskquorum.assembly import Parts
from deskquorum.desk_files import DeskFiles, Fingerprint, Loaded, Refused
from deskquorum.drift_watch import DriftWatch
from deskquorum.errors import ConfigError
from deskquorum.labeling import load_embedder
from deskquorum.opening import Opened
from deskquorum.reconciliation import remedy
from deskquorum.wording_watch import WordingWatch

__all__ = ["LOOK_EVERY_S", "Setup", "Setups"]

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
"""Least time between two looks at the files."""

_QUIET_S = 0.3
"""How long changed files have to hold still, so that whoever writes several is done; no longer
than from one look to the next."""

_T = TypeVar("_T")

_Open = Callable[[Parts, AsyncExitStack], Awaitable[Opened]]


class Setup:
    """One valid set of files with everything that decides by it; a run uses one from end to end."""

    def __init__(self, loaded: Loaded, start: _Open) -> None:
        self.loaded = loaded
        """The files as they were read."""
        learned = loaded.parts.rules.learned
        watched = learned if loaded.parts.watched else replace(learned, models={})
        self.watch = DriftWatch(
            watched, loaded.parts.learned_path, wording=_wording_watch(loaded.parts)
        )
        """What it sees of its labelers."""
        self._start = start
        self._starting = anyio.Lock()
        self._stack = AsyncExitStack()
        self._opened: Opened | None = None
        self._runs = 0
        self._left: anyio.Event | None = None

    @property
    def parts(self) -> Parts:
        """What was loaded."""
        return self.loaded.parts

    @property
    def notices(self) -> tuple[str, ...]:
        """What could not be started and is done without, in words."""
        return () if self._opened is None else self._opened.notices

    @property
    def is_open(self) -> bool:
        """Whether labelers are ready to vote."""
        return self._opened is not None

    async def opened(self) -> Opened:
        """The labelers; started by whoever asks first."""
        if self._opened is not None:
            return self._opened
        async with self._starting:
            if self._opened is None:
                await _in_thread(self.parts.redactor.warm_up)
                async with AsyncExitStack() as stack:
                    self._opened = await self._start(self.parts, stack)
                    self._stack = stack.pop_all()
            return self._opened

    @contextmanager
    def in_use(self) -> Iterator[Setup]:
        """Keep it open for one run, even if another one takes its place."""
        self._runs += 1
        try:
            yield self
        finally:
            self._runs -= 1
            if self._left is not None and not self._runs:
                self._left.set()

    async def unused(self) -> None:
        """Wait for the last run; nobody may start another one."""
        if self._runs:
            self._left = anyio.Event()
            await self._left.wait()

    async def aclose(self) -> None:
        """Let go of what was opened; the next run opens it again."""
        await self._stack.aclose()
        self._stack, self._opened = AsyncExitStack(), None


class Setups:
    """Holds the setup in force; puts another one in its place once changed files are valid.

    INVARIANT: a set of files is taken whole or not at all, and a run sees one set only.
    """

    def __init__(
        self, files: DeskFiles, loaded: Loaded, start: _Open, *, look_every_s: float
    ) -> None:
        self._files, self._start, self._look_every_s = files, start, look_every_s
        self.current = Setup(loaded, start)
        """For reading; a run gets it from `in_use`."""
        self._refused: Refused | None = None
        self._renewing = anyio.Lock()
        self._look_from = time.monotonic() + look_every_s
        self._watching: asyncio.Task[None] | None = None
        self._closing = anyio.Event()
        self._background: set[asyncio.Task[None]] = set()

    @property
    def notices(self) -> tuple[str, ...]:
        """What could not be started, alarms, and changed files that can't be used, in words."""
        problems = () if self._refused is None else self._refused.error.problems
        return (
            *self.current.notices,
            *(
                f"people decide: {alarm.title}: {alarm.noticed}; to do: {remedy(alarm)}"
                for alarm in self.current.watch.alarms
            ),
            *(f"changed files are refused, those before stay in force: {p}" for p in problems),
        )

    @contextmanager
    def in_use(self) -> Iterator[Setup]:
        """The setup in force, for one run; from the first run on, changed files are noticed."""
        self._watch()
        with self.current.in_use() as setup:
            yield setup

    async def open(self) -> None:
        """Start the labelers and notice changed files from now on, before the first run."""
        self._watch()
        await self.current.opened()

    async def renew(self) -> None:
        """Read all files anew and decide by them from now on.

        Raises:
            ConfigError: They can't be used; those before stay in force.
        """
        async with self._renewing:
            read = await _in_thread(partial(self._files.read, self.current.parts))
            if isinstance(read, Refused):
                self._refuse(read)
                raise read.error
            await self._put_in_place(read)

    async def aclose(self) -> None:
        """Let go of models and ledger, once those setups that were replaced have done so."""
        self._closing.set()
        while self._background:
            await asyncio.wait(self._background)
        await self.current.aclose()
        self.current.parts.ledger.close()

    def _watch(self) -> None:
        if self._watching is None:
            self._closing = anyio.Event()
            self._watching = self._in_background(self._look_until(self._closing))

    async def _look_until(self, closing: anyio.Event) -> None:
        """Decide by changed files, if they are valid; `renew` tells what is wrong with them."""
        while not closing.is_set():
            if time.monotonic() >= self._look_from:
                self._look_from = time.monotonic() + self._look_every_s
                if await self._have_changed():
                    with suppress(ConfigError):
                        await self.renew()
            with anyio.move_on_after(self._look_from - time.monotonic()):
                await closing.wait()

    async def _have_changed(self) -> bool:
        """Whether the files are others than those last read, and nobody writes any more."""
        seen = await self._fingerprint()
        if seen == self.current.loaded.seen:
            # Whatever was refused has been taken back.
            self._refused = None
            return False
        if self._refused is not None and seen == self._refused.seen:
            return False
        await anyio.sleep(min(_QUIET_S, self._look_every_s))
        return await self._fingerprint() == seen

    async def _fingerprint(self) -> Fingerprint:
        return await _in_thread(partial(self._files.fingerprint, self.current.parts))

    def _refuse(self, refused: Refused) -> None:
        self._refused = refused
        _log.error(
            "changed files of %s are refused, those before stay in force:\n%s",
            self._files.folder,
            refused.error,
        )

    async def _put_in_place(self, loaded: Loaded) -> None:
        before = self.current
        if loaded.parts.ledger_place == before.parts.ledger_place:
            loaded = replace(loaded, parts=replace(loaded.parts, ledger=before.parts.ledger))
        setup = Setup(loaded, self._start)
        if before.is_open:
            # While it opens, decisions go on by the one before.
            await setup.opened()
        setup.watch.go_on_from(before.watch)
        self.current, self._refused = setup, None
        self._in_background(self._retire(before))
        _log.info("%s: policy %s in force", self._files.folder, loaded.parts.rules.book.hash[:12])

    async def _retire(self, setup: Setup) -> None:
        await setup.unused()
        await setup.aclose()
        if setup.parts.ledger is not self.current.parts.ledger:
            setup.parts.ledger.close()

    def _in_background(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if task is self._watching:
            self._watching = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("changing the files of %s failed", self._files.folder, exc_info=error)


def _wording_watch(parts: Parts) -> WordingWatch | None:
    if parts.reference is None or not parts.watched:
        return None
    embedder = load_embedder()
    return WordingWatch(parts.reference, None if embedder is None else embedder.embed)


async def _in_thread(call: Callable[[], _T]) -> _T:
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
