"""The inputs of a backfill: a file of tickets, and the decisions of a ledger."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from deskquorum.backfill.chunks import Line, Survey
from deskquorum.errors import ConfigError, InputError, Problem
from deskquorum.formats import parse_json, ticket_of_text
from deskquorum.ledger import Entry

__all__ = ["Entries", "RecordedDecisions", "Rejected", "TicketFile"]

_MARK = b"\xef\xbb\xbf"
"""Some programs put it before the first row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that can't be used; holds nothing of its text."""

    line: int
    id: str | int | None
    why: str


class TicketFile:
    """A file of tickets, JSON Lines; a name that ends in `.gz` means gzip."""

    def __init__(self, path: Path, *, at: datetime, skip_bad: bool = False) -> None:
        """Name the file.

        Args:
            path: The file.
            at: Time of the message of rows that tell none.
            skip_bad: Leave out rows that can't be used, instead of refusing them all.
        """
        self._path, self._at, self._skip_bad = path, at, skip_bad
        self._surveyed: Survey | None = None
        self.rejected: tuple[Rejected, ...] = ()
        """Rows that are left out; known once surveyed."""

    def survey(self) -> Survey:
        """Read every row.

        Raises:
            ConfigError: Every row that can't be used, unless those are left out.
            InputError: The file can't be read, or holds no row.
        """
        digest, count, last = hashlib.sha256(), 0, 0
        rejected: list[Rejected] = []
        for number, raw in _lines(self._path):
            digest.update(raw)
            if raw.strip():
                last, found = number, self._flaw(number, _text(raw))
                count += found is None
                rejected += [] if found is None else [found]
        if rejected and not self._skip_bad:
            path = str(self._path)
            raise ConfigError(Problem(path=path, line=r.line, message=r.why) for r in rejected)
        if not last:
            raise InputError(f"{self._path}: no rows; expected tickets, one a line")
        self.rejected = tuple(rejected)
        self._surveyed = Survey(items=count, digest=digest.hexdigest(), last=last)
        return self._surveyed

    def items(self) -> Iterator[Line]:
        """Yield the rows that can be used.

        Raises:
            InputError: The file is not the one that was surveyed.
        """
        left_out = {row.line for row in self.rejected}
        digest = hashlib.sha256()
        for number, raw in _lines(self._path):
            digest.update(raw)
            if raw.strip() and number not in left_out:
                yield Line(number=number, text=_text(raw))
        if self._surveyed is not None and digest.hexdigest() != self._surveyed.digest:
            raise InputError(f"{self._path} was changed while it was read; start again")

    def _flaw(self, number: int, text: str) -> Rejected | None:
        identity: object = None
        try:
            row = parse_json(text, number=number)
            identity = row.get("id")
            ticket_of_text(row, now=self._at, number=number)
        except InputError as exc:
            why = str(exc).removeprefix(f"line {number}: ")
            known = identity if isinstance(identity, str | int) else None
            return Rejected(line=number, id=known, why=why)
        return None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, ends included; JSON texts may hold other line breaks than a line feed."""
    try:
        with _opened(path) as file:
            for number, raw in enumerate(file, start=1):
                yield number, raw.removeprefix(_MARK) if number == 1 else raw
    except EOFError as exc:
        raise InputError(f"{path}: the gzip data ends early; copy the file again") from exc
    except (gzip.BadGzipFile, zlib.error) as exc:
        raise InputError(f"{path}: broken gzip data; copy the file again") from exc
    except OSError as exc:
        raise InputError(f"{path}: {str(exc.strerror).lower()}") from exc


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]  # a GzipFile is read like any file
    return path.open("rb")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").rstrip("\r\n")


class Entries(Protocol):
    """What is asked of a ledger."""

    def entries(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Entry]:
        """Recorded decisions, oldest first."""
        ...


class RecordedDecisions:
    """The decisions of a ledger with their redacted evidence."""

    def __init__(
        self,
        ledger: Entries,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        last: int | None = None,
    ) -> None:
        """Name the decisions.

        Args:
            ledger: Where they are recorded.
            since: Recorded then or later.
            until: Recorded before.
            last: Number of the last one; None takes all that there are.
        """
        self._ledger, self._since, self._until, self._last = ledger, since, until, last
        self._surveyed: Survey | None = None

    def survey(self) -> Survey:
        """Read every decision.

        Raises:
            LedgerError: The ledger can't be read.
            InputError: There is none.
        """
        digest, count, last = hashlib.sha256(), 0, 0
        for entry in self._entries():
            digest.update(entry.hash.encode())
            count, last = count + 1, entry.seq
        if not count:
            raise InputError("the ledger holds no decision of that time")
        # What is recorded from now on is not part of this work.
        self._last = last
        self._surveyed = Survey(items=count, digest=digest.hexdigest(), last=last)
        return self._surveyed

    def items(self) -> Iterator[Entry]:
        """Yield those that were surveyed.

        Raises:
            LedgerError: The ledger can't be read.
            InputError: They are not those that were surveyed.
        """
        digest = hashlib.sha256()
        for entry in self._entries():
            digest.update(entry.hash.encode())
            yield entry
        if self._surveyed is not None and digest.hexdigest() != self._surveyed.digest:
            raise InputError("the ledger was changed while it was read; verify it and start again")

    def _entries(self) -> Iterator[Entry]:
        for entry in self._ledger.entries(since=self._since, until=self._until):
            if self._last is not None and entry.seq > self._last:
                return
            yield entry
