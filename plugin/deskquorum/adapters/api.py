"""Calls a helpdesk's REST API: paced, tried again where that is safe, and ended in time."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import anyio

from deskquorum.adapters.helpdesk import HelpdeskError
from deskquorum.domain import JsonValue
from deskquorum.pauses import Pauses, asked_pause_s

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

__all__ = ["Api", "Pace"]

_NOT_TAKEN = frozenset({429, 503})
"""With these nothing was done."""

_PASSING = frozenset({408, 425, *range(500, 600)})
_MOST_BYTES = 5_000_000
_LONGEST_TURN_S = 10.0
_SUCCESS = range(200, 300)


@dataclass(kw_only=True)
class Pace:
    """Spreads calls evenly, so that a helpdesk's rate limit is not met in the first place."""

    per_minute: float
    clock: Callable[[], float] = time.monotonic
    _next: float = field(default=0.0)

    async def turn(self) -> None:
        """Wait for one's turn.

        Raises:
            HelpdeskError: So many wait that it would take too long; the turn is not taken.
        """
        now = self.clock()
        at = max(now, self._next)
        if at - now > _LONGEST_TURN_S:
            raise HelpdeskError("too-many-wait", maybe=False, after_s=at - now)
        self._next = at + 60.0 / self.per_minute
        await anyio.sleep(at - now)


class Api:
    """One account's API."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        pace: Pace,
        total_s: float = 20.0,
        tries: int = 4,
        pauses: Pauses | None = None,
    ) -> None:
        """Take how to call.

        Args:
            client: With the base URL, the credentials and a time limit for one try.
            pace: How often.
            total_s: Longest time for one call, with all its tries.
            tries: At most.
            pauses: Between tries.
        """
        self._client, self._pace = client, pace
        self._total_s, self._tries = total_s, tries
        self._pauses = pauses or Pauses(first_s=0.5, longest_s=8.0, jitter=random.random)

    async def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> JsonValue:
        """Read."""
        return await self._call("GET", path, None, repeat=True, headers=headers, query=query)

    async def put(
        self,
        path: str,
        body: Mapping[str, JsonValue],
        *,
        method: Literal["PUT", "POST", "PATCH"] = "PUT",
        headers: Mapping[str, str] | None = None,
    ) -> JsonValue:
        """Change what is the same after a second time."""
        return await self._call(method, path, body, repeat=True, headers=headers)

    async def once(
        self,
        path: str,
        body: Mapping[str, JsonValue],
        *,
        method: Literal["PUT", "POST"] = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> JsonValue:
        """Add something: tried again only where it surely was not added."""
        return await self._call(method, path, body, repeat=False, headers=headers)

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, JsonValue] | None,
        *,
        repeat: bool,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> JsonValue:
        from tenacity import AsyncRetrying, retry_if_exception

        ends = time.monotonic() + self._total_s

        def again(exc: BaseException) -> bool:
            return (
                isinstance(exc, HelpdeskError)
                and exc.after_s is not None
                and (repeat or not exc.maybe)
            )

        def over(state: RetryCallState) -> bool:
            # tenacity has drawn the pause by the time that it asks whether to stop.
            late = time.monotonic() + state.upcoming_sleep >= ends
            return state.attempt_number >= self._tries or late

        retrying = AsyncRetrying(
            retry=retry_if_exception(again), stop=over, wait=self._wait, reraise=True
        )
        return await retrying(self._try, method, path, body, headers, query)

    def _wait(self, state: RetryCallState) -> float:
        exc = state.outcome.exception() if state.outcome is not None else None
        asked_s = exc.after_s if isinstance(exc, HelpdeskError) else None
        return self._pauses.after(state.attempt_number, asked_s or 0.0)

    async def _try(
        self,
        method: str,
        path: str,
        body: Mapping[str, JsonValue] | None,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
    ) -> JsonValue:
        import httpx

        await self._pace.turn()
        try:
            answer = await self._client.request(
                method, path, json=body, headers=headers, params=query
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            raise HelpdeskError("no-connection", maybe=False, after_s=0.0) from exc
        except httpx.TimeoutException as exc:
            raise HelpdeskError("timeout", maybe=True, after_s=0.0) from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise HelpdeskError(f"broke-{type(exc).__name__}", maybe=True, after_s=0.0) from exc
        return _read(answer)


def _read(answer: httpx.Response) -> JsonValue:
    status = answer.status_code
    if status in _SUCCESS:
        return _json(answer)
    why = f"http-{status}"
    asked = asked_pause_s(answer.headers.get("Retry-After"), now=datetime.now(UTC))
    if status in _NOT_TAKEN:
        raise HelpdeskError(why, maybe=False, after_s=asked)
    if status in _PASSING:
        raise HelpdeskError(why, maybe=True, after_s=asked)
    # Redirects too: nobody may move where a customer's words are sent.
    raise HelpdeskError(why, maybe=False)


def _json(answer: httpx.Response) -> JsonValue:
    if not answer.content:
        return None
    if len(answer.content) > _MOST_BYTES:
        raise HelpdeskError("too-long-an-answer", maybe=True)
    try:
        value: JsonValue = json.loads(answer.content, parse_float=lambda text: str(Decimal(text)))
    except (ValueError, RecursionError) as exc:
        raise HelpdeskError("no-json", maybe=True, after_s=0.0) from exc
    return value
