"""Actions that an endpoint of the desk's own carries out, called over HTTP and signed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from deskquorum.execution.ports import Call, Done, Outcome, Refused, Seen, TryAgain, Unknown
from deskquorum.policy import SETTLE_S
from deskquorum.signatures import SCHEMES, sign

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession, ClientTimeout

__all__ = ["HttpPort"]

_MAYBE = frozenset({202, 408, 409, 425, 429})
"""Answers after which it may happen, or have happened, all the same, as after every 5xx."""

_TELLING = frozenset({HTTPStatus.OK, HTTPStatus.NOT_FOUND})
_MOST_BYTES = 65_536
_CONNECT_SHARE = 0.5


class HttpPort:
    """POSTs a call as JSON, signed as our own webhooks are (`SCHEMES["generic"]`)."""

    def __init__(
        self,
        session: ClientSession,
        *,
        url: str,
        secret: str,
        timeout_s: float,
        read: str | None = None,
        undo: str | None = None,
        idempotent: bool = False,
        settle_s: float = SETTLE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take where to call.

        Args:
            session: Kept open by its owner; it must send no cookies.
            url: Carries out a call.
            secret: Shared with the endpoint.
            timeout_s: Longest wait for one answer.
            read: Tells what became of a call; `{key}` stands for its key.
            undo: Undoes a call.
            idempotent: The endpoint does one key once, however often it is called.
            settle_s: A call takes effect no later than that after nobody waits for it any more.
            clock: Seconds since 1970, which are signed.
        """
        self._session, self._url, self._secret = session, url, secret
        self._read, self._undo, self._clock = read, undo, clock
        self.timeout_s, self.settle_s = timeout_s, settle_s
        self.idempotent = idempotent

    @property
    def can_look(self) -> bool:
        """Whether there is an address to read from."""
        return self._read is not None

    @property
    def can_undo(self) -> bool:
        """Whether there is an address to undo at."""
        return self._undo is not None

    async def execute(self, call: Call) -> Outcome:
        """Send the call once.

        INVARIANT: only what surely was not taken may be tried again: no connection, 429 with a
        `Retry-After`, or 503 with one and the word that the key was not done. A proxy says 503 of
        itself, and may have passed the call on before.
        """
        from aiohttp import ClientConnectorError, ClientError, ConnectionTimeoutError

        url = self._url if call.compensates is None else self._undo
        if url is None:
            return Refused(why="no-undo")
        body = _body(call)
        try:
            async with self._session.post(
                url,
                data=body,
                headers=self._headers(body, call.key),
                allow_redirects=False,
                timeout=self._timeout(),
            ) as response:
                return await _outcome(response, call.key)
        except (ClientConnectorError, ConnectionTimeoutError):
            return TryAgain(why="no-connection")
        except TimeoutError:
            return Unknown(why="timeout")
        except (ClientError, OSError, ValueError) as exc:
            return Unknown(why=f"broke-{type(exc).__name__}")

    async def look(self, call: Call) -> Seen:
        """Ask the endpoint what became of the call.

        INVARIANT: only an answer that names the call's key is believed, so that a wrong address or
        somebody else's page tells nothing.
        """
        from aiohttp import ClientError

        if self._read is None:
            return Seen.UNREADABLE
        url = self._read.replace("{key}", quote(call.key, safe=""))
        try:
            async with self._session.get(
                url,
                headers=self._headers(b"", call.key),
                allow_redirects=False,
                timeout=self._timeout(),
            ) as response:
                if response.status not in _TELLING:
                    return Seen.UNREADABLE
                return _seen(json.loads(await _text(response)), call.key)
        except (ClientError, TimeoutError, OSError, ValueError, RecursionError):
            return Seen.UNREADABLE

    def _headers(self, body: bytes, key: str) -> dict[str, str]:
        scheme, at = SCHEMES["generic"], str(int(self._clock()))
        named = {scheme.time_header: at, scheme.delivery_header: key}
        return {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            scheme.header: sign(scheme, self._secret, body, time=at),
            **{name: value for name, value in named.items() if name is not None},
        }

    def _timeout(self) -> ClientTimeout:
        from aiohttp import ClientTimeout

        return ClientTimeout(
            total=self.timeout_s, sock_connect=self.timeout_s * _CONNECT_SHARE, ceil_threshold=3600
        )


def _body(call: Call) -> bytes:
    told = {
        "key": call.key,
        "conversation": call.conversation,
        "action": call.action,
        "args": call.args,
        "decision": call.decision,
    }
    if call.compensates is not None:
        told["compensates"] = call.compensates
    return json.dumps(told).encode()


async def _outcome(response: ClientResponse, key: str) -> Outcome:
    status = response.status
    why = f"http-{status}"
    wait_s = _wait_s(response.headers.get("Retry-After", ""))
    if wait_s is not None and await _was_not_taken(response, key):
        return TryAgain(why=why, after_s=wait_s)
    if status in _MAYBE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unknown(why=why)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return await _said(response, key)
    # Redirects too: nobody may move where an action is carried out.
    return Refused(why=why)


async def _was_not_taken(response: ClientResponse, key: str) -> bool:
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if response.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return False
    try:
        return _seen(json.loads(await _text(response)), key) is Seen.NOT_DONE
    except (ValueError, RecursionError):
        return False


async def _said(response: ClientResponse, key: str) -> Outcome:
    """Done, where the answer is the endpoint's and not the page of whatever stands before it."""
    text = await _text(response)
    if not text.strip():
        return Done()
    try:
        seen = _seen(json.loads(text), key)
    except (ValueError, RecursionError):
        return Unknown(why="no-json")
    if seen in {Seen.NOT_DONE, Seen.WORKING}:
        return Unknown(why=seen.value)
    return Done(result=text)


async def _text(response: ClientResponse) -> str:
    held = b""
    async for chunk in response.content.iter_chunked(_MOST_BYTES):
        held += chunk
        if len(held) > _MOST_BYTES:
            raise ValueError("too long an answer")
    return held.decode()


def _wait_s(written: str) -> float | None:
    """Seconds of a `Retry-After`; a date, or nothing, is None."""
    if not (written.isascii() and written.isdigit()):
        return None
    return float(written[:9])


def _seen(told: object, key: str) -> Seen:
    if not isinstance(told, dict) or told.get("key") != key:
        return Seen.UNREADABLE
    known = {seen.value: seen for seen in (Seen.DONE, Seen.NOT_DONE, Seen.WORKING)}
    return known.get(str(told.get("state")), Seen.UNREADABLE)
