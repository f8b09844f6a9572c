import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from deskquorum.llm.breaker import Breaker, BreakerState


class _Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return _Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(run=3, window=10, share=0.7, window_s=30, pause_s=2, clock=clock)


def _fail(breaker, times, **more):
    for _ in range(times):
        breaker.enter().failed(**more)


def test_a_run_of_failures_opens_it(breaker):
    _fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED
    _fail(breaker, 1)
    assert breaker.state is BreakerState.OPEN
    assert breaker.enter() is None


def test_a_success_ends_a_run(breaker):
    _fail(breaker, 2)
    breaker.enter().succeeded()
    _fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED


def test_a_large_share_of_failures_opens_it_without_a_run(breaker):
    for _ in range(3):
        _fail(breaker, 2)
        breaker.enter().succeeded()
    assert breaker.state is BreakerState.CLOSED
    _fail(breaker, 1)
    assert breaker.state is BreakerState.OPEN


def test_failing_every_second_time_does_not_open_it(breaker):
    for _ in range(50):
        _fail(breaker, 1)
        breaker.enter().succeeded()
    assert breaker.state is BreakerState.CLOSED


def test_failures_of_long_ago_do_not_count(breaker, clock):
    _fail(breaker, 2)
    clock.now += 31
    _fail(breaker, 1)
    assert breaker.state is BreakerState.CLOSED


def test_what_nobody_knows_counts_neither_way(breaker):
    _fail(breaker, 2)
    breaker.enter().given_up()
    assert breaker.state is BreakerState.CLOSED
    _fail(breaker, 1)
    assert breaker.state is BreakerState.OPEN


def test_after_the_pause_one_call_may_try_and_a_success_closes(breaker, clock):
    _fail(breaker, 3)
    clock.now += 2
    probe = breaker.enter()
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.enter() is None
    probe.succeeded()
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_that_nobody_knows_of_leaves_room_for_the_next(breaker, clock):
    _fail(breaker, 3)
    clock.now += 2
    breaker.enter().given_up()
    assert breaker.enter() is not None


@pytest.mark.parametrize(("failed_probes", "pause_s"), [(1, 4), (2, 8), (4, 30), (9, 30)])
def test_pauses_double_up_to_a_limit(breaker, clock, failed_probes, pause_s):
    _fail(breaker, 3)
    for _ in range(failed_probes):
        clock.now += breaker.pause_left_s()
        _fail(breaker, 1)
    assert breaker.pause_left_s() == pytest.approx(pause_s)


@pytest.mark.parametrize(
    ("asked_s", "pause_s"),
    [
        pytest.param(None, 2, id="nothing"),
        pytest.param(1, 2, id="less-than-the-own-pause"),
        pytest.param(60, 60, id="more"),
        pytest.param(86_400, 600, id="a-day-is-not-believed"),
    ],
)
def test_the_pause_is_at_least_what_the_provider_asks_for(breaker, asked_s, pause_s):
    _fail(breaker, 3, retry_after_s=asked_s)
    assert breaker.pause_left_s() == pytest.approx(pause_s)


def test_calls_begun_before_it_opened_do_not_close_it_or_prolong_the_pause(breaker, clock):
    early, late = breaker.enter(), breaker.enter()
    _fail(breaker, 3)
    early.succeeded()
    clock.now += 1
    late.failed()
    assert breaker.pause_left_s() == pytest.approx(1)


def test_only_the_first_word_on_a_call_counts(breaker):
    _fail(breaker, 2)
    turn = breaker.enter()
    turn.succeeded()
    turn.failed()
    assert breaker.state is BreakerState.CLOSED


class BreakerLaws(RuleBasedStateMachine):
    """Whatever calls do and whenever: one probe at a time, no call within a pause."""

    def __init__(self):
        super().__init__()
        self.clock = _Clock()
        self.breaker = Breaker(run=2, window=4, share=0.5, pause_s=5, clock=self.clock)
        self.turns = []
        self.not_before = 0.0

    @rule(seconds=st.floats(min_value=0, max_value=40))
    def wait(self, seconds):
        self.clock.now += seconds

    @rule()
    def begin(self):
        was = self.breaker.state
        turn = self.breaker.enter()
        if was is BreakerState.OPEN:
            assert turn is None
        if was is BreakerState.CLOSED:
            assert turn is not None
        if turn is not None:
            assert self.clock.now >= self.not_before
            self.turns.append(turn)

    @precondition(lambda self: self.turns)
    @rule(data=st.data(), asked_s=st.none() | st.floats(min_value=0, max_value=100))
    def fail(self, data, asked_s):
        was = self.breaker.state
        self._take(data).failed(retry_after_s=asked_s)
        if was is not BreakerState.OPEN and self.breaker.state is BreakerState.OPEN:
            self.not_before = self.clock.now + max(5, asked_s or 0)
            assert self.breaker.pause_left_s() >= max(5, asked_s or 0) - 1e-6

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def succeed(self, data):
        turn = self._take(data)
        current = turn.period == self.breaker._period
        turn.succeeded()
        if turn.is_probe and current:
            assert self.breaker.state is BreakerState.CLOSED
            self.not_before = 0.0

    @precondition(lambda self: self.turns)
    @rule(data=st.data())
    def give_up(self, data):
        self._take(data).given_up()

    def _take(self, data):
        return self.turns.pop(data.draw(st.integers(0, len(self.turns) - 1)))

    @invariant()
    def one_probe_at_most(self):
        assert sum(turn.is_probe for turn in self.turns) <= 1


TestBreakerLaws = BreakerLaws.TestCase


@given(st.lists(st.booleans(), max_size=60))
def test_it_always_finds_back(outcomes):
    clock = _Clock()
    breaker = Breaker(run=2, window=4, share=0.5, pause_s=1, longest_pause_s=8, clock=clock)
    for failed in outcomes:
        clock.now += 3
        if turn := breaker.enter():
            turn.failed() if failed else turn.succeeded()
    clock.now += 8
    breaker.enter().succeeded()
    assert breaker.state is BreakerState.CLOSED
