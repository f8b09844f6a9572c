"""What Prometheus reads. Labels are closed sets, never ids; each process counts for itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from deskquorum.decision import SENTENCES
from deskquorum.domain import Decision
from deskquorum.llm import BreakerState, EndpointState, FailureKind

__all__ = ["Metrics"]

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0)
_REASONS = frozenset(SENTENCES)
_FAILURES = frozenset({kind.value for kind in FailureKind} | {"late", "crashed"})
_Together = Literal["livesum", "livemin", "mostrecent"]
"""How the gauges of several processes are put together."""


class Metrics:
    """The counters of one process, or of all that share a folder."""

    def __init__(self, *, folder: str | None = None) -> None:
        """Start from zero, in a registry of its own.

        Args:
            folder: Where the processes of one service leave their counts for each other: the one
                that `PROMETHEUS_MULTIPROC_DIR` named when they started.
        """
        self._folder = folder
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
        self.votes = self._counter(
            "failed_votes", "Votes that failed, as far as decisions name them", "kind"
        )
        self.replays = self._counter("replays", "Answers given again by idempotency key")
        self.failures = self._counter("failures", "Surprises answered with 500")
        self.append_seconds = Histogram(
            "deskquorum_ledger_append_seconds",
            "From the wish to record a decision to its commit, other writers included",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_flight = self._gauge("in_flight", "What is being worked on", "livesum", "kind")
        self.streams = self._gauge("streams", "Event streams open", "livesum")
        self.pending = self._gauge(
            "intake_pending", "Accepted tickets without a decision", "mostrecent"
        )
        self.reviews = self._gauge("reviews_open", "Reviews that wait for a person", "mostrecent")
        self.overdue = self._gauge(
            "reviews_overdue", "Of these, those whose time is over", "mostrecent"
        )
        self.outbox = self._gauge("outbox", "Orders by state", "mostrecent", "state")
        self.breakers = self._gauge(
            "endpoint_breaker",
            "Processes whose breaker for a model's endpoint is in a state",
            "livesum",
            "endpoint",
            "state",
        )
        self.model_calls = self._gauge(
            "endpoint_calls",
            "Calls in flight, and waiting for a place",
            "livesum",
            "endpoint",
            "kind",
        )
        self.loops = self._gauge("loop_ok", "Whether a background loop works", "livemin", "loop")

    def decided(self, decision: Decision, seconds: float) -> None:
        """Count a decision."""
        first = decision.reasons[0].code if decision.reasons else "none"
        reason = first if first in _REASONS else "other"
        self.decisions.labels(decision.route.value, reason).inc()
        for told in decision.reasons:
            if told.code == "labeler-failed":
                why = told.params.get("why", "")
                self.votes.labels(why if why in _FAILURES else "other").inc()
        self.seconds.observe(seconds)

    def reached(self, endpoints: Iterable[EndpointState]) -> None:
        """Tell how the models' endpoints do; their names come from `desk.yaml` alone."""
        for endpoint in endpoints:
            for state in BreakerState:
                is_in = endpoint.breaker is state
                self.breakers.labels(endpoint.name, state.value).set(int(is_in))
            self.model_calls.labels(endpoint.name, "in-flight").set(endpoint.in_flight)
            self.model_calls.labels(endpoint.name, "waiting").set(endpoint.waiting)

    def refused(self, why: str) -> None:
        """Count a request that was not let in: `key`, `scope`, `rate`, `address`, `shed`, ..."""
        self.refusals.labels(why).inc()

    def answered(self, method: str, path: str, status: int) -> None:
        """Count an answer by the route's template, never by the path that was asked for."""
        self.requests.labels(method, path, str(status)).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        if self._folder is None:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        # Untyped in its library.
        MultiProcessCollector(together, path=self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"deskquorum_{name}", told, labels, registry=self.registry)

    def _gauge(self, name: str, told: str, mode: _Together, *labels: str) -> Gauge:
        return Gauge(
            f"deskquorum_{name}",
            told,
            labels,
            registry=self.registry,
            multiprocess_mode=mode,
        )
