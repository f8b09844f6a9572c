"""Watches whether tickets read as those did that the labelers were measured on."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from deskquorum.domain import RedactedTicket
from deskquorum.novelty import Embed, Reference
from deskquorum.reading import customer_text
from deskquorum.reconciliation import Watch, baseline, observe, watch_over

__all__ = ["WordingWatch"]

_QUIET_FOR = 200_000
"""While nothing has changed, the chance of a false alarm over some tickets is their number divided
by this, at most."""


class WordingWatch:
    """Tickets come in one at a time.

    At each level of the reference a watch of its own bets that it is exceeded no more often than it
    was. Their mean is an e-detector, as each of them is.

    Args:
        reference: What past tickets were like.
        embed: The embedder; None where it is not installed.
    """

    def __init__(self, reference: Reference, embed: Embed | None) -> None:
        self._reference, self._embed = reference, embed
        meaning = () if embed is None or reference.meaning is None else reference.meaning.levels
        self._words = len(reference.levels)
        rates = [level.rate for level in (*reference.levels, *meaning)]
        self._watches: Sequence[Watch] = [
            watch_over(baseline(rate, reference.texts)) for rate in rates
        ]

    def go_on_from(self, before: WordingWatch) -> bool:
        """Take over what another watch has seen; False where it compared with another reference."""
        if before._reference.hash != self._reference.hash:
            return False
        if len(before._watches) == len(self._watches):
            self._watches = before._watches
        return True

    def notices(self, ticket: RedactedTicket) -> str | None:
        """Take in one ticket; what was noticed, in words, once too many are strange."""
        exceeded = self._reference.exceeded(customer_text(ticket), self._embed)
        if not exceeded:
            return None
        self._watches = [
            observe(watch, hit) for watch, hit in zip(self._watches, exceeded, strict=True)
        ]
        wealths = [watch.recent_wealth for watch in self._watches]
        if fsum(wealths) / len(wealths) < _QUIET_FOR:
            return None
        return self._said(wealths.index(max(wealths)))

    def _said(self, place: int) -> str:
        meaning = self._reference.meaning
        levels = (*self._reference.levels, *(() if meaning is None else meaning.levels))
        how = "hold more unknown words" if place < self._words else "are about other things"
        usual = f"{levels[place].rate:.0%}" if levels[place].rate else "next to none"
        share = self._watches[place].rate
        return f"more than {share:.0%} of tickets {how}, as {usual} of those measured on did"
