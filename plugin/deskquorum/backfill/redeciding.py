"""The job of a back-test in bulk: recorded decisions of a chunk, decided again by other files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deskquorum.assembly import Parts, load_parts
from deskquorum.backfill.chunks import Chunk
from deskquorum.backfill.identity import demand_identity
from deskquorum.backfill.jobs import Done, Work
from deskquorum.backfill.rows import to_lines
from deskquorum.backtesting import change_row, redecide, tally_for
from deskquorum.judgement import Rulebook
from deskquorum.ledger import Entry

__all__ = ["Redecide", "Ruleset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """A desk folder's files, as they were when the work began."""

    folder: Path
    identity: Mapping[str, str]

    def load(self) -> Parts:
        """The files.

        Raises:
            ConfigError: They can't be used.
            InputError: They are others by now.
        """
        parts = load_parts(self.folder, models=False)
        demand_identity(parts, self.identity)
        return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecide:
    """Decide again, and give a row for each decision that changes."""

    new: Ruleset
    against: Ruleset | None = None
    """Files to compare with; None compares with what was recorded."""

    @contextmanager
    def opened(self) -> Iterator[Work]:
        """Load the files.

        Raises:
            ConfigError: They can't be used.
            InputError: They are others than those that the work began with.
        """
        new = self.new.load()
        old = None if self.against is None else self.against.load().rules
        yield lambda chunk: _decided_again(chunk, new, old)


def _decided_again(chunk: Chunk, new: Parts, old: Rulebook | None) -> Done:
    learned = new.rules.versions["learned"]
    tally = tally_for(new.desk, new.prompts, learned=learned, keep=0)
    rows = []
    for item in chunk.items:
        if not isinstance(item, Entry):
            raise TypeError("only recorded decisions can be decided again")
        redecided = redecide(item, new.rules, against=old)
        tally.add(redecided)
        if redecided.differs:
            rows.append(change_row(redecided))
    summary = tally.counted().model_dump(mode="json")
    return Done(number=chunk.number, rows=to_lines(rows), summary=summary)
