"""Around every request: who it is, what may not be in its head, one line of log, no surprise.

Log lines hold ids, routes and times; never a body, a path as it was asked for, or a key.
"""

from __future__ import annotations

import re
import secrets
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service
from deskquorum.tracing import span

__all__ = ["Watch"]

_log = structlog.get_logger("deskquorum.requests")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_ONCE = ("authorization", "content-length", "content-type", "host", "idempotency-key")
"""Headers that stand once or not at all: parties that read different ones can be played off."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS, _HEAD_BYTES = 64, 16_384
"""Headers of a request and their length, at most."""

_ALWAYS_OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
"""Answered by a service that ends, too."""

_SECURITY = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Watch:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        """Stand in front of an app."""
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        clear_contextvars()
        bind_contextvars(request=request_id)
        began, status = time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            with self._service.flight.request(), span("request", caller=headers) as note:
                await self._answer(scope, headers, receive, sending)
                note("http.request.method", _method(scope))
                note("http.route", _route(scope))
                note("http.response.status_code", status)
        except Exception as exc:  # noqa: BLE001 - any surprise is answered with 500
            self._service.metrics.failures.inc()
            _log.error("failed", kind=type(exc).__name__, where=_where(exc))
            if not status:
                problem = ProblemError(status=500, code="internal")
                await problem.response()(scope, receive, sending)
        finally:
            self._note(scope, status, time.monotonic() - began)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        refused = self._refused(scope, headers)
        if refused is None:
            await self._app(scope, receive, send)
        else:
            await refused.response()(scope, receive, send)

    def _refused(self, scope: Scope, headers: Headers) -> ProblemError | None:
        allowed = self._service.settings.allowed_hosts
        named = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        count = Counter(name.lower() for name, _ in scope["headers"])
        twice = [name for name in _ONCE if count[name.encode()] > 1]
        if twice:
            self._service.metrics.refused("header")
            detail = f"the header {twice[0]} stands twice"
            return ProblemError(status=400, code="bad-request", detail=detail)
        if len(scope["headers"]) > _HEADERS or sum(map(_length, scope["headers"])) > _HEAD_BYTES:
            self._service.metrics.refused("header")
            return ProblemError(status=431, code="long-head")
        if allowed and named.lower() not in allowed:
            self._service.metrics.refused("host")
            return ProblemError(status=421, code="misdirected")
        if self._service.flight.is_ending and scope["path"] not in _ALWAYS_OPEN:
            detail = "the service is shutting down"
            later = {"Retry-After": "1", "Connection": "close"}
            return ProblemError(status=503, code="unavailable", detail=detail, headers=later)
        return None

    def _note(self, scope: Scope, status: int, took_s: float) -> None:
        route, method = _route(scope), _method(scope)
        self._service.metrics.answered(method, route, status)
        known: Mapping[str, object] = {"key": scope.get("deskquorum.key")}
        _log.info(
            "answered",
            method=method,
            path=route,
            status=status,
            took_ms=round(took_s * 1000),
            tenant=self._service.tenant,
            **{name: value for name, value in known.items() if value is not None},
        )


def _route(scope: Scope) -> str:
    """The route's template: the path itself may hold anything."""
    return str(getattr(scope.get("route"), "path", "none"))


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _length(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1])


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _complete(headers: MutableHeaders, request_id: str) -> None:
    for name, value in _SECURITY.items():
        headers.setdefault(name, value)
    headers["x-request-id"] = request_id


def _where(error: BaseException) -> list[str]:
    """Files and lines, which tell where it broke and hold no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-8:]]
