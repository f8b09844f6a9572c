"""Claims signed for a while, as JWTs with HMAC-SHA256 (RFC 7515), strictly of this one form.

Whatever names another algorithm, or none, is refused before anything else of it is read.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from deskquorum.domain import JsonValue

__all__ = ["Signer"]

_LONGEST = 2000


class Signer:
    """Signs for one desk and one purpose; what was signed for another is not valid here."""

    def __init__(self, host_key: bytes, *, purpose: bytes, tenant: str) -> None:
        """Derive the signing key, which serves this and nothing else."""
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose)
        self._key = derived.derive(host_key)
        self._tenant = tenant

    def sign(self, claims: Mapping[str, JsonValue], *, now: datetime, lasts: timedelta) -> str:
        """The claims as a token that is valid for so long."""
        said = {"tenant": self._tenant, **claims, "exp": int((now + lasts).timestamp())}
        body = _encoded(json.dumps(said, separators=(",", ":")).encode())
        return f"{_HEADER}.{body}.{self.mark(f'{_HEADER}.{body}')}"

    def read(self, text: str, *, now: datetime) -> Mapping[str, JsonValue] | None:
        """What a token says; None for one that is not valid, whatever the reason."""
        signed, _, signature = text.rpartition(".")
        header, _, body = signed.partition(".")
        if len(text) > _LONGEST or not text.isascii():
            return None
        right = hmac.compare_digest(self.mark(signed), signature)
        if not right or header != _HEADER:
            return None
        claims: Mapping[str, JsonValue] = json.loads(
            urlsafe_b64decode(body + "=" * (-len(body) % 4))
        )
        expires_at = claims["exp"]
        fresh = isinstance(expires_at, int) and now.timestamp() < expires_at
        return claims if fresh and claims["tenant"] == self._tenant else None

    def mark(self, text: str) -> str:
        """What only the holder of the host's key can make of a text."""
        return _encoded(hmac.digest(self._key, text.encode(), sha256))


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


_HEADER = _encoded(b'{"alg":"HS256","typ":"JWT"}')
