import dataclasses
import json
import math
import random
from statistics import median

import pytest

from deskquorum.reconciliation.drift import (
    Watch,
    alarmed,
    changed,
    observe,
    observe_all,
    watch_over,
)


def seeded(seed):
    return random.Random(seed)  # noqa: S311 - a simulation, not a secret


def observations(dice, rate, count):
    return [dice.random() < rate for _ in range(count)]


def first_alarm(watch, hits, raised):
    """Observations until the alarm; one more than there are where none comes."""
    for place, hit in enumerate(hits):
        watch = observe(watch, hit)
        if raised(watch):
            return place + 1
    return len(hits) + 1


def test_a_new_watch_knows_nothing():
    watch = watch_over(0.05)
    assert (watch.wealth, watch.recent_wealth, watch.seen, watch.hits) == (1.0, 0.0, 0, 0)
    assert not alarmed(watch, 0.05)


# At a rate of one half, odds raised 1.5, 2, 3 and 5 times are rates of 3/5, 2/3, 3/4 and 5/6: a hit
# pays 6/5, 4/3, 3/2, 5/3 (mean 1.425) and a miss 4/5, 2/3, 1/2, 1/3 (mean 0.575).
@pytest.mark.parametrize(("hit", "wealth"), [(True, 1.425), (False, 0.575)])
def test_one_observation_pays_what_was_worked_out_by_hand(hit, wealth):
    watch = observe(watch_over(0.5), hit)
    assert watch.wealth == pytest.approx(wealth)
    assert (watch.seen, watch.hits) == (1, int(hit))


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.5, 0.99])
def test_a_bet_at_the_promised_rate_gains_nothing_on_average(rate):
    watch = observe_all(watch_over(rate), [True, False, False])
    won, lost = (observe(watch, hit) for hit in (True, False))
    assert rate * won.wealth + (1 - rate) * lost.wealth == pytest.approx(watch.wealth)


def test_looking_after_every_observation_raises_few_false_alarms():
    # 300 watches of 1,000 observations at the promised rate; 5% may alarm, and 9% is three standard
    # errors above.
    dice = seeded(1)
    alarms = [
        first_alarm(watch_over(0.05), observations(dice, 0.05, 1000), lambda w: alarmed(w, 0.05))
        for _ in range(300)
    ]
    assert sum(alarm <= 1000 for alarm in alarms) <= 27


def test_a_doubled_rate_is_found_within_two_hundred_observations():
    dice = seeded(2)
    alarms = [
        first_alarm(watch_over(0.05), observations(dice, 0.10, 1000), lambda w: alarmed(w, 0.05))
        for _ in range(100)
    ]
    assert median(alarms) <= 200


def test_a_change_after_a_long_quiet_time_is_found_as_soon():
    dice = seeded(3)
    delays = []
    for _ in range(100):
        watch = observe_all(watch_over(0.05), observations(dice, 0.05, 1000))
        hits = observations(dice, 0.10, 1000)
        delays.append(first_alarm(watch, hits, lambda w: changed(w, quiet_for=1000)))
    assert median(delays) <= 200


def test_false_changes_come_no_sooner_than_said_on_average():
    # Runs are cut at 1,000 observations, which only shortens the mean; 200 are asked for.
    dice = seeded(4)
    runs = [
        first_alarm(
            watch_over(0.05), observations(dice, 0.05, 1000), lambda w: changed(w, quiet_for=200)
        )
        for _ in range(200)
    ]
    assert sum(runs) / len(runs) >= 200


def test_wealth_stays_a_number_however_many_hits_come():
    watch = observe_all(watch_over(0.001), [True] * 500)
    assert math.isfinite(watch.wealth)
    assert math.isfinite(watch.recent_wealth)
    assert alarmed(watch, 1e-9)


def test_a_watch_survives_being_stored():
    watch = observe_all(watch_over(0.05), [True, False, True])
    stored = json.loads(json.dumps(dataclasses.asdict(watch)))
    stored |= {name: tuple(stored[name]) for name in ("wealths", "recent")}
    assert Watch(**stored) == watch


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, math.nan])
def test_a_rate_that_cannot_be_exceeded_or_kept_is_refused(rate):
    with pytest.raises(ValueError, match="rate must lie between 0 and 1"):
        watch_over(rate)


def test_levels_out_of_range_are_refused():
    with pytest.raises(ValueError, match="alpha must lie"):
        alarmed(watch_over(0.05), 0.0)
    with pytest.raises(ValueError, match="quiet_for must be"):
        changed(watch_over(0.05), quiet_for=0.5)
    with pytest.raises(ValueError, match="start it by watch_over"):
        Watch(rate=0.05, wealths=(1.0,), recent=(0.0,))
