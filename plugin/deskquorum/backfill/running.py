"""One backfill from its first chunk to its output, or to where it has to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deskquorum.backfill.chunks import Source, cut
from deskquorum.backfill.engines import Engine, outcomes
from deskquorum.backfill.jobs import Done, Lost
from deskquorum.backfill.manifest import Manifest
from deskquorum.backfill.parts import PartsFolder, begun_at, parts_of
from deskquorum.domain import JsonValue
from deskquorum.errors import InputError

__all__ = ["Finished", "begin", "finish"]

_Watch = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a run came to."""

    summaries: tuple[Mapping[str, JsonValue], ...]
    """Of every finished chunk, those of earlier runs included."""
    lost: tuple[str, ...]
    """Chunks that could not be done, in words; with any, there are parts and no output yet."""


def begin(out: Path, manifest: Manifest, *, resume: bool) -> PartsFolder:
    """Make the folder of parts, or go on with the one that is there.

    Raises:
        InputError: There are parts and nobody asked to go on; or they were begun otherwise.
    """
    before = begun_at(out)
    if before is None:
        return PartsFolder.begin(out, manifest)
    folder = parts_of(out)
    if not resume:
        raise InputError(
            f"{folder} holds an unfinished backfill; go on with --resume, or remove it to start"
            " again"
        )
    changed = list(before.differences(manifest))
    if changed:
        raise InputError(
            f"{folder}: {', '.join(changed)} changed since that backfill began; put it back, or"
            f" remove {folder} to start again"
        )
    return PartsFolder(out, before)


def finish(
    parts: PartsFolder,
    source: Source,
    *,
    engine: Callable[[], Engine],
    watch: _Watch,
) -> Finished:
    """Do the chunks that are left, and make the output of all.

    Args:
        parts: Where chunks are kept; what is there is not done again.
        source: The input, as surveyed.
        engine: Gives the engine, which is started only if there is anything to do.
        watch: Told of each finished chunk how many items it held.

    Raises:
        InputError: The work can't be done, or the input was changed; the parts stay.
    """
    done = parts.done
    lost: list[str] = []
    if len(done) < parts.chunks:
        with engine() as started:
            for outcome in _outcomes(started, parts, source, done):
                match outcome:
                    case Done():
                        parts.keep(outcome)
                        watch(parts.items_in(outcome.number))
                    case Lost(place=place, why=why):
                        lost.append(f"{place}: {why}")
    summaries = tuple(parts.summaries())
    if not lost:
        parts.merge()
    return Finished(summaries=summaries, lost=tuple(lost))


def _outcomes(
    engine: Engine, parts: PartsFolder, source: Source, done: frozenset[int]
) -> Iterator[Done | Lost]:
    chunks = cut(source.items(), parts.manifest.chunk_rows)
    left = (chunk for chunk in chunks if chunk.number not in done)
    return outcomes(engine, left)
