"""Short-lived tokens with which a page in a helpdesk's frame may follow and judge one conversation.

A token is a JWT signed with HMAC-SHA256 (RFC 7515), strictly of this one form: whatever names
another algorithm, or none, is refused before anything else of it is read.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["FrameToken", "FrameTokens"]

_PURPOSE = b"deskquorum frame tokens 1"
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameToken:
    """What a token says."""

    agent: str
    conversation: str
    expires_at: int
    """Seconds since 1970."""
    key: str
    """Id of the API key that asked for it: revoked with it."""


class FrameTokens:
    """Makes and reads the tokens of one desk."""

    def __init__(self, host_key: bytes, *, tenant: str) -> None:
        """Derive the signing key, which serves this and nothing else."""
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
        self._key = derived.derive(host_key)
        self._tenant = tenant

    def make(
        self, *, agent: str, conversation: str, key: str, now: datetime, lasts: timedelta
    ) -> str:
        """A token."""
        claims = {
            "tenant": self._tenant,
            "sub": agent,
            "conversation": conversation,
            "key": key,
            "exp": int((now + lasts).timestamp()),
        }
        signed = f"{_HEADER}.{_encoded(json.dumps(claims, separators=(',', ':')).encode())}"
        return f"{signed}.{_encoded(self._signature(signed))}"

    def read(self, text: str, *, now: datetime) -> FrameToken | None:
        """What a token says; None for one that is not valid, whatever the reason."""
        signed, _, signature = text.rpartition(".")
        header, _, body = signed.partition(".")
        if len(text) > _LONGEST or not text.isascii():
            return None
        right = hmac.compare_digest(_encoded(self._signature(signed)), signature)
        if not right or header != _HEADER:
            return None
        claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        token = FrameToken(
            agent=claims["sub"],
            conversation=claims["conversation"],
            expires_at=claims["exp"],
            key=claims["key"],
        )
        fresh = now.timestamp() < token.expires_at
        return token if fresh and claims["tenant"] == self._tenant else None

    def _signature(self, signed: str) -> bytes:
        return hmac.digest(self._key, signed.encode(), sha256)


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


_HEADER = _encoded(b'{"alg":"HS256","typ":"JWT"}')
