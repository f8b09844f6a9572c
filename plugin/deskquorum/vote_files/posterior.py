"""The file of posteriors that `deskquorum reconcile` writes and `deskquorum certify` reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from deskquorum.vote_files.sheet import open_sheet, shown

if TYPE_CHECKING:
    from deskquorum.reconciliation import Reconciled

__all__ = ["PosteriorFile", "read_posterior", "write_posterior"]

_SUM_TOLERANCE = 1e-3
_SPECIAL = re.compile(r'[",\r\n]')


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorFile:
    """What `deskquorum reconcile` wrote, one entry an item."""

    items: tuple[str, ...]
    labels: tuple[str, ...]
    """The answer; "" where nobody voted."""
    probabilities: tuple[float, ...]
    """Of the answer; 0.0 where nobody voted."""


def read_posterior(path: Path) -> PosteriorFile:
    """Read `item,label,probability` and check the columns `p:LABEL` where there are any.

    Raises:
        VoteFileError: Carries every problem of the file.
    """
    sheet = open_sheet(path, ("item", "label", "probability"), prefix="p:")
    lines: dict[str, int] = {}
    labels: list[str] = []
    probabilities: list[float] = []
    for item, label, *numbers in sheet.rows():
        if not sheet.demand(item=item):
            continue
        first = lines.setdefault(item, sheet.line)
        if first != sheet.line:
            sheet.complain("item", f"item {shown(item)} stands in line {first} too")
            continue
        probability, *classes = map(sheet.probability, sheet.columns[2:], numbers)
        if classes and abs(sum(classes) - 1) > _SUM_TOLERANCE:
            message = f"the columns p:LABEL sum to {sum(classes):.6g}, expected 1"
            sheet.complain(None, message)
        labels.append(label if label.strip() else "")
        probabilities.append(probability if label.strip() else 0.0)
    sheet.finish(rows=bool(lines))
    return PosteriorFile(
        items=tuple(lines), labels=tuple(labels), probabilities=tuple(probabilities)
    )


def write_posterior(file: TextIO, reconciled: Reconciled) -> None:
    """Write `item,label,probability` and one column `p:LABEL` a class, with six digits."""
    labels = reconciled.labels
    file.write(_line(["item", "label", "probability", *(f"p:{label}" for label in labels)]))
    # A row at a time: many items by many classes are too much text to hold.
    for n, item in enumerate(reconciled.items):
        row: list[float] = reconciled.posterior[n].tolist()
        numbers = [f"{p:.6f}" for p in row]
        best = max(range(len(row)), key=row.__getitem__) if reconciled.voted[n] else None
        answer = ["", f"{0:.6f}"] if best is None else [labels[best], numbers[best]]
        file.write(_line([item, *answer, *numbers]))


def _line(cells: list[str]) -> str:
    # The csv module leaves a lone carriage return bare, which ends the row for who reads it.
    quoted = ('"' + c.replace('"', '""') + '"' if _SPECIAL.search(c) else c for c in cells)
    return ",".join(quoted) + "\n"
