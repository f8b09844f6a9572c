"""This package, in the process of its host: redaction, gate, claims, judgement and ledger."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

from deskquorum import Desk, load_desk
from deskquorum.formats import decision_row, read_ticket
from serving.jobs import Job, Outcome
from serving.rows import outcome_of, ticket_row

__all__ = ["DESK", "Embedded"]

DESK = Path(__file__).parents[1] / "desks" / "service"


class Embedded:
    """A desk that the host holds; the ledger is an SQLite file, synced at each decision."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._desk: Desk | None = None

    async def start(self, url: str) -> None:
        """Get ready to ask the model at that address."""
        ledger = Path(self._folder.name) / "ledger.sqlite"
        self._desk = load_desk(DESK, model_url=f"{url}/ours/v1", ledger=ledger)
        await self._desk.__aenter__()
        # As the service does: a full collection walks through whatever was loaded.
        gc.freeze()

    async def job(self, job: Job) -> Outcome:
        """Do one job."""
        assert self._desk is not None  # noqa: S101 - narrows: started before any job
        decision = await self._desk.decide(read_ticket(ticket_row(job)))
        return outcome_of(decision_row(decision))

    async def stop(self) -> None:
        """Let go of what was opened."""
        if self._desk is not None:
            await self._desk.aclose()
        self._folder.cleanup()
