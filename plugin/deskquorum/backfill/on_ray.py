"""The engine `ray`: workers on a Ray cluster, or on one started here for the time being."""

from __future__ import annotations

import os
from types import ModuleType, TracebackType
from typing import Any, Self

from deskquorum.backfill.chunks import Chunk
from deskquorum.backfill.jobs import Job, Lost, Outcome
from deskquorum.backfill.working import Worker
from deskquorum.errors import InputError

__all__ = ["RayEngine"]


class RayEngine:
    """Actors on Ray; each opens the job once.

    The desk folder must be readable under the same path, and this package installed, on every
    machine of the cluster.
    """

    def __init__(self, job: Job, *, workers: int, address: str | None = None) -> None:
        """Take the work.

        Args:
            job: What to do with chunks.
            workers: How many actors.
            address: Of a running cluster (`auto`, `HOST:PORT`); None starts one on this machine.
        """
        self.workers = workers
        self._job, self._address = job, address
        self._ray: ModuleType | None = None
        # Ray's own types come with an optional package.
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Chunk]] = {}

    def __enter__(self) -> Self:
        """Start or join the cluster.

        Raises:
            InputError: Ray is not installed, or there is no such cluster.
        """
        # Ray reads these when it is imported. It reports its use over the network unless told not
        # to; and what is started here alone listens on the loopback interface alone.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        if self._address is None:
            os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        try:
            import ray
        except ModuleNotFoundError as exc:
            raise InputError(
                "ray is not installed; install it with: pip install 'deskquorum[scale]',"
                " or use --engine local"
            ) from exc
        quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
        try:
            if self._address is None:
                ray.init(num_cpus=self.workers, include_dashboard=False, **quiet)
            else:
                ray.init(address=self._address, **quiet)
        except (ConnectionError, ValueError, RuntimeError, OSError) as exc:
            raise InputError(f"ray can't be started or joined: {exc}") from exc
        self._ray = ray
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the cluster; what was started here ends."""
        if self._ray is not None:
            self._ray.shutdown()
        self._ray, self._idle, self._busy = None, [], {}

    def give(self, chunk: Chunk) -> None:
        """Give a chunk to an idle actor, or to a new one."""
        actor = self._idle.pop() if self._idle else self._started()
        self._busy[actor.work.remote(chunk)] = (actor, chunk)

    def next(self) -> Outcome:
        """Wait for an outcome, or for the loss of an actor."""
        ray = self._running()
        [ready], _ = ray.wait(list(self._busy), num_returns=1)
        actor, chunk = self._busy.pop(ready)
        try:
            outcome: Outcome = ray.get(ready)
        except ray.exceptions.RayError as exc:
            # Its words may quote what was worked on.
            why = f"its actor was lost ({type(exc).__name__})"
            return Lost(number=chunk.number, place=chunk.place, why=why)
        self._idle.append(actor)
        return outcome

    def _started(self) -> Any:  # noqa: ANN401 - an actor of an optional package
        remote = self._running().remote(num_cpus=1, max_restarts=0)(Worker)
        return remote.remote(self._job)

    def _running(self) -> ModuleType:
        if self._ray is None:
            raise RuntimeError("an engine works inside of its `with` block")
        return self._ray
