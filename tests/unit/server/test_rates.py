from hypothesis import given
from hypothesis import strategies as st

from deskquorum.server.rates import Rates


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_burst_is_granted_and_then_so_many_a_second():
    clock = Clock()
    rates = Rates(per_s=2, burst=3, clock=clock)
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 1]
    clock.now = 0.5
    assert [rates.take("a") for _ in range(2)] == [0, 1]


def test_callers_do_not_share():
    rates = Rates(per_s=1, burst=1, clock=Clock())
    assert [rates.take(caller) for caller in "aab"] == [0, 1, 0]


@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_burst_and_rate_allow(pauses):
    clock = Clock()
    rates = Rates(per_s=2, burst=5, clock=clock)
    granted = 0
    for pause in pauses:
        clock.now += pause
        granted += rates.take("a") == 0
    assert granted <= 5 + 2 * clock.now + 1e-6


def test_whoever_waits_as_long_as_told_is_served():
    clock = Clock()
    rates = Rates(per_s=0.3, burst=1, clock=clock)
    rates.take("a")
    clock.now += rates.take("a")
    assert rates.take("a") == 0
