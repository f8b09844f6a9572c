"""Watches whether a question's labels come as often as they did while they were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum

from deskquorum.domain import Vote
from deskquorum.reconciliation import Watch, baseline, most_named, observe, watch_over

__all__ = ["LabelWatch"]

_QUIET_FOR = 200_000
"""While nothing has changed, the chance of a false alarm over some tickets is their number divided
by this, at most."""

_TOLERATED = 1.5
"""Rise of a label's odds that is no news: mixes change a little all the time."""

_MOST = 8
"""Labels that are watched one by one, the commonest; the others together. Each takes its time."""

_LEAST = 50
"""Of fewer measured tickets nobody can say what is usual."""

_RARER = "rarer labels"


class LabelWatch:
    """Bets for each label that it comes no more often; their mean is an e-detector, as each is.

    A label that comes less often leaves its share to others.

    Args:
        named: Label to the measured tickets on which most labelers named it.
    """

    def __init__(self, named: Mapping[str, int]) -> None:
        of = sum(named.values())
        common = sorted(named, key=lambda label: (-named[label], label))[:_MOST]
        shares = {label: named[label] / max(of, 1) for label in common}
        shares[_RARER] = 1 - fsum(shares.values())
        self._shares = shares if of >= _LEAST else {}
        self._watches: dict[str, Watch] = {
            label: watch_over(_tolerated(baseline(max(share, 0.0), of)))
            for label, share in self._shares.items()
        }

    def notices(self, votes: Sequence[Vote]) -> str | None:
        """Take in one ticket's votes on the question; what was noticed, in words."""
        label = most_named(votes)
        if label is None or not self._watches:
            return None
        hit = label if label in self._watches else _RARER
        self._watches = {name: observe(watch, name == hit) for name, watch in self._watches.items()}
        wealths = {name: watch.recent_wealth for name, watch in self._watches.items()}
        if fsum(wealths.values()) / len(wealths) < _QUIET_FOR:
            return None
        risen = max(wealths, key=lambda name: wealths[name])
        rate, was = self._watches[risen].rate, self._shares[risen]
        return f"more than {rate:.0%} of tickets are '{risen}', as {was:.0%} of those measured were"


def _tolerated(rate: float) -> float:
    odds = _TOLERATED * rate / (1 - rate)
    return odds / (1 + odds)
