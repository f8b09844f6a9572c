"""Finished chunks on the disk, until all are there and become the output."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from deskquorum.backfill.durable import discard, replacing
from deskquorum.backfill.jobs import Done
from deskquorum.backfill.manifest import Manifest
from deskquorum.domain import JsonValue
from deskquorum.errors import InputError

__all__ = ["PartsFolder", "begun_at", "parts_of"]

_MANIFEST = "manifest.json"


def parts_of(out: Path) -> Path:
    """The folder beside an output that holds its parts."""
    return out.with_name(out.name + ".parts")


def begun_at(out: Path) -> Manifest | None:
    """What the parts of an output were begun with; None where there are none.

    Raises:
        InputError: The manifest can't be read.
    """
    path = parts_of(out) / _MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc
    except ValidationError as exc:
        hint = f"remove {path.parent} to start again"
        raise InputError(f"{path}: no manifest of this version; {hint}") from exc


class PartsFolder:
    """The parts of one output. Each is there whole or not at all: a line of summary, then rows."""

    def __init__(self, out: Path, manifest: Manifest) -> None:
        self._out, self._folder = out, parts_of(out)
        self.manifest = manifest
        self.chunks = -(-manifest.input.items // manifest.chunk_rows)
        """How many parts the output has."""

    @classmethod
    def begin(cls, out: Path, manifest: Manifest) -> Self:
        """Make the folder, with its manifest.

        Raises:
            InputError: The folder can't be written.
        """
        try:
            # What has no manifest is what was left of a folder while it was removed.
            discard(parts_of(out))
            parts_of(out).mkdir()
            with replacing(parts_of(out) / _MANIFEST) as file:
                file.write(manifest.model_dump_json(indent=1).encode() + b"\n")
        except OSError as exc:
            raise InputError(f"{parts_of(out)}: {str(exc.strerror).lower()}") from exc
        return cls(out, manifest)

    @property
    def done(self) -> frozenset[int]:
        """Numbers of the chunks that are finished."""
        found = (path.stem for path in self._folder.glob("[0-9]*.jsonl"))
        return frozenset(int(stem) for stem in found if stem.isdecimal())

    def items_in(self, number: int) -> int:
        """How many items a chunk holds."""
        size = self.manifest.chunk_rows
        return min(size, self.manifest.input.items - (number - 1) * size)

    def keep(self, done: Done) -> None:
        """Write one finished chunk.

        Raises:
            InputError: It can't be written.
        """
        path = self._path(done.number)
        try:
            with replacing(path) as file:
                file.write(json.dumps(done.summary).encode() + b"\n" + done.rows.encode())
        except OSError as exc:
            raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc

    def summaries(self) -> Iterator[Mapping[str, JsonValue]]:
        """What was said of each finished chunk, in order."""
        for number in sorted(self.done):
            with self._path(number).open("rb") as file:
                yield json.loads(file.readline())

    def merge(self) -> None:
        """Make the output of the parts, and remove them.

        Raises:
            InputError: A part is missing, or the output can't be written.
        """
        missing = set(range(1, self.chunks + 1)) - self.done
        if missing:
            raise InputError(f"{self._folder}: part {min(missing)} is missing; go on with --resume")
        try:
            with replacing(self._out) as whole:
                for number in range(1, self.chunks + 1):
                    with self._path(number).open("rb") as part:
                        part.readline()
                        while block := part.read(1 << 20):
                            whole.write(block)
            (self._folder / _MANIFEST).unlink()
            discard(self._folder)
        except OSError as exc:
            raise InputError(f"{self._out}: {str(exc.strerror).lower()}") from exc

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:05}.jsonl"
