"""One worker: opens its job once, then does chunk after chunk, whatever a chunk holds."""

from __future__ import annotations

from contextlib import ExitStack
from traceback import extract_tb
from types import TracebackType

from deskquorum.backfill.chunks import Chunk
from deskquorum.backfill.jobs import Job, Lost, Outcome, Refused, Work
from deskquorum.errors import DeskError

__all__ = ["Worker"]


class Worker:
    """Does chunks; what breaks is told by its kind and place, its own words may quote a ticket."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stack = ExitStack()
        self._work: Work | None = None

    def work(self, chunk: Chunk) -> Outcome:
        """Do one chunk; never raises."""
        try:
            if self._work is None:
                self._work = self._stack.enter_context(self._job.opened())
            return self._work(chunk)
        except DeskError as exc:
            return Refused(why=str(exc))
        except Exception as exc:  # noqa: BLE001 - told as a lost chunk, which is never written
            return Lost(number=chunk.number, place=chunk.place, why=_kind_and_place(exc))

    def close(self) -> None:
        """Let go of what the job opened."""
        self._work = None
        self._stack.close()


def _kind_and_place(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__} at {_innermost(error.__traceback__)}"


def _innermost(trace: TracebackType | None) -> str:
    frames = extract_tb(trace)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
