"""Who may do what: one table. Keys are shown as `Authorization: Bearer dq_...`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType

import structlog
from fastapi import Request

from deskquorum.ledger.api_keys import ApiKey, Scope
from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service, service_of

__all__ = ["MAY", "Caller", "Deed", "Follower", "admit", "follower", "may", "stranger"]

_log = structlog.get_logger("deskquorum.access")


class Deed(StrEnum):
    """What somebody may do here."""

    DECIDE = "decide"
    READ_DECISION = "read a decision"
    READ_REVIEWS = "read reviews"
    REVIEW = "claim, release and judge reviews"
    CHECK_REPLY = "check a reply"
    TELL_OUTCOME = "tell an outcome"
    MAKE_TOKEN = "make a frame token"  # noqa: S105 - what is done, not a secret
    FOLLOW = "follow a conversation"
    READ_METRICS = "read metrics"


MAY: Mapping[Deed, frozenset[Scope]] = MappingProxyType(
    {
        Deed.DECIDE: frozenset({Scope.BOT}),
        Deed.READ_DECISION: frozenset({Scope.BOT, Scope.AGENT, Scope.OPS}),
        Deed.READ_REVIEWS: frozenset({Scope.AGENT, Scope.OPS}),
        Deed.REVIEW: frozenset({Scope.AGENT}),
        Deed.CHECK_REPLY: frozenset({Scope.BOT, Scope.AGENT}),
        Deed.TELL_OUTCOME: frozenset({Scope.BOT, Scope.AGENT, Scope.OPS}),
        Deed.MAKE_TOKEN: frozenset({Scope.AGENT, Scope.OPS}),
        Deed.FOLLOW: frozenset({Scope.AGENT, Scope.OPS}),
        Deed.READ_METRICS: frozenset({Scope.OPS}),
    }
)
"""Deed to the scopes of which a key needs one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, with a valid key that may do it."""

    key: str
    """Id of the key."""
    name: str


def may(deed: Deed) -> Callable[[Request], Awaitable[Caller]]:
    """What a route depends on: it is answered only for those who may do that.

    Args:
        deed: What the route does.
    """

    async def check(request: Request) -> Caller:
        return admit(service_of(request), request, deed)

    return check


def admit(service: Service, request: Request, deed: Deed) -> Caller:
    """The caller of a request.

    Raises:
        ProblemError: No valid key, one that may not do this, or too many requests.
    """
    key = _key_of(service, request)
    request.scope["deskquorum.key"] = key.id
    if not key.scopes & MAY[deed]:
        raise _forbidden(service, key, deed, f"this key may not {deed}")
    wait_s = service.key_rates.take(key.id)
    if wait_s:
        service.metrics.refused("rate")
        raise _too_many(wait_s)
    return Caller(key=key.id, name=key.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Who follows or judges one conversation."""

    name: str
    still: Callable[[], bool]
    """Whether that is still allowed."""


def follower(
    service: Service, request: Request, conversation: str, deed: Deed = Deed.FOLLOW
) -> Follower:
    """Who may do something with a conversation: by key, or by a token of that conversation.

    INVARIANT: a token opens nothing that the key which asked for it would not.

    Raises:
        ProblemError: Neither is valid for it, or too many requests.
    """
    shown = _shown(request)
    if shown.startswith("dq_") or service.keys is None:
        caller = admit(service, request, deed)
        keys = partial(_is_valid, service, caller.key)
        return Follower(name=caller.name, still=keys)
    token = service.tokens.read(shown, now=service.now())
    key = None if token is None else service.keys.find(token.key, now=service.now())
    if token is None or key is None:
        raise stranger(service, request)
    request.scope["deskquorum.key"] = key.id
    if token.conversation != conversation:
        raise _forbidden(service, key, deed, "the token is for another conversation")
    if not key.scopes & MAY[deed]:
        raise _forbidden(service, key, deed, f"the key behind this token may not {deed}")
    wait_s = service.key_rates.take(f"{token.key} {token.agent}")
    if wait_s:
        service.metrics.refused("rate")
        raise _too_many(wait_s)

    def still() -> bool:
        fresh = service.now().timestamp() < token.expires_at
        return fresh and _is_valid(service, token.key)

    return Follower(name=token.agent, still=still)


def stranger(service: Service, request: Request, why: str = "key") -> ProblemError:
    """The same answer whatever is wrong with a key: of another desk, expired, made up.

    Valid keys behind the same address are served all the same.
    """
    wait_s = service.stranger_rates.take(request.client.host if request.client else "")
    if wait_s:
        service.metrics.refused("address")
        return _too_many(wait_s)
    service.metrics.refused(why)
    _log.warning("refused", why=why, shown=bool(_shown(request)))
    return ProblemError(status=401, code="unauthorized", headers={"WWW-Authenticate": "Bearer"})


def _forbidden(service: Service, key: ApiKey, deed: Deed, detail: str) -> ProblemError:
    service.metrics.refused("scope")
    _log.warning("refused", why="scope", key=key.id, deed=deed.value)
    return ProblemError(status=403, code="forbidden", detail=detail)


def _is_valid(service: Service, key: str) -> bool:
    return service.keys is not None and service.keys.find(key, now=service.now()) is not None


def _shown(request: Request) -> str:
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    return shown.strip() if kind.lower() == "bearer" else ""


def _key_of(service: Service, request: Request) -> ApiKey:
    if service.keys is None:
        detail = "keys can't be read"
        raise ProblemError(
            status=503, code="unavailable", detail=detail, headers={"Retry-After": "2"}
        )
    key = service.keys.check(_shown(request), now=service.now())
    if key is None:
        raise stranger(service, request)
    return key


def _too_many(wait_s: int) -> ProblemError:
    return ProblemError(status=429, code="too-many-requests", headers={"Retry-After": str(wait_s)})
