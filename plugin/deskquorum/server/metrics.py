"""What Prometheus reads. Labels are closed sets, never ids; each process counts for itself."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from deskquorum.decision import SENTENCES
from deskquorum.domain import Decision

__all__ = ["Metrics"]

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0)
_REASONS = frozenset(SENTENCES)


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        """Start from zero, in a registry of its own."""
        # Untyped in its library.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.decisions = self._counter(
            "decisions", "Decisions by route and first reason", "route", "reason"
        )
        self.seconds = Histogram(
            "deskquorum_decision_seconds",
            "From the request to its decision",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.requests = self._counter(
            "requests", "Requests by route of the service", "method", "path", "status"
        )
        self.refusals = self._counter("refusals", "Requests refused at the door", "why")
        self.replays = self._counter("replays", "Answers given again by idempotency key")
        self.failures = self._counter("failures", "Surprises answered with 500")
        self.in_flight = self._gauge("in_flight", "Tickets being decided")
        self.streams = self._gauge("streams", "Event streams open")
        self.pending = self._gauge("intake_pending", "Accepted tickets without a decision")
        self.loops = self._gauge("loop_ok", "Whether a background loop works", "loop")

    def decided(self, decision: Decision, seconds: float) -> None:
        """Count a decision."""
        first = decision.reasons[0].code if decision.reasons else "none"
        reason = first if first in _REASONS else "other"
        self.decisions.labels(decision.route.value, reason).inc()
        self.seconds.observe(seconds)

    def refused(self, why: str) -> None:
        """Count a request that was not let in: `key`, `scope`, `rate`, `address`, `shed`, ..."""
        self.refusals.labels(why).inc()

    def answered(self, method: str, path: str, status: int) -> None:
        """Count an answer by the route's template, never by the path that was asked for."""
        self.requests.labels(method, path, str(status)).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"deskquorum_{name}", told, labels, registry=self.registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"deskquorum_{name}", told, labels, registry=self.registry)
