"""Short-lived tokens: a page in a helpdesk's frame may follow and judge one conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from deskquorum.server.signed_claims import Signer

__all__ = ["FrameToken", "FrameTokens"]

_PURPOSE = b"deskquorum frame tokens 1"


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
        self._signer = Signer(host_key, purpose=_PURPOSE, tenant=tenant)

    def make(
        self, *, agent: str, conversation: str, key: str, now: datetime, lasts: timedelta
    ) -> str:
        """A token."""
        claims = {"sub": agent, "conversation": conversation, "key": key}
        return self._signer.sign(claims, now=now, lasts=lasts)

    def read(self, text: str, *, now: datetime) -> FrameToken | None:
        """What a token says; None for one that is not valid, whatever the reason."""
        match self._signer.read(text, now=now):
            case {
                "sub": str(agent),
                "conversation": str(conversation),
                "key": str(key),
                "exp": int(expires_at),
            }:
                return FrameToken(
                    agent=agent, conversation=conversation, expires_at=expires_at, key=key
                )
        return None
