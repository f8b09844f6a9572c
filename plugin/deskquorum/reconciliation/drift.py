"""Alarms that may be looked at after every observation: has a rate risen above what was promised?

A hit is whatever should be rare: an audited answer that was wrong, two labelers that disagree.
`Watch` tests by betting that hits come no more often than `rate` (Waudby-Smith and Ramdas 2023,
"Estimating means of bounded random variables by betting", JRSS B 86): its wealth grows when they
do. The bets are averaged over several higher rates, so that none needs to be guessed.

- `alarmed`: while the rate is not exceeded, an alarm is ever raised with probability `alpha` at
  most, however often one looks (Ville's inequality). After a long quiet time there is nothing left
  to bet with, and a later change is found late.
- `changed`: finds a change after any quiet time as fast as one at the start (Shiryaev-Roberts
  e-detector; Shin, Ramdas and Rinaldo 2024, "E-detectors"). Its guarantee is on the mean time:
  while the rate is not exceeded, the first false alarm comes after `quiet_for` observations or
  more on average.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, fsum, isfinite, log, sqrt

__all__ = ["Watch", "alarmed", "baseline", "changed", "observe", "observe_all", "watch_over"]

_RISES = (1.5, 2.0, 3.0, 5.0)
"""Rises of the rate that are bet on, as multiples of the odds."""

_DEVIATIONS = 2.0
_LEAST_RATE = 0.02

_LARGEST = 1e300
"""Wealth is not let grow beyond this, so that it stays a plain number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A running test of one rate; plain numbers, so that it can be stored between observations."""

    rate: float
    """Hits come no more often than this, 0..1, as long as all is well."""
    wealths: tuple[float, ...]
    """What a stake of 1 on each rise has become since the first observation."""
    recent: tuple[float, ...]
    """The same, summed over stakes of 1 placed before every observation so far."""
    seen: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if not (isfinite(self.rate) and 0.0 < self.rate < 1.0):
            raise ValueError(f"rate must lie between 0 and 1, got {self.rate!r}")
        if len(self.wealths) != len(_RISES) or len(self.recent) != len(_RISES):
            raise ValueError(f"a watch holds {len(_RISES)} bets; start it by watch_over")

    @property
    def wealth(self) -> float:
        """Evidence since the first observation that the rate is exceeded; 1 at the start."""
        return fsum(self.wealths) / len(self.wealths)

    @property
    def recent_wealth(self) -> float:
        """Evidence, summed over all moments at which a change may have come; 0 at the start."""
        return fsum(self.recent) / len(self.recent)


def watch_over(rate: float) -> Watch:
    """Begin a watch over a rate.

    Raises:
        ValueError: The rate does not lie between 0 and 1.
    """
    return Watch(rate=rate, wealths=(1.0,) * len(_RISES), recent=(0.0,) * len(_RISES))


def baseline(rate: float, of: int) -> float:
    """The rate that is still as measured: the measured one and two deviations of it.

    Args:
        rate: Share of hits while measuring.
        of: How many were measured.
    """
    spread = sqrt(max(rate * (1 - rate), _LEAST_RATE) / max(of, 1))
    return min(max(rate + _DEVIATIONS * spread, _LEAST_RATE), 0.95)


def observe(watch: Watch, hit: bool) -> Watch:  # noqa: FBT001 - the observation itself
    """Take in one observation."""
    factors = [_payoff(watch.rate, rise, hit=hit) for rise in _RISES]
    pairs = zip(watch.wealths, watch.recent, factors, strict=True)
    grown = [(_capped(whole * f), _capped((late + 1.0) * f)) for whole, late, f in pairs]
    return Watch(
        rate=watch.rate,
        wealths=tuple(whole for whole, _ in grown),
        recent=tuple(late for _, late in grown),
        seen=watch.seen + 1,
        hits=watch.hits + int(hit),
    )


def observe_all(watch: Watch, hits: Iterable[bool]) -> Watch:
    """Take in observations in the order in which they came."""
    for hit in hits:
        watch = observe(watch, hit)
    return watch


def alarmed(watch: Watch, alpha: float) -> bool:
    """Whether the rate is exceeded; wrong with probability `alpha` at most over all time.

    An alarm that was raised must be kept by who asks: later quiet can lower the wealth again.

    Raises:
        ValueError: `alpha` does not lie between 0 and 1.
    """
    if not (isfinite(alpha) and 0.0 < alpha < 1.0):
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha!r}")
    return watch.wealth >= 1.0 / alpha


def changed(watch: Watch, *, quiet_for: float) -> bool:
    """Whether the rate has risen of late; a false one comes after `quiet_for` or more on average.

    After an alarm has been dealt with, go on with a new watch.

    Raises:
        ValueError: `quiet_for` is below 1.
    """
    if not (isfinite(quiet_for) and quiet_for >= 1.0):
        raise ValueError(f"quiet_for must be at least 1 observation, got {quiet_for!r}")
    return watch.recent_wealth >= quiet_for


def _payoff(rate: float, rise: float, *, hit: bool) -> float:
    """What a stake of 1 pays: 1 on average at `rate`, and less at any lower rate.

    A likelihood ratio of two coins, which is the bet that grows fastest if the rise is real.
    """
    odds = rise * rate / (1.0 - rate)
    risen = odds / (1.0 + odds)
    return exp(log(risen / rate) if hit else log((1.0 - risen) / (1.0 - rate)))


def _capped(wealth: float) -> float:
    return min(wealth, _LARGEST)
