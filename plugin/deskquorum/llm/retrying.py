"""The only retry layer: jittered, honours `Retry-After`, ends before the deadline."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import anyio

from deskquorum.domain import Deadline
from deskquorum.llm.chat import ChatFailure, ChatModel, ChatReply, ChatRequest, FailureKind
from deskquorum.llm.retry_allowance import RetryAllowance
from deskquorum.pauses import Pauses

__all__ = ["RetryingChat"]


class RetryingChat:
    """A chat model that asks another one again after a fault that may pass."""

    def __init__(
        self,
        chat: ChatModel,
        *,
        tries: int = 3,
        first_pause_s: float = 0.2,
        longest_pause_s: float = 4.0,
        least_try_s: float = 0.1,
        jitter: Callable[[], float] = random.random,
        allowance: RetryAllowance | None = None,
    ) -> None:
        """Wrap a model.

        Args:
            chat: The model to ask.
            tries: Tries per call, the first one included.
            first_pause_s: Pause after the first failure; doubles with each further one.
            longest_pause_s: Where doubling stops.
            least_try_s: Time that a further try must have left before the deadline.
            jitter: Gives numbers in 0..1.
            allowance: Of further tries, shared by all users of an endpoint; None is one of its own.
        """
        self._chat = chat
        self._tries = tries
        self._least_try_s = least_try_s
        self._allowance = allowance or RetryAllowance()
        self._pauses = Pauses(first_s=first_pause_s, longest_s=longest_pause_s, jitter=jitter)

    async def complete(
        self, request: ChatRequest, *, deadline: Deadline
    ) -> ChatReply | ChatFailure:
        """Ask until there is an answer, a lasting fault, or no time for another try."""
        started = time.monotonic()
        self._allowance.earn()
        tried = [await self._chat.complete(request, deadline=deadline)]
        while (pause_s := self._pause_s(tried, deadline)) is not None:
            await anyio.sleep(pause_s)
            tried.append(await self._chat.complete(request, deadline=deadline))
        return replace(
            _telling(tried),
            cost=sum((outcome.cost for outcome in tried), Decimal(0)),
            latency_ms=round((time.monotonic() - started) * 1000),
        )

    def _pause_s(
        self, tried: Sequence[ChatReply | ChatFailure], deadline: Deadline
    ) -> float | None:
        """Seconds until the next try; None where there is none."""
        last = tried[-1]
        if not isinstance(last, ChatFailure) or not last.kind.is_transient:
            return None
        pause_s = self._pauses.after(len(tried), last.retry_after_s or 0.0)
        if len(tried) >= self._tries or deadline.remaining_s() - pause_s < self._least_try_s:
            return None
        return pause_s if self._allowance.spend() else None


def _telling(tried: Sequence[ChatReply | ChatFailure]) -> ChatReply | ChatFailure:
    """The last outcome; the one before where the last is only that a breaker opened since."""
    *before, last = tried
    turned_away = isinstance(last, ChatFailure) and last.kind is FailureKind.CIRCUIT_OPEN
    return before[-1] if turned_away and before else last
