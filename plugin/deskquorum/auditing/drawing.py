"""Drawing what people are to look at.

INVARIANT: a ticket is drawn once, and each draw looks only at decisions that were recorded after
those of the draw before. So the probability that is kept beside a decision is the whole of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import sqrt
from typing import TypeVar

from deskquorum.auditing.allocation import inclusions, systematic
from deskquorum.auditing.strata import Sorting, Stratum, stratum_of
from deskquorum.ledger import Entry, Ledger
from deskquorum.ledger.audits import (
    Audit,
    ChosenAudit,
    DrawnAudit,
    drawn_audits,
    drawn_until,
    note_drawn,
)
from deskquorum.ledger.database import ErasedError

__all__ = ["Candidate", "draw", "draw_batch", "entries_of", "once_each", "week_of"]

_LEAST_DOUBT, _MOST_DOUBT = 0.05, 0.5
"""What is sure may be wrong as well, and nothing spreads more than a toss of a coin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A decision that may be drawn."""

    decision: str
    ticket: str
    stratum: Stratum
    doubt: float
    """Probability, as the desk sees it, that the answer is wrong."""


def week_of(now: datetime) -> str:
    """The name of a week's batch: `2026-W48`."""
    year, week, _ = now.isocalendar()
    return f"{year}-W{week:02}"


def draw(candidates: Iterable[Candidate], *, batch: str, size: int) -> list[DrawnAudit]:
    """Draw from candidates; the same of the same, for what is drawn hangs on names alone."""
    strata = defaultdict[Stratum, list[Candidate]](list)
    for one in candidates:
        strata[one.stratum].append(one)
    ranked = [
        sorted(strata[s], key=lambda one: _digest(batch, one.decision)) for s in sorted(strata)
    ]
    if size < 1 or not ranked:
        return []
    chances = inclusions(
        [len(those) for those in ranked], [_spread(those) for those in ranked], size
    )
    items = [(one, p) for those, p in zip(ranked, chances, strict=True) for one in those]
    start = int(_digest(batch, "start")[:13], 16) / 16**13
    chosen = systematic([p for _, p in items], start)
    return [_drawn(*items[place], batch=batch) for place in chosen]


def draw_batch(
    ledger: Ledger,
    *,
    batch: str,
    size: int,
    since: datetime,
    now: datetime,
    by: Sorting,
) -> Sequence[DrawnAudit]:
    """Fill a batch up to a size, keep what was drawn, and return the whole batch.

    Args:
        ledger: Whose decisions.
        batch: Its name, which is the seed.
        size: How many it should hold; fewer where there are not as many.
        since: The earliest that counts; what was drawn from before does not count again.
        now: The end of what is drawn from.
        by: How the desk sorts its decisions.

    Raises:
        LedgerError: The ledger can't be read or written; nothing was drawn.
    """
    with ledger.database.transaction() as tx:
        ended, earlier = drawn_until(tx), drawn_audits(tx)
    missing = size - sum(one.batch == batch for one in earlier)
    begin = since if ended is None else max(since, ended)
    if missing > 0 and begin < now:
        asked = {one.ticket for one in earlier}
        newest = {
            entry.decision.ticket: _candidate(entry, by)
            for entry in ledger.entries(since=begin, until=now)
            if entry.decision.ticket not in asked
        }
        drawn = draw(newest.values(), batch=batch, size=missing)
        with ledger.database.transaction(writing=True) as tx:
            # Somebody else who drew meanwhile was first.
            if drawn_until(tx) == ended:
                note_drawn(tx, drawn, until=now)
    with ledger.database.transaction() as tx:
        return drawn_audits(tx, batch=batch)


def once_each(chosen: Iterable[ChosenAudit], drawn: Iterable[DrawnAudit]) -> Sequence[Audit]:
    """What people are to look at, in an order that tells nothing.

    A decision that was chosen may be drawn later; it counts as drawn.
    """
    audits: list[Audit] = [*chosen, *drawn]
    found = {audit.decision: audit for audit in audits}
    return [found[decision] for decision in sorted(found)]


_Audit = TypeVar("_Audit", bound=Audit)


def entries_of(ledger: Ledger, audits: Iterable[_Audit]) -> list[tuple[_Audit, Entry]]:
    """What people are to look at, with its record; what was erased since is left out.

    Raises:
        LedgerError: The ledger can't be read.
    """
    found = []
    for one in audits:
        try:
            entry = ledger.get(one.decision)
        except ErasedError:
            continue
        if entry is not None:
            found.append((one, entry))
    return found


def _candidate(entry: Entry, by: Sorting) -> Candidate:
    decision = entry.decision
    answer = decision.answers.get(by.question)
    return Candidate(
        decision=decision.id,
        ticket=decision.ticket,
        stratum=stratum_of(decision, entry.evidence, by),
        doubt=_MOST_DOUBT if answer is None else 1 - answer.probability,
    )


def _spread(those: Sequence[Candidate]) -> float:
    doubt = sum(one.doubt for one in those) / len(those)
    bounded = min(max(doubt, _LEAST_DOUBT), _MOST_DOUBT)
    return sqrt(bounded * (1 - bounded))


def _digest(batch: str, name: str) -> str:
    return sha256(f"{batch} {name}".encode()).hexdigest()


def _drawn(one: Candidate, inclusion: float, *, batch: str) -> DrawnAudit:
    return DrawnAudit(
        decision=one.decision,
        ticket=one.ticket,
        batch=batch,
        stratum=one.stratum.written(),
        inclusion=inclusion,
    )
