"""What every kind of backfill does alike: survey, chunks, progress, an orderly stop."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import typer

from deskquorum.backfill import (
    Engine,
    Finished,
    InputShape,
    Job,
    LocalEngine,
    Manifest,
    PartsFolder,
    RayEngine,
    Source,
    finish,
)
from deskquorum.cli.backfill_progress import watching
from deskquorum.cli.batch import wide_console
from deskquorum.errors import InputError

__all__ = ["BulkOptions", "finished", "manifest_of"]

_INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended."""

_LOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOptions:
    """Where the work is done, how it is kept, and how it is told."""

    engine: Literal["local", "ray"]
    workers: int | None
    ray_address: str | None
    chunk_rows: int
    out: Path
    resume: bool
    as_json: bool

    def __post_init__(self) -> None:
        if self.ray_address is not None and self.engine != "ray":
            raise InputError("--ray-address needs --engine ray")

    def engine_for(self, job: Job) -> Engine:
        """The engine, which starts when it is entered."""
        workers = self.workers or os.cpu_count() or 1
        if self.engine == "ray":
            return RayEngine(job, workers=workers, address=self.ray_address)
        return LocalEngine(job, workers=workers)


def manifest_of(
    source: Source,
    *,
    identity: Mapping[str, str],
    how: BulkOptions,
    options: Mapping[str, str | int | bool | list[str] | None],
    started_at: datetime,
) -> Manifest:
    """What the work is begun with.

    Raises:
        ConfigError: Every row of the input that can't be used.
        InputError: The input can't be read.
    """
    surveyed = source.survey()
    return Manifest(
        input=InputShape(items=surveyed.items, sha256=surveyed.digest, last=surveyed.last),
        desk=dict(identity),
        chunk_rows=how.chunk_rows,
        options=dict(options),
        started_at=started_at,
    )


def finished(
    parts: PartsFolder, source: Source, job: Job, how: BulkOptions, *, title: str
) -> Finished:
    """Do what is left to do, visibly; says which chunks were lost, and how to go on.

    Raises:
        InputError: The work can't be done; the parts stay.
        typer.Exit: Somebody stopped it; the parts stay.
    """
    total = parts.manifest.input.items
    done = sum(map(parts.items_in, parts.done))
    told = wide_console(stderr=True)
    if done:
        told.print(f"going on behind {done:,} of {total:,} that are done", markup=False)
    try:
        with watching(title, total=total, done=done) as advance:
            result = finish(parts, source, engine=lambda: how.engine_for(job), watch=advance)
    except KeyboardInterrupt:
        kept = sum(map(parts.items_in, parts.done))
        told.print(f"stopped: {kept:,} of {total:,} are done", markup=False)
        _say_how_to_go_on()
        raise typer.Exit(_INTERRUPTED) from None
    for lost in result.lost[:_LOST_SHOWN]:
        told.print(f"lost: {lost}", markup=False)
    if result.lost:
        told.print(f"{len(result.lost)} chunks could not be done; the others are kept")
        _say_how_to_go_on()
    return result


def _say_how_to_go_on() -> None:
    again = [arg for arg in sys.argv[1:] if arg != "--resume"]
    command = shlex.join(["deskquorum", *again, "--resume"])
    wide_console(stderr=True).print(f"go on with: {command}", markup=False, soft_wrap=True)
