"""Who may call the service. Of a key only the hash of its secret is kept.

A key is written `dq_<id>_<secret>`; the secret is 256 random bits, so a plain SHA-256 hides it.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from deskquorum.ledger.database import microseconds, moment
from deskquorum.ledger.tables import api_keys

if TYPE_CHECKING:
    from sqlalchemy import Row

    from deskquorum.ledger.database import Transaction

__all__ = ["ApiKey", "ApiKeys", "Scope", "create", "keys", "revoke"]

_NOBODY = sha256(b"").hexdigest()


class Scope(StrEnum):
    """What a key is for; what each may do is one table, `deskquorum.server.access`."""

    BOT = "bot"
    AGENT = "agent"
    OPS = "ops"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key, without its secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    hash: str
    """SHA-256 of the secret, in hex."""
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def valid(self, now: datetime) -> bool:
        """Whether it may be used at that time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class ApiKeys:
    """The keys of one desk, as they stood when they were read."""

    def __init__(self, known: Iterable[ApiKey] = ()) -> None:
        """Take those that there are."""
        self._known = {key.id: key for key in known}

    def check(self, text: str, *, now: datetime) -> ApiKey | None:
        """The key that a caller showed; None for one that is not valid, whatever the reason.

        It takes the same time for a key that does not exist as for one with a wrong secret.
        """
        identity, _, secret = text.removeprefix("dq_").partition("_")
        key = self._known.get(identity) if text.startswith("dq_") else None
        right = compare_digest(_hash(secret), _NOBODY if key is None else key.hash)
        return key if key is not None and right and key.valid(now) else None

    def find(self, identity: str, *, now: datetime) -> ApiKey | None:
        """The key of that id, as long as it may be used."""
        key = self._known.get(identity)
        return key if key is not None and key.valid(now) else None


def create(
    tx: Transaction, *, name: str, scopes: frozenset[Scope], lasts: timedelta | None
) -> tuple[ApiKey, str]:
    """Make a key; its text is given out here and never again."""
    identity, secret = random.token_hex(6), random.token_urlsafe(32)
    expires = None if lasts is None else tx.now + lasts
    made = ApiKey(
        id=identity,
        name=name,
        scopes=scopes,
        hash=_hash(secret),
        created_at=tx.now,
        expires_at=expires,
        revoked_at=None,
    )
    row = {
        "id": made.id,
        "tenant": tx.tenant,
        "name": name,
        "scopes": " ".join(sorted(scopes)),
        "hash": made.hash,
        "created_us": tx.now_us,
        "expires_us": None if expires is None else microseconds(expires),
    }
    tx.connection.execute(insert(api_keys).values(row))
    return made, f"dq_{identity}_{secret}"


def keys(tx: Transaction) -> list[ApiKey]:
    """All keys of the desk, revoked ones too, oldest first."""
    query = select(api_keys).where(api_keys.c.tenant == tx.tenant)
    ordered = query.order_by(api_keys.c.created_us, api_keys.c.id)
    return [_key(row) for row in tx.connection.execute(ordered)]


def revoke(tx: Transaction, identity: str) -> bool:
    """Make a key useless; False where the desk has none of that id."""
    own = (api_keys.c.tenant == tx.tenant, api_keys.c.id == identity)
    if tx.connection.execute(select(api_keys.c.id).where(*own)).first() is None:
        return False
    still = update(api_keys).where(*own, api_keys.c.revoked_us.is_(None))
    tx.connection.execute(still.values(revoked_us=tx.now_us))
    return True


def _key(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        hash=row.hash,
        created_at=moment(row.created_us),
        expires_at=None if row.expires_us is None else moment(row.expires_us),
        revoked_at=None if row.revoked_us is None else moment(row.revoked_us),
    )


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
