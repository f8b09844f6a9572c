"""Endpoints that models share: one breaker, one limit, one allowance of further tries for each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from deskquorum.domain import Deadline
from deskquorum.llm.breaker import Breaker, BreakerState, Turn
from deskquorum.llm.chat import (
    ChatFailure,
    ChatModel,
    ChatReply,
    ChatRequest,
    FailureKind,
)
from deskquorum.llm.places import Places
from deskquorum.llm.retry_allowance import RetryAllowance

__all__ = ["Endpoint", "EndpointState", "Endpoints", "GuardedChat"]

_FAIR_SHARE = 0.5
"""Of the time that an endpoint may take: given less, a late answer is the caller's own hurry."""

_DOWN = frozenset(
    {
        FailureKind.TIMEOUT,
        FailureKind.UNREACHABLE,
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
        FailureKind.GARBAGE,
    }
)
"""What speaks against the endpoint. Any other answer, a refused key or prompt too, shows that it is
there: leaving it alone would mend nothing, and another model's key or prompt may be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointState:
    """What can be told of an endpoint at one moment; for metrics and notices."""

    name: str
    """Its address without credentials, or `local`."""
    breaker: BreakerState
    pause_left_s: float
    """Until a call may try again; 0 unless the breaker is open."""
    in_flight: int
    waiting: int
    calls: Mapping[str, int]
    """Tries since the start by outcome: `answered`, or the kind of failure. Those cancelled from
    outside are left out."""
    cost: Decimal
    """Of these tries, in the desk's currency."""
    last_failure: FailureKind | None
    """The last that spoke against the endpoint."""


class Endpoint:
    """What the users of one endpoint share."""

    def __init__(self, name: str = "", *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.breaker = Breaker(clock=clock)
        self.places = Places(0)
        self.allowance = RetryAllowance()
        self._limits: Counter[int] = Counter()
        self._calls: Counter[str] = Counter()
        self._cost = Decimal(0)
        self._last_failure: FailureKind | None = None

    @contextmanager
    def used_at(self, limit: int) -> Iterator[None]:
        """Be a user that makes so many calls at once; the largest limit of all users holds."""
        self._limits[limit] += 1
        self.places.resize(max(+self._limits))
        try:
            yield
        finally:
            self._limits[limit] -= 1
            self.places.resize(max(+self._limits, default=0))

    @property
    def is_used(self) -> bool:
        """Whether any model is open on it."""
        return bool(+self._limits)

    def note(self, outcome: ChatReply | ChatFailure) -> None:
        """Count one try."""
        if isinstance(outcome, ChatFailure):
            self._calls[str(outcome.kind)] += 1
            if outcome.kind in _DOWN:
                self._last_failure = outcome.kind
        else:
            self._calls["answered"] += 1
        self._cost += outcome.cost

    @property
    def state(self) -> EndpointState:
        """As of now."""
        return EndpointState(
            name=self.name,
            breaker=self.breaker.state,
            pause_left_s=self.breaker.pause_left_s(),
            in_flight=self.places.taken,
            waiting=self.places.waiting,
            calls=dict(self._calls),
            cost=self._cost,
            last_failure=self._last_failure,
        )


class Endpoints:
    """The endpoints of one desk; what is known of them outlives the clients that use them."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._endpoints: dict[str, Endpoint] = {}

    def at(self, base_url: str) -> Endpoint:
        """The endpoint at an address, however that is spelled."""
        name = _plain(base_url)
        if name not in self._endpoints:
            self._endpoints[name] = Endpoint(name, clock=self._clock)
        return self._endpoints[name]

    def left_alone(self) -> tuple[EndpointState, ...]:
        """Of those in use whose breaker is not closed."""
        return tuple(
            endpoint.state
            for _, endpoint in sorted(self._endpoints.items())
            if endpoint.is_used and endpoint.breaker.state is not BreakerState.CLOSED
        )

    def states(self) -> tuple[EndpointState, ...]:
        """Of every endpoint, by name."""
        return tuple(endpoint.state for _, endpoint in sorted(self._endpoints.items()))


class GuardedChat:
    """One try at an endpoint, made only if its breaker lets it through and a place is free."""

    def __init__(
        self, chat: ChatModel, endpoint: Endpoint, *, timeout_s: float, max_concurrency: int
    ) -> None:
        """Wrap a model.

        Args:
            chat: The model to ask.
            endpoint: Shared with the other models there.
            timeout_s: Longest that the model lets a try take.
            max_concurrency: Of this model's own calls.
        """
        self._chat = chat
        self._endpoint = endpoint
        self._fair_s = timeout_s * _FAIR_SHARE
        self._own_places = Places(max_concurrency)

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """Wait for a place and ask; an open breaker answers at once."""
        outcome = await self._complete(request, deadline)
        self._endpoint.note(outcome)
        return outcome

    async def _complete(self, request: ChatRequest, deadline: Deadline) -> ChatReply | ChatFailure:
        if self._endpoint.breaker.state is BreakerState.OPEN:
            return self._turned_away()
        started = time.monotonic()
        # The own place first: nobody holds one of the shared places without using it.
        async with (
            self._own_places.take(deadline) as own,
            self._endpoint.places.take(deadline if own else _NOW) as shared,
        ):
            if not shared:
                return ChatFailure(
                    kind=FailureKind.TIMEOUT,
                    detail="no free place by the deadline",
                    latency_ms=round((time.monotonic() - started) * 1000),
                )
            turn = self._endpoint.breaker.enter()
            return self._turned_away() if turn is None else await self._ask(turn, request, deadline)

    async def _ask(
        self, turn: Turn, request: ChatRequest, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        given_s = deadline.remaining_s()
        try:
            outcome = await self._chat.complete(request, deadline=deadline)
            self._judge(turn, outcome, given_s)
        finally:
            # Cancelled, or broken on our side: no word about the endpoint.
            turn.given_up()
        return outcome

    def _judge(self, turn: Turn, outcome: ChatReply | ChatFailure, given_s: float) -> None:
        match outcome:
            case ChatFailure(kind=FailureKind.OVER_BUDGET):
                turn.given_up()
            case ChatFailure(kind=FailureKind.TIMEOUT) if given_s < self._fair_s:
                turn.given_up()
            case ChatFailure(kind=kind) if kind in _DOWN:
                turn.failed(retry_after_s=outcome.retry_after_s)
            case _:
                turn.succeeded()

    def _turned_away(self) -> ChatFailure:
        pause_s = self._endpoint.breaker.pause_left_s()
        return ChatFailure(kind=FailureKind.CIRCUIT_OPEN, retry_after_s=pause_s or None)


_NOW = Deadline(expires_at=0.0)


def _plain(base_url: str) -> str:
    """Without credentials, query and spelling; what is no address stays as it is."""
    parts = urlsplit(base_url)
    if not parts.hostname:
        return base_url
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
