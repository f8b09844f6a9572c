"""A desk's files as one set: read while they hold still, and looked at again for changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deskquorum.assembly import Parts
from deskquorum.errors import ConfigError, Problem
from deskquorum.policy import NearestSpec, RuleSpec, SqlSourceSpec

__all__ = ["DeskFiles", "Fingerprint", "Loaded", "Refused"]

Fingerprint = Mapping[str, tuple[int, int, int]]
"""Path to size, time of the last change in nanoseconds, and inode."""

_FOLDERS = ("policies", "prompts", "labelers")
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One valid set of files."""

    parts: Parts
    seen: Fingerprint
    """Of the files that were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A set of files that can't be used."""

    error: ConfigError
    seen: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFiles:
    """The files of a desk folder, and how they are put together."""

    folder: Path
    load: Callable[[], Parts]

    def read(self, last: Parts | None = None) -> Loaded | Refused:
        """Read all files; what is read while somebody writes is read again.

        Args:
            last: What was read before; it tells where else files of the desk are.
        """
        for _ in range(_TRIES):
            before = self.fingerprint(last)
            outcome = self._attempt()
            # The new files may name others, elsewhere; those are looked at from now on.
            seen = before if isinstance(outcome, ConfigError) else self.fingerprint(outcome)
            if self.fingerprint(last) != before:
                continue
            if isinstance(outcome, ConfigError):
                return Refused(error=outcome, seen=seen)
            return Loaded(parts=outcome, seen=seen)
        hint = "try again once nobody writes them"
        message = "its files change while they are read"
        error = ConfigError([Problem(path=str(self.folder), message=message, hint=hint)])
        return Refused(error=error, seen={})

    def fingerprint(self, parts: Parts | None) -> Fingerprint:
        """What tells whether any file has changed; reads no file."""
        return {
            str(path): (stat.st_size, stat.st_mtime_ns, stat.st_ino)
            for path, stat in _stats(self._places(parts))
        }

    def _places(self, parts: Parts | None) -> Iterator[Path]:
        for name in _FOLDERS:
            yield self.folder / name
        if parts is None:
            return
        yield parts.learned_path
        for spec in parts.desk.labelers.values():
            match spec:
                case RuleSpec(file=file) | NearestSpec(examples=Path() as file):
                    yield file
        for source in parts.desk.sources.values():
            if isinstance(source, SqlSourceSpec) and source.file is not None:
                yield source.file

    def _attempt(self) -> Parts | ConfigError:
        try:
            return self.load()
        except ConfigError as exc:
            return exc
        except OSError as exc:
            # A file that went away between being listed and being read.
            said = Problem(path=str(exc.filename or self.folder), message=str(exc.strerror).lower())
            return ConfigError([said])


def _stats(places: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for place in places:
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in found:
            # Editors keep files of their own there while somebody writes.
            if _is_hidden(path.relative_to(place)) or path.name.endswith("~"):
                continue
            try:
                stat = path.stat()
            except OSError:
                continue
            if not path.is_dir():
                yield path, stat


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
