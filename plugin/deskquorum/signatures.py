"""Webhooks prove by a signature over their raw bytes who sent them; one table says how.

Helpdesks differ in the hash, its encoding, what stands before it, and what is signed beside the
body. Where a time is signed, an old one is refused; deliveries are told apart by their id.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

__all__ = ["SCHEMES", "Scheme", "SignatureError", "check_signature", "sign"]

_WINDOW = timedelta(minutes=5)
_MILLISECONDS_FROM = 100_000_000_000
"""Seconds since 1970 are below this for another thousand years."""


class SignatureError(Exception):
    """A webhook that is not proved to come from its helpdesk, or is too old."""

    def __init__(self, why: Literal["missing", "wrong", "old"]) -> None:
        """Take what is wrong, for the log."""
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How one helpdesk signs."""

    header: str
    hash: Literal["sha256", "sha1"] | None
    """None: the header holds the secret itself, for helpdesks that can't sign."""
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    """Stands before the signature in its header."""
    time_header: str | None = None
    """Holds the time that is signed too."""
    joiner: str = ""
    """Stands between that time and the body."""
    delivery_header: str | None = None
    """Holds the delivery's id; without one the signature itself serves."""


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "generic": Scheme(
            header="Deskquorum-Signature",
            hash="sha256",
            prefix="sha256=",
            time_header="Deskquorum-Timestamp",
            joiner=".",
            delivery_header="Deskquorum-Delivery",
        ),
        "chatwoot": Scheme(
            header="X-Chatwoot-Signature",
            hash="sha256",
            prefix="sha256=",
            time_header="X-Chatwoot-Timestamp",
            joiner=".",
            delivery_header="X-Chatwoot-Delivery",
        ),
        "zammad": Scheme(
            header="X-Hub-Signature",
            hash="sha1",
            prefix="sha1=",
            delivery_header="X-Zammad-Delivery",
        ),
        "zendesk": Scheme(
            header="X-Zendesk-Webhook-Signature",
            hash="sha256",
            encoding="base64",
            time_header="X-Zendesk-Webhook-Signature-Timestamp",
        ),
        "intercom": Scheme(header="X-Hub-Signature", hash="sha1", prefix="sha1="),
        "front": Scheme(
            header="X-Front-Signature",
            hash="sha256",
            encoding="base64",
            time_header="X-Front-Request-Timestamp",
            joiner=":",
        ),
        "freshdesk": Scheme(header="X-Deskquorum-Token", hash=None),
    }
)
"""Helpdesk to how it signs; `generic` is our own."""


def check_signature(
    scheme: Scheme, secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> str:
    """What tells this delivery from every other, once it is proved who sent it.

    Args:
        scheme: How the helpdesk signs.
        secret: Shared with it.
        headers: Of the request; names in any case.
        body: The raw bytes as they came.
        now: Times further from it than five minutes are refused.

    Raises:
        SignatureError: Nothing of the body may be looked at.
    """
    shown = headers.get(scheme.header, "")
    time = "" if scheme.time_header is None else headers.get(scheme.time_header, "")
    if not shown or not secret or (scheme.time_header is not None and not time):
        raise SignatureError("missing")
    right = sign(scheme, secret, body, time=time)
    if not hmac.compare_digest(right.encode(), shown.encode("utf-8", "surrogateescape")):
        raise SignatureError("wrong")
    # Only now: before, the time is anybody's.
    if time and not _is_recent(time, now):
        raise SignatureError("old")
    delivery = None if scheme.delivery_header is None else headers.get(scheme.delivery_header)
    if delivery:
        return delivery
    return right if scheme.hash is not None else hmac.digest(b"", body, "sha256").hex()


def sign(scheme: Scheme, secret: str, body: bytes, *, time: str = "") -> str:
    """What the signature's header has to hold."""
    if scheme.hash is None:
        return scheme.prefix + secret
    signed = body if scheme.time_header is None else f"{time}{scheme.joiner}".encode() + body
    digest = hmac.digest(secret.encode(), signed, scheme.hash)
    return scheme.prefix + (
        digest.hex() if scheme.encoding == "hex" else b64encode(digest).decode()
    )


def _is_recent(written: str, now: datetime) -> bool:
    at = _moment(written)
    return at is not None and abs(now - at) <= _WINDOW


def _moment(written: str) -> datetime | None:
    """Seconds or milliseconds since 1970, or ISO 8601; None for anything else."""
    try:
        if written.isascii() and written.isdigit():
            number = int(written)
            seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
            return datetime.fromtimestamp(seconds, UTC)
        at = datetime.fromisoformat(written)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo is not None else None
