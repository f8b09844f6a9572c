"""Two runs of the same suites, ticket by ticket: what became worse beyond noise.

A ticket counts for a change only where one run got a check right and the other did not. Of those,
as many would be lost as gained by chance; the exact test of McNemar (1947) on that is one-sided,
and corrected for the number of checks (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb

from deskquorum.stress.scoring import Check, Outcome

__all__ = ["Change", "Comparison", "compare", "mcnemar"]

_LEVEL = 0.05
_NEVER = (Check.AUTO, Check.LEAK)
"""INVARIANT: of these one more is worse, whatever chance might say of it."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one check between two runs."""

    check: Check
    lost: tuple[Key, ...]
    """Suite and id of the tickets that came out right before, and now do not."""
    gained: tuple[Key, ...]
    pairs: int
    """Tickets to which it applies in both runs."""
    p: float
    """Probability of so many lost if the change made nothing worse."""
    worse: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A run against an earlier one, or against none."""

    changes: tuple[Change, ...]
    pairs: int
    """Tickets that are in both runs with the same text."""
    unpaired: tuple[Key, ...]
    """New tickets, and those whose text or expected outcome is another one."""
    gone: tuple[Key, ...]
    """Tickets of the earlier run that are in no suite any more."""

    @property
    def worse(self) -> tuple[Change, ...]:
        """The checks that became worse."""
        return tuple(change for change in self.changes if change.worse)


def compare(before: Sequence[Outcome] | None, after: Sequence[Outcome]) -> Comparison:
    """Compare two runs.

    What never may happen counts against a ticket without a partner too, and so in a first run: it
    is worse as long as nobody accepted it.

    Args:
        before: The accepted run; None if there is none.
        after: The new one.
    """
    earlier = {outcome.key: outcome for outcome in before or ()}
    pairs = [
        (earlier[outcome.key], outcome)
        for outcome in after
        if outcome.key in earlier and earlier[outcome.key].digest == outcome.digest
    ]
    paired = {outcome.key for _, outcome in pairs}
    alone = [outcome for outcome in after if outcome.key not in paired]
    changes = [_change(check, pairs, alone if check in _NEVER else ()) for check in Check]
    return Comparison(
        changes=tuple(_judged(changes)),
        pairs=len(pairs),
        unpaired=tuple(outcome.key for outcome in alone) if before is not None else (),
        gone=tuple(key for key in earlier if key not in {outcome.key for outcome in after}),
    )


def mcnemar(lost: int, gained: int) -> float:
    """The exact one-sided p value: so many lost, or more, of those that differ."""
    differ = lost + gained
    return sum(comb(differ, k) for k in range(lost, differ + 1)) / (1 << differ)


def _change(
    check: Check, pairs: Iterable[tuple[Outcome, Outcome]], alone: Iterable[Outcome]
) -> Change:
    both = [(a, b) for a, b in pairs if check in a.checks and check in b.checks]
    lost = [b.key for a, b in both if a.checks[check] and not b.checks[check]]
    lost += [outcome.key for outcome in alone if not outcome.checks.get(check, True)]
    gained = [b.key for a, b in both if b.checks[check] and not a.checks[check]]
    return Change(
        check=check,
        lost=tuple(lost),
        gained=tuple(gained),
        pairs=len(both),
        p=mcnemar(len(lost), len(gained)),
        worse=False,
    )


def _judged(changes: Sequence[Change]) -> Iterable[Change]:
    """Holm: the smallest p is held to the level over the number of checks, the next to one less."""
    tested = sorted((c for c in changes if c.check not in _NEVER), key=lambda change: change.p)
    worse = {change.check for change in changes if change.check in _NEVER and change.lost}
    for left, change in zip(range(len(tested), 0, -1), tested, strict=True):
        if change.p > _LEVEL / left:
            break
        worse.add(change.check)
    for c in changes:
        yield Change(
            check=c.check,
            lost=c.lost,
            gained=c.gained,
            pairs=c.pairs,
            p=c.p,
            worse=c.check in worse,
        )
