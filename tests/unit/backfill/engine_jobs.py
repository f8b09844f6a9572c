"""Jobs for the tests of engines; a module of its own, so that other processes can import it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deskquorum.backfill.chunks import Chunk
from deskquorum.backfill.jobs import Done, Work
from deskquorum.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Shout:
    """Gives each line in upper case; some lines end the worker, or make it stumble."""

    folder: Path
    """Where a worker notes that it was opened, and that it has ended once already."""

    @contextmanager
    def opened(self) -> Iterator[Work]:
        (self.folder / f"opened-{os.getpid()}").touch(exist_ok=False)
        yield self._shouted

    def _shouted(self, chunk: Chunk) -> Done:
        said = [self._said(item.text) for item in chunk.items]
        return Done(number=chunk.number, rows="\n".join(said), summary={"rows": len(said)})

    def _said(self, text: str) -> str:
        match text:
            case "die":
                os._exit(9)
            case "die once":
                marker = self.folder / "died"
                if not marker.exists():
                    marker.touch()
                    os._exit(9)
            case "stumble":
                raise KeyError("a customer's words")
        return text.upper()


@dataclass(frozen=True, kw_only=True)
class Unopenable:
    """Can't be opened anywhere."""

    @contextmanager
    def opened(self) -> Iterator[Work]:
        raise InputError("the desk's prompts changed since the work began")
        yield
