"""What Prometheus reads of a process, without a service around it."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deskquorum.domain import Decision, Reason, Route
from deskquorum.llm import BreakerState, EndpointState
from deskquorum.server.metrics import Metrics

ENDPOINT = EndpointState(
    name="https://models.example/v1",
    breaker=BreakerState.CLOSED,
    pause_left_s=0.0,
    in_flight=3,
    waiting=2,
    calls={},
    cost=Decimal(0),
    last_failure=None,
)


@pytest.fixture
def metrics():
    return Metrics()


def value(metrics, name, **labels):
    return metrics.registry.get_sample_value(f"deskquorum_{name}", labels)


def states(metrics):
    return {
        state.value: value(metrics, "endpoint_breaker", endpoint=ENDPOINT.name, state=state.value)
        for state in BreakerState
    }


def test_a_breaker_is_in_one_state_at_a_time(metrics):
    metrics.reached([ENDPOINT])
    assert states(metrics) == {"closed": 1, "open": 0, "half-open": 0}
    metrics.reached([replace(ENDPOINT, breaker=BreakerState.OPEN)])
    assert states(metrics) == {"closed": 0, "open": 1, "half-open": 0}


def test_calls_in_flight_and_waiting_are_told_by_endpoint(metrics):
    metrics.reached([ENDPOINT, replace(ENDPOINT, name="local", in_flight=0, waiting=0)])
    found = [
        value(metrics, "endpoint_calls", endpoint=name, kind=kind)
        for name in (ENDPOINT.name, "local")
        for kind in ("in-flight", "waiting")
    ]
    assert found == [3, 2, 0, 0]


def test_reasons_and_failures_that_are_not_ours_share_one_label(metrics):
    """Hosts may write any code into a reason, and each label is a series that stays."""
    for number in range(100):
        failed = Reason(code="labeler-failed", params={"why": f"odd-{number}"})
        metrics.decided(decided(Reason(code=f"odd-{number}"), failed), 0.1)
    assert value(metrics, "decisions_total", route="human", reason="other") == 100
    assert value(metrics, "failed_votes_total", kind="other") == 100


def decided(*reasons):
    return Decision(
        id="d_1",
        ticket="t-1",
        route=Route.HUMAN,
        action=None,
        reply=None,
        reasons=reasons,
        cost=Decimal(0),
        decided_at=datetime(2026, 11, 20, tzinfo=UTC),
        policy_hash="",
    )
