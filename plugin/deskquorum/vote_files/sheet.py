"""A CSV file as a sheet of named columns: every fault is kept with its line and column.

UTF-8, a byte order mark or none, any line ends; columns are found by name, in any order, others are
ignored. A name that ends in `.gz` means gzip.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO, TextIOWrapper
from operator import itemgetter
from pathlib import Path

from deskquorum.errors import ConfigError, Problem

__all__ = ["Sheet", "VoteFileError", "open_sheet", "shown"]

_MOST_SHOWN = 20
_NO_COMMAS = {";": "semicolons", "\t": "tabs"}
"""What spreadsheets put between cells instead, by the language that they are set to."""

_GZIP_MAGIC = b"\x1f\x8b"
_CELL = re.compile(r'(?:"(?:[^"]|"")*"|[^,])*,?')
"""A cell with the comma behind it."""


class VoteFileError(ConfigError):
    """CSV files that can't be used; `problems` holds all, the message shows the first 20."""

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:_MOST_SHOWN]]
        left = len(self.problems) - len(shown)
        return "\n".join([*shown, *([f"and {left} more"] if left else [])])


class Sheet:
    """One file read record by record; keeps every problem with the place of its cell."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.columns: tuple[str, ...] = ()
        """Names of the columns wanted, in the order in which `rows` gives their cells."""
        self.line = 1
        """Where the record begins that was read last."""
        self._path = str(path)
        self._problems: list[Problem] = []
        self._raw: list[str] = []
        self._header: list[str] = []
        self._cells = csv.reader(self._physical_lines(data), strict=True)

    def read_header(self, wanted: Sequence[str], prefix: str) -> None:
        """Find the columns wanted, and those whose names start with `prefix`, if it is not ""."""
        names = next(self._records(), [])
        # Labels stand in the header too, and those are nobody's to trim.
        self._header = [name.strip() if name.strip() in wanted else name for name in names]
        found = self._header
        missing = [name for name in wanted if name not in found]
        others = [told for mark, told in _NO_COMMAS.items() if mark in "".join(found[:1])]
        if missing and others and not self._problems:
            message = f"{others[0]} between the cells, where commas are expected"
            self.complain(None, message, hint="save the sheet as CSV with commas")
        elif missing and not self._problems:
            listed = ", ".join(map(shown, found)) or "nothing"
            message = f"no column {', '.join(map(shown, missing))}; found {listed}"
            self.complain(None, message, hint=f"start the file with {','.join(wanted)}")
        more = [name for name in dict.fromkeys(found) if prefix and name.startswith(prefix)]
        self.columns = (*wanted, *more)
        for name in self.columns:
            if found.count(name) > 1:
                self.complain(name, f"column {shown(name)} stands twice in the header")
        self.finish()

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The cells wanted of each row that has as many cells as the header."""
        pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*map(self._index, self.columns))
        width = len(self._header)
        for cells in self._records():
            if len(cells) == width:
                yield pick(cells)
            else:
                self.complain(None, f"expected {width} cells, found {len(cells)}")

    def demand(self, **cells: str) -> bool:
        """Whether none of these cells is empty; complains of each that is."""
        empty = [name for name, text in cells.items() if not text.strip()]
        for name in empty:
            self.complain(name, f"empty {name}")
        return not empty

    def probability(self, name: str, text: str) -> float:
        """A number from 0 to 1; complains of anything else and makes it 0."""
        try:
            value = float(text)
        except ValueError:
            self.complain(name, f"{shown(text)} is not a number")
            return 0.0
        # NaN is not in any range.
        if not 0 <= value <= 1:
            self.complain(name, f"{shown(text)} is not a probability", hint="write 0 to 1")
            return 0.0
        return value

    def complain(self, column: str | None, message: str, *, hint: str = "") -> None:
        """Keep a problem of the current record, or of its cell in this column."""
        line, place = (self.line, 0) if column is None else self._place(self._index(column))
        self._problems.append(
            Problem(path=self._path, line=line, column=place, message=message, hint=hint)
        )

    def finish(self, *, rows: bool = True) -> None:
        """Raise what was found; `rows` says whether there was anything to read."""
        if not rows and not self._problems:
            message = "no rows below the header"
            self._problems.append(Problem(path=self._path, message=message))
        if self._problems:
            raise VoteFileError(self._problems)

    def _index(self, column: str) -> int:
        return self._header.index(column)

    def _place(self, cell: int) -> tuple[int, int]:
        """Line and column where a cell of the current record starts; a record may span lines."""
        text, start = "".join(self._raw), 0
        for _ in range(cell):
            match = _CELL.match(text, start)
            start = match.end() if match else start
        line = self.line
        for part in self._raw[:-1]:
            if start < len(part):
                break
            start -= len(part)
            line += 1
        return line, start + 1

    def _records(self) -> Iterator[list[str]]:
        """Records that are not blank; stops where the text is no longer CSV."""
        while True:
            self.line = self._cells.line_num + 1
            self._raw.clear()
            try:
                cells = next(self._cells, None)
            except csv.Error as exc:
                hint = "close every quote, and double the quotes inside a quoted cell"
                self.complain(None, f"not CSV: {exc}", hint=hint)
                return
            if cells is None:
                return
            if cells:
                yield cells

    def _physical_lines(self, data: bytes) -> Iterator[str]:
        for line in TextIOWrapper(BytesIO(data), encoding="utf-8-sig", newline=""):
            self._raw.append(line)
            yield line


def open_sheet(path: Path, wanted: Sequence[str], *, prefix: str = "") -> Sheet:
    """Open a file and read its header.

    Args:
        path: The file.
        wanted: Names of columns that have to be there.
        prefix: Columns that start so are read too, if it is not "".

    Raises:
        VoteFileError: There is no such file, it is not text, or a column is missing.
    """
    data = _bytes_of(path)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as exc:
        before = data[: exc.start]
        raise _whole_file(
            path,
            f"not UTF-8: byte 0x{data[exc.start]:02x}",
            hint="name it .gz" if data.startswith(_GZIP_MAGIC) else "save the file as UTF-8",
            line=before.count(b"\n") + 1,
            column=len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1,
        ) from exc
    if not data.strip():
        raise _whole_file(path, "empty file", hint=f"start it with {','.join(wanted)}")
    sheet = Sheet(path, data)
    sheet.read_header(wanted, prefix)
    return sheet


def _bytes_of(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise _whole_file(path, str(exc.strerror).lower()) from exc
    if path.suffix != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except EOFError as exc:
        raise _whole_file(path, "the gzip file ends too early") from exc
    except (OSError, zlib.error) as exc:
        hint = "compress it, or take .gz off its name"
        raise _whole_file(path, "not a gzip file", hint=hint) from exc


def _whole_file(
    path: Path, message: str, *, hint: str = "", line: int = 0, column: int = 0
) -> VoteFileError:
    problem = Problem(path=str(path), line=line, column=column, message=message, hint=hint)
    return VoteFileError([problem])


def shown(text: str, most: int = 40) -> str:
    """A cell in quotes, on one line and not too long."""
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= most else f"'{line[:most]}...'"
