"""Files that are there whole or not at all, whenever the process or the machine ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

__all__ = ["discard", "replacing", "sync_folder"]


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only once everything is on the disk.

    The file of that name stays as it was if the block raises.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    if os.name == "nt":
        # Windows opens no folders, and keeps names without being told.
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard(folder: Path) -> None:
    """Remove a folder with all its files; fine where there is none."""
    if folder.exists():
        shutil.rmtree(folder)
