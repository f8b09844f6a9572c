"""A policy file as somebody would have it: linted, and the last days decided again by it.

Nothing is written but in a folder of its own, which is gone afterwards.
"""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from deskquorum.assembly import Parts, load_parts
from deskquorum.backtesting import Tally, redecide, tally_for
from deskquorum.errors import ConfigError, Problem
from deskquorum.policy import lint

__all__ = ["Tried", "policy_files", "try_text"]

_MOST_S = 30.0
"""For deciding again; what was reached by then is told."""

_KEPT = 100
"""Changes that are listed, the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a change would do."""

    problems: tuple[Problem, ...] = ()
    """Where the files can't be used; nothing was decided again then."""
    findings: tuple[Problem, ...] = ()
    """Where they can, but something is probably not meant."""
    tally: Tally | None = None
    cut: bool = False
    """Whether time ran out before all were decided again."""


def policy_files(parts: Parts) -> dict[str, Path]:
    """The desk's policy files by name."""
    return {path.name: path for path in sorted(parts.desk.path.parent.glob("*.yaml"))}


def try_text(parts: Parts, name: str, text: str, *, since: datetime) -> Tried:
    """What another text of one file would change; compared with the rules in force.

    Args:
        parts: The desk as it is.
        name: Of the file.
        text: What would stand in it.
        since: Decisions recorded from then on are decided again.

    Raises:
        LedgerError: The ledger can't be read.
    """
    with TemporaryDirectory(prefix="deskquorum-what-if-") as place:
        folder = Path(place) / "desk"
        _copy(parts, folder)
        (folder / "policies" / name).write_text(text, encoding="utf-8")
        try:
            new = load_parts(folder, models=False, ledger=Path(place) / "none.sqlite")
        except ConfigError as exc:
            return Tried(problems=tuple(_told(problem) for problem in exc.problems))
        with closing(new.ledger):
            findings = tuple(sorted(_told(problem) for problem in lint(new.rules.book)))
            return _decided_again(parts, new, findings, since)


def _copy(parts: Parts, folder: Path) -> None:
    """Only what rules are made of: no ledger, no state."""
    there = parts.desk.path.parent.parent
    for part in ("policies", "prompts", "labelers", parts.desk.learned):
        if (there / part).is_dir() and not (folder / part).exists():
            shutil.copytree(there / part, folder / part)


def _decided_again(
    parts: Parts, new: Parts, findings: tuple[Problem, ...], since: datetime
) -> Tried:
    learned = new.rules.versions["learned"]
    tally = tally_for(new.desk, new.prompts, learned=learned, keep=_KEPT)
    ends, cut = time.monotonic() + _MOST_S, False
    for entry in parts.ledger.entries(since=since):
        if time.monotonic() > ends:
            cut = True
            break
        tally.add(redecide(entry, new.rules, against=parts.rules))
    return Tried(findings=findings, tally=tally, cut=cut)


def _told(problem: Problem) -> Problem:
    """With the file's name only: its folder is gone by the time that somebody reads it."""
    return replace(problem, path=Path(problem.path).name)
