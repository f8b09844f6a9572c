"""Running suites on a desk's files, as `deskquorum decide` would, without leaving a trace."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from deskquorum.assembly import Parts, load_parts
from deskquorum.cli.batch import progress_bar
from deskquorum.desk import Desk
from deskquorum.desk_files import DeskFiles
from deskquorum.pack import starter_pack
from deskquorum.stress import Outcome, Run, StressTicket, basis_of, score

__all__ = ["run_suites", "suites_for"]

_NEVER_S = 1e9


def suites_for(folder: Path, named: Path | None) -> Path:
    """The suites that were named, else the desk's own in `stress`, else those that come along."""
    own = folder / "stress"
    return named or (own if own.is_dir() else starter_pack("stress"))


def run_suites(
    folder: Path,
    tickets: Sequence[StressTicket],
    *,
    model_url: str | None,
    models: bool,
    jobs: int,
) -> Run:
    """Decide every ticket of the suites by a desk's present files.

    Decisions go into a ledger that is thrown away, and no drift is watched: these tickets are not
    the desk's traffic.

    Raises:
        ConfigError: Files that can't be used, with every problem in them.
    """
    with TemporaryDirectory(prefix="deskquorum-stress-") as scratch:
        load = partial(_load, folder, Path(scratch) / "ledger.sqlite", models=models)
        files = DeskFiles(folder=folder, load=load)
        desk = Desk(files, model_url=model_url, keys=os.environ, look_every_s=_NEVER_S)
        outcomes = anyio.run(_decided, desk, tickets, jobs)
        return Run(
            at=datetime.now(UTC),
            basis=dict(basis_of(desk.parts)),
            notices=list(desk.notices),
            outcomes=outcomes,
        )


def _load(folder: Path, ledger: Path, *, models: bool) -> Parts:
    parts = load_parts(folder, models=models, ledger=ledger, keys=os.environ)
    return replace(parts, watched=False)


async def _decided(desk: Desk, tickets: Sequence[StressTicket], jobs: int) -> list[Outcome]:
    """What became of each ticket, in order."""
    found: dict[tuple[str, str], Outcome] = {}
    limiter = anyio.CapacityLimiter(jobs)
    with progress_bar() as progress:
        task = progress.add_task("deciding", total=len(tickets))

        async def one(stress: StressTicket) -> None:
            async with limiter:
                decision = await desk.decide(stress.ticket)
                entry = desk.ledger.get(decision.id)
            evidence = None if entry is None else entry.evidence
            found[stress.key] = score(stress, decision, evidence, desk.parts.rules.questions)
            progress.advance(task)

        async with desk, anyio.create_task_group() as group:
            for stress in tickets:
                group.start_soon(one, stress)
    return [found[stress.key] for stress in tickets]
