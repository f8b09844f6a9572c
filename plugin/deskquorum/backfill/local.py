"""The engine `local`: worker processes on this machine."""

from __future__ import annotations

import multiprocessing
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Self

from deskquorum.backfill.chunks import Chunk
from deskquorum.backfill.jobs import Job, Lost, Outcome
from deskquorum.backfill.working import Worker

__all__ = ["LocalEngine"]

_END_S = 5.0
"""Granted to a worker to let go of its models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    process: SpawnProcess
    pipe: Connection


class LocalEngine:
    """A pool of processes; each ends with this one, however that ends.

    Processes are spawned, not forked: a forked copy of running threads and connections may hang.
    """

    def __init__(self, job: Job, *, workers: int) -> None:
        self.workers = workers
        self._job = job
        self._context = multiprocessing.get_context("spawn")
        self._idle: list[_Process] = []
        self._busy: dict[Connection, tuple[_Process, Chunk]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Idle workers end by themselves, the others are stopped."""
        busy = [worker for worker, _ in self._busy.values()]
        for worker in busy:
            worker.process.terminate()
        for worker in [*self._idle, *busy]:
            _end(worker)
        self._idle, self._busy = [], {}

    def give(self, chunk: Chunk) -> None:
        """Give a chunk to an idle process, or to a new one."""
        worker = self._idle.pop() if self._idle else self._started()
        self._busy[worker.pipe] = (worker, chunk)
        try:
            worker.pipe.send(chunk)
        except BrokenPipeError:
            # It is gone; `next` finds its pipe at an end and says so.
            return

    def next(self) -> Outcome:
        """Wait for an outcome, or for the end of a process."""
        pipe = wait(list(self._busy))[0]
        if not isinstance(pipe, Connection):
            raise TypeError("only pipes are waited for")
        worker, chunk = self._busy.pop(pipe)
        try:
            outcome: Outcome = pipe.recv()
        except (EOFError, ConnectionError):
            _end(worker)
            why = f"its worker ended with exit code {worker.process.exitcode}"
            return Lost(number=chunk.number, place=chunk.place, why=why)
        self._idle.append(worker)
        return outcome

    def _started(self) -> _Process:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._job), daemon=True)
        process.start()
        # Held by the worker alone, so that its end is the pipe's.
        theirs.close()
        return _Process(process=process, pipe=ours)


def _serve(pipe: Connection, job: Job) -> None:
    """A worker's life: until nobody has another chunk."""
    # Ctrl-C reaches every process of the terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(job)
    try:
        while True:
            pipe.send(worker.work(pipe.recv()))
    except (EOFError, ConnectionError):
        worker.close()


def _end(worker: _Process) -> None:
    worker.pipe.close()
    worker.process.join(_END_S)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
