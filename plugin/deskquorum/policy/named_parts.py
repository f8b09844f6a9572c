"""Named conditions, values and tables, and expressions in which they are written out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from deskquorum.policy.complaints import Complaint
from deskquorum.policy.expressions import CONDITION, TABLE, VALUE
from deskquorum.policy.scopes import Anatomy

__all__ = ["PART_KINDS", "Expanded", "Part", "Piece", "Use"]

PART_KINDS: Mapping[str, str] = {CONDITION: "condition", VALUE: "value", TABLE: "table"}
"""What named parts are called in messages."""

_MOST_SHOWN = 200


# Without slots, so that what is read from the text is kept.
@dataclass(frozen=True, kw_only=True)
class Part:
    """What a named part stands for."""

    text: str
    """In CEL, with other parts written out."""
    parameters: tuple[str, ...] | None = ()
    """None for a part whose declaration is faulty: it takes whatever it is given."""

    @cached_property
    def anatomy(self) -> Anatomy:
        """The names and loops of its text."""
        return Anatomy(text=self.text)

    @property
    def free(self) -> frozenset[str]:
        """First names of what it reads by itself."""
        return self.anatomy.free - frozenset(self.parameters or ())

    @cached_property
    def places(self) -> Mapping[int, str]:
        """Where parameters stand in its text.

        What a loop of a part within it calls its elements is no parameter, whatever its name.
        """
        wanted = self.parameters or ()
        return {
            at: name
            for name, at in self.anatomy.names
            if name in wanted and name not in self.anatomy.bound_at(at)
        }

    def called(self, name: str) -> str:
        """How it is used: `value.row(f)`."""
        return f"{name}({', '.join(self.parameters)})" if self.parameters else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A named part where an expression uses it."""

    name: str
    """`cond.NAME`."""
    text: str = ""
    """What it reads with these arguments; "" for a part without parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of an expanded text that comes from one place."""

    start: int
    """Where the piece begins in the expanded text."""
    source: int
    """Where it comes from in the written text."""
    use: Use | None
    """The named part that was put in; None for a piece as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """An expression with its named parts written out."""

    written: str
    text: str
    pieces: tuple[Piece, ...]
    complaints: tuple[Complaint, ...] = ()
    """Uses of parts that do not exist or are not used so; they stand as they were written."""

    def origin(self, offset: int) -> tuple[int, Use | None]:
        """Where a character comes from in `written`, and which named part brought it in."""
        piece = self.pieces[bisect_right(self.pieces, offset, key=lambda p: p.start) - 1]
        if piece.use is not None:
            return piece.source, piece.use
        return min(piece.source + offset - piece.start, len(self.written)), None

    def brought_back(self, complaint: Complaint) -> Complaint:
        """A complaint about `text` as one about `written`."""
        offset, use = self.origin(complaint.offset)
        message, hint = complaint.message, complaint.hint
        if use is not None:
            head, _, name = use.name.partition(".")
            message = f"in {PART_KINDS[head]} '{name}': {message}"
            if use.text:
                hint = "; ".join(filter(None, [hint, f"it reads here: {_shortened(use.text)}"]))
        return Complaint(offset=offset, message=message, hint=hint)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}..."
