"""Who visits a page, and what they may do there: one table.

A visitor shows a frame token (in a helpdesk's frame, where cookies of others are not sent), a
session's cookie, or comes through a proxy that knows the people.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from fastapi import Request

from deskquorum.server.problems import ProblemError
from deskquorum.server.service import Service
from deskquorum.server.sessions import Person, Role

__all__ = ["MAY", "Errand", "Visitor", "cookie_name", "person_of", "visitor", "visitor_of"]


class Errand(StrEnum):
    """What somebody comes for."""

    SEE_CASES = "see conversations and the queue"
    JUDGE = "judge reviews"
    ASSIGN = "assign reviews to others"
    SEE_POLICIES = "see and try policies"
    AUDIT = "audit"
    SEE_FIGURES = "see figures"
    CHANGE_POLICIES = "change policies"
    SWITCH = "stop and resume"


_ALL = frozenset(Role)

MAY: Mapping[Errand, frozenset[Role]] = MappingProxyType(
    {
        Errand.SEE_CASES: _ALL,
        Errand.JUDGE: frozenset({Role.AGENT, Role.LEAD}),
        Errand.ASSIGN: frozenset({Role.LEAD}),
        Errand.SEE_POLICIES: frozenset({Role.LEAD, Role.OPS}),
        Errand.AUDIT: frozenset({Role.LEAD, Role.OPS}),
        Errand.SEE_FIGURES: frozenset({Role.LEAD, Role.OPS}),
        Errand.CHANGE_POLICIES: frozenset({Role.OPS}),
        Errand.SWITCH: frozenset({Role.LEAD, Role.OPS}),
    }
)
"""Errand to the roles that may come for it. Whoever writes the rules judges by them no tickets."""

_IN_FRAMES = frozenset({Errand.SEE_CASES, Errand.JUDGE})
"""What a frame token is for."""

_FORM_TOKEN = "x-form-token"  # noqa: S105 - a header's name
_PROXY = "x-deskquorum-proxy"
_LONGEST_NAME = 200
_SAME_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who may do what they came for."""

    name: str
    person: Person | None
    """None for one who showed a frame token, and sees one conversation only."""
    still: Callable[[], bool]
    """Whether that is still allowed."""

    def may(self, errand: Errand) -> bool:
        """Whether they may do that as well, with the conversation that they came for."""
        if self.person is None:
            return errand in _IN_FRAMES
        return self.person.role in MAY[errand]


def visitor(service: Service, request: Request, errand: Errand) -> Visitor:
    """Who came with a session or through a proxy, for something beyond one conversation.

    Raises:
        ProblemError: Nobody, somebody who may not, or a change that no page of ours sent.
    """
    person = person_of(service, request)
    if person is None:
        raise ProblemError(status=401, code="unauthorized")
    if person.role not in MAY[errand]:
        raise ProblemError(status=403, code="forbidden", detail=f"your role may not {errand}")
    if request.method not in {"GET", "HEAD"}:
        _check_sent_by_us(service, request, person)
    _take(service, person.session)

    def still() -> bool:
        return person_of(service, request) is not None

    return Visitor(name=person.name, person=person, still=still)


def visitor_of(service: Service, request: Request, conversation: str, errand: Errand) -> Visitor:
    """Who came for one conversation: with a frame token for it, or as `visitor` says.

    Raises:
        ProblemError: As `visitor` does; or the token is for another conversation.
    """
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return visitor(service, request, errand)
    token = service.tokens.read(shown.strip(), now=service.now())
    if token is None or not _is_valid(service, token.key):
        raise ProblemError(status=401, code="unauthorized")
    request.scope["deskquorum.key"] = token.key
    if token.conversation != conversation:
        raise ProblemError(status=403, code="forbidden", detail="the token is for another one")
    _take(service, f"{token.key} {token.agent}")

    def still() -> bool:
        return service.now().timestamp() < token.expires_at and _is_valid(service, token.key)

    return Visitor(name=token.agent, person=None, still=still)


def person_of(service: Service, request: Request) -> Person | None:
    """Who is signed in, None when nobody is."""
    cookie = request.cookies.get(cookie_name(request), "")
    found = service.sessions.read(cookie, now=service.now()) if cookie else None
    return found or _told_by_proxy(service, request)


def cookie_name(request: Request) -> str:
    """The session's cookie; with its prefix no other host and no plain connection can set it."""
    return "__Host-deskquorum" if request.url.scheme == "https" else "deskquorum"


def _told_by_proxy(service: Service, request: Request) -> Person | None:
    """INVARIANT: headers that tell who somebody is count only beside the proxy's secret."""
    spec, secret = service.limits.sign_in, service.settings.proxy_secret
    shown = request.headers.get(_PROXY, "")
    if spec is None or not secret or not hmac.compare_digest(shown.encode(), secret.encode()):
        return None
    name = request.headers.get(spec.name_header, "").strip()
    groups = {part.strip() for part in request.headers.get(spec.groups_header, "").split(",")}
    roles = [role for role in Role if role in {spec.roles.get(group) for group in groups}]
    if not name or len(name) > _LONGEST_NAME or not roles:
        return None
    return Person(name=name, role=roles[-1], session=f"proxy {name}")


def _check_sent_by_us(service: Service, request: Request, person: Person) -> None:
    """A cookie is sent along with whatever another site makes a browser send."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    shown = request.headers.get(_FORM_TOKEN, "")
    if site not in _SAME_SITE or not service.sessions.is_form_token(shown, person):
        service.metrics.refused("form")
        raise ProblemError(status=403, code="forbidden", detail="not sent by one of our pages")


def _take(service: Service, who: str) -> None:
    wait_s = service.key_rates.take(who)
    if wait_s:
        service.metrics.refused("rate")
        again = {"Retry-After": str(wait_s)}
        raise ProblemError(status=429, code="too-many-requests", headers=again)


def _is_valid(service: Service, key: str) -> bool:
    return service.keys is not None and service.keys.find(key, now=service.now()) is not None
