"""How much of the personal data is covered, and how much else is.

A mark counts as found when each of its letters and digits lies in a find of any type: what is
hidden under another name is hidden. A find is right for its type when at least half of its letters
and digits are marked with that type; for the file as a whole, with any. F2 weighs recall four times
as much as precision.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from pii_engines import Span
from pii_sets import Case, Row

__all__ = ["NOT_SOUGHT", "Tally", "f2", "outcome", "tally"]

NOT_SOUGHT = frozenset({"ORGANIZATION", "DATE_TIME", "NRP", "AGE", "TITLE", "DOMAIN_NAME"})
"""Marked in the data, and not what a desk hides: companies, dates, ages, job titles, web sites."""

_SAME = {"US_DRIVER_LICENSE": "NATIONAL_ID", "ID": "ACCOUNT_ID", "CUSTOMER_ID": "ACCOUNT_ID"}
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]")


@dataclass(slots=True)
class Tally:
    """Counts over a file."""

    marks: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    """Marks that are covered, by the marks' type."""
    finds: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    """Finds that are right, by the finds' type."""
    wrong: int = 0
    """Finds that cover nothing marked."""

    def recall(self, types: Collection[str]) -> float:
        """Share of the marks of some types that are covered."""
        return _share(sum(self.found[t] for t in types), sum(self.marks[t] for t in types))

    def precision(self, kind: str) -> float:
        """Share of the finds of a type that are right."""
        return _share(self.right[kind], self.finds[kind])

    @property
    def whole_precision(self) -> float:
        """Share of all finds that cover something marked."""
        total = sum(self.finds.values())
        return _share(total - self.wrong, total)


def tally(rows: Sequence[Row], spans: Sequence[Sequence[Span]]) -> Tally:
    """Count over a file."""
    counts = Tally()
    for row, found in zip(rows, spans, strict=True):
        _count(row, found, counts)
    return counts


def f2(precision: float, recall: float) -> float:
    """F-measure that weighs recall four times."""
    return _share(5 * precision * recall, 4 * precision + recall)


def outcome(case: Case, spans: Sequence[Span]) -> tuple[bool, bool]:
    """Whether everything that must go is gone, and everything that must stay is there."""
    shown = _redacted(case.text, spans)
    plain = _plain(shown)
    gone = not any(text in shown or _plain(text) in plain for text in case.gone)
    return gone, all(text in shown for text in case.kept)


def _count(row: Row, found: Sequence[Span], counts: Tally) -> None:
    covered = _places(row.text, ((start, end) for start, end, _ in found))
    marked: dict[str, set[int]] = {}
    for mark in row.marks:
        places = _places(row.text, [(mark.start, mark.end)])
        marked.setdefault(_SAME.get(mark.type, mark.type), set()).update(places)
        counts.marks[mark.type] += 1
        counts.found[mark.type] += places <= covered
    anything = set().union(*marked.values())
    for start, end, kind in found:
        places = _places(row.text, [(start, end)])
        same = marked.get(_SAME.get(kind, kind), set())
        counts.finds[kind] += 1
        counts.right[kind] += 2 * len(places & same) >= len(places)
        counts.wrong += 2 * len(places & anything) < len(places)


def _places(text: str, stretches: Iterable[tuple[int, int]]) -> set[int]:
    return {i for start, end in stretches for i in range(start, end) if text[i].isalnum()}


def _redacted(text: str, spans: Sequence[Span]) -> str:
    hidden = bytearray(len(text))
    for start, end, _ in spans:
        hidden[start:end] = b"\x01" * (end - start)
    return "".join("\n" if gone else char for char, gone in zip(text, hidden, strict=True))


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
