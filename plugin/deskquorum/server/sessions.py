"""Who is at the pages: links to sign in with, sessions, and what other sites can't know of them."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from deskquorum.server.signed_claims import Signer

__all__ = ["Link", "Person", "Role", "Sessions"]


class Role(StrEnum):
    """What somebody is at the desk; what each may do is one table, in `visitors`."""

    AGENT = "agent"
    LEAD = "lead"
    OPS = "ops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in."""

    name: str
    role: Role
    session: str
    """Tells sign-ins apart; of people whom a proxy told of, their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link to sign in with says."""

    name: str
    role: Role
    id: str
    """It is good for one sign-in."""


class Sessions:
    """Signs and reads what people of one desk show."""

    LASTS = timedelta(hours=8)
    """A working day, so that nobody has to sign in twice in one."""

    def __init__(self, host_key: bytes, *, tenant: str) -> None:
        """Derive one key for each purpose."""
        self._links = Signer(host_key, purpose=b"deskquorum sign-in links 1", tenant=tenant)
        self._sessions = Signer(host_key, purpose=b"deskquorum sessions 1", tenant=tenant)

    def link(self, *, name: str, role: Role, now: datetime, lasts: timedelta) -> str:
        """The secret part of a link."""
        claims = {"sub": name, "role": role.value, "id": secrets.token_hex(16)}
        return self._links.sign(claims, now=now, lasts=lasts)

    def read_link(self, text: str, *, now: datetime) -> Link | None:
        """What a link says; None for one that is not valid, whatever the reason."""
        match self._links.read(text, now=now):
            case {"sub": str(name), "role": str(role), "id": str(identity)}:
                return Link(name=name, role=Role(role), id=identity)
        return None

    def begin(self, *, name: str, role: Role, now: datetime) -> str:
        """A new session, as its cookie holds it."""
        claims = {"sub": name, "role": role.value, "id": secrets.token_hex(16)}
        return self._sessions.sign(claims, now=now, lasts=self.LASTS)

    def read(self, text: str, *, now: datetime) -> Person | None:
        """Whose session it is; None for one that is not valid, whatever the reason."""
        match self._sessions.read(text, now=now):
            case {"sub": str(name), "role": str(role), "id": str(identity)}:
                return Person(name=name, role=Role(role), session=identity)
        return None

    def mark(self, text: str) -> str:
        """What shows that this service said something of a text."""
        return self._sessions.mark(f"mark {text}")

    def is_mark(self, text: str, mark: str) -> bool:
        """Whether it is that one."""
        return hmac.compare_digest(self.mark(text).encode(), mark.encode())

    def form_token(self, person: Person) -> str:
        """What a page of this person shows with every change, and no other site can know."""
        return self._sessions.mark(f"form {person.session}")

    def is_form_token(self, text: str, person: Person) -> bool:
        """Whether it is that one."""
        return hmac.compare_digest(self.form_token(person).encode(), text.encode())
