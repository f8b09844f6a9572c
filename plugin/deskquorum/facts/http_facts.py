"""Facts from a system that answers JSON over HTTP."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import anyio

from deskquorum.domain import Deadline, Facts
from deskquorum.facts.json_body import read_json
from deskquorum.facts.mapping import UnreadableError, moment_of, snapshot, value_at
from deskquorum.facts.source import FactRequest, FactSourceError
from deskquorum.pauses import Pauses, asked_pause_s
from deskquorum.policy import FactField, UrlTemplate

if TYPE_CHECKING:
    from httpx import URL, AsyncClient, Response

__all__ = ["HttpFacts"]

_NOW = partial(datetime.now, UTC)
_MOST_REDIRECTS = 3
_LEAST_TRY_S = 0.05
"""Time that a further try must have left before the deadline."""


class HttpFacts:
    """Reads one record per ticket with GET; tries again after faults that may pass."""

    def __init__(
        self,
        name: str,
        *,
        url: str,
        fields: Mapping[str, FactField],
        as_of: str | None = None,
        headers: Mapping[str, str] | None = None,
        client: AsyncClient | None = None,
        tries: int = 3,
        try_s: float = 2.0,
        first_pause_s: float = 0.1,
        longest_pause_s: float = 2.0,
        most_bytes: int = 1_000_000,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], datetime] = _NOW,
    ) -> None:
        """Describe the system.

        Args:
            name: How decisions name the source.
            url: Template with `{requester.FIELD}`, `{ticket.id}` and facts that the ticket brought.
            fields: Fact to its place in the JSON body.
            as_of: Path of the time that the record is of; None counts it as of the reading.
            headers: Sent with each request, and to no other host: keys, say.
            client: The client to ask with; None opens one for each reading.
            tries: Tries per reading, the first one included.
            try_s: Longest time for one try.
            first_pause_s: Pause after the first failure; doubles with each further one.
            longest_pause_s: Where doubling stops.
            most_bytes: A longer body is not read.
            jitter: Gives numbers in 0..1.
            clock: Gives the time of reading.

        Raises:
            ValueError: The template can't be used.
        """
        self._name = name
        self._url = UrlTemplate(url)
        self._fields = dict(fields)
        self._as_of = as_of
        self._headers = {**(headers or {}), "Accept": "application/json"}
        self._client = client
        self._tries = tries
        self._try_s = try_s
        self._pauses = Pauses(first_s=first_pause_s, longest_s=longest_pause_s, jitter=jitter)
        self._most_bytes = most_bytes
        self._clock = clock

    @property
    def name(self) -> str:
        """How decisions name the source."""
        return self._name

    @property
    def facts(self) -> frozenset[str]:
        """Dotted names of the facts it can give."""
        return frozenset(self._fields)

    async def read(self, request: FactRequest, *, deadline: Deadline) -> Facts:
        """Read the record and give the wanted facts in it.

        Raises:
            FactSourceError: No whole answer by the deadline, or none that can be read.
        """
        fields = {name: f for name, f in self._fields.items() if name in request.wanted}
        if not fields:
            return Facts()
        url = self._filled(request)
        try:
            with anyio.fail_after(deadline.remaining_s()):
                answer = await self._answer(url, deadline)
        except TimeoutError:
            raise FactSourceError(self._name, "late") from None
        return self._told(answer, fields)

    def _filled(self, request: FactRequest) -> str:
        try:
            return self._url.filled(request.trusted)
        except LookupError as exc:
            raise FactSourceError(self._name, f"needs-{exc.args[0]}") from None
        except ValueError:
            raise FactSourceError(self._name, "unfit-field") from None

    def _told(self, answer: _Answer, fields: Mapping[str, FactField]) -> Facts:
        try:
            record = read_json(answer.body)
        except ValueError:
            raise FactSourceError(self._name, "not-json") from None
        read_at = answer.read_at
        if self._as_of is not None:
            try:
                # A record can't be newer than its reading, whatever the other clock says.
                read_at = min(read_at, moment_of(value_at(record, self._as_of)))
            except UnreadableError:
                raise FactSourceError(self._name, "no-as-of") from None
        return snapshot(record, fields, source=self._name, read_at=read_at)

    async def _answer(self, url: str, deadline: Deadline) -> _Answer:
        async with self._opened() as client:
            tries = 0
            while True:
                outcome = await self._try(client, url)
                if isinstance(outcome, _Answer):
                    return outcome
                tries += 1
                pause_s = self._pauses.after(tries, outcome.asked_pause_s)
                left_s = deadline.remaining_s() - pause_s
                if not outcome.may_pass or tries >= self._tries or left_s < _LEAST_TRY_S:
                    raise FactSourceError(self._name, outcome.why)
                await anyio.sleep(pause_s)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[AsyncClient]:
        if self._client is not None:
            yield self._client
            return
        from httpx import AsyncClient

        # Neither a proxy nor a password of the environment, which nobody named here.
        async with AsyncClient(trust_env=False, timeout=self._try_s) as client:
            yield client

    async def _try(self, client: AsyncClient, url: str) -> _Answer | _Fault:
        from httpx import HTTPError, InvalidURL
        from httpx import TimeoutException as HttpTimeout

        read_at = self._clock()
        try:
            with anyio.fail_after(self._try_s):
                return await self._get(client, url, read_at)
        except (TimeoutError, HttpTimeout):
            return _Fault(why="timeout", may_pass=True)
        except HTTPError:
            return _Fault(why="unreachable", may_pass=True)
        except InvalidURL:
            return _Fault(why="bad-address")

    async def _get(self, client: AsyncClient, url: str, read_at: datetime) -> _Answer | _Fault:
        # Unpacked by nobody, so that a small body can't become a huge one.
        headers = {**self._headers, "Accept-Encoding": "identity"}
        for _ in range(_MOST_REDIRECTS + 1):
            async with client.stream(
                "GET", url, headers=headers, follow_redirects=False
            ) as response:
                if response.next_request is None:
                    return await self._whole(response, read_at)
                target = response.next_request.url
                # INVARIANT: no other host is asked than the one that ops named.
                if not _same_origin(response.request.url, target):
                    return _Fault(why="redirected")
                url = str(target)
        return _Fault(why="redirected")

    async def _whole(self, response: Response, read_at: datetime) -> _Answer | _Fault:
        if response.status_code != HTTPStatus.OK:
            asked = asked_pause_s(response.headers.get("retry-after"), now=self._clock())
            return _fault_of(response.status_code, asked)
        if response.headers.get("content-encoding", "identity") != "identity":
            return _Fault(why="packed")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._most_bytes:
                return _Fault(why="too-long")
        return _Answer(body=bytes(body), read_at=read_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    body: bytes
    read_at: datetime
    """Before the request was sent: a later change may be missing from the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    why: str
    may_pass: bool = False
    asked_pause_s: float = 0.0


def _fault_of(status: int, asked_s: float) -> _Fault:
    passing = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
    may_pass = status in passing or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _Fault(why=f"status-{status}", may_pass=may_pass, asked_pause_s=asked_s)


def _same_origin(one: URL, other: URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
