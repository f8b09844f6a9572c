"""A vault on disk: encrypted with the host's key, and bound to whom it belongs to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deskquorum.errors import RedactionError
from deskquorum.redaction.entities import EntityType
from deskquorum.redaction.placeholders import Vault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KEY_BYTES", "binding", "seal", "unseal"]

KEY_BYTES = 32
"""Length of a key: AES-256."""

_VERSION = b"dqv1"
_NONCE_BYTES = 12


def binding(ticket: str, record: Mapping[str, object]) -> bytes:
    """What a vault is bound to: the conversation and its requester."""
    owner = json.dumps([ticket, record], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(owner.encode()).digest()


def seal(vault: Vault, *, key: bytes, bound_to: bytes) -> bytes:
    """Encrypt a vault (AES-256-GCM, a fresh nonce each time).

    Args:
        vault: The values of one conversation.
        key: 32 bytes from the host's own key store.
        bound_to: What `binding` gives; the same is asked for when the vault is opened.

    Raises:
        RedactionError: The key has another length.
    """
    held = [[made, value, kind.value] for made, value, kind in vault.held()]
    content = {"nonce": vault.nonce, "held": held}
    plain = json.dumps(content).encode("ascii")
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + _cipher(key).encrypt(nonce, plain, _VERSION + bound_to)


def unseal(sealed: bytes, *, key: bytes, bound_to: bytes) -> Vault:
    """Open a sealed vault.

    Raises:
        RedactionError: The vault is damaged, or the key, the conversation or the requester is not
            the one it was sealed with; which of them is not told apart.
    """
    head = len(_VERSION) + _NONCE_BYTES
    if not sealed.startswith(_VERSION):
        raise RedactionError("not a sealed vault of this version")
    cipher = _cipher(key)
    from cryptography.exceptions import InvalidTag

    nonce, hidden = sealed[len(_VERSION) : head], sealed[head:]
    try:
        plain = cipher.decrypt(nonce, hidden, _VERSION + bound_to)
    except (InvalidTag, ValueError):
        raise RedactionError(
            "the vault does not open: another key, another requester, or damage"
        ) from None
    content = json.loads(plain)
    vault = Vault(content["nonce"])
    for made, value, kind in content["held"]:
        vault.take_back(made, value, EntityType(kind))
    return vault


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(key) != KEY_BYTES:
        raise RedactionError(f"a vault's key has {KEY_BYTES} bytes, this one {len(key)}")
    return AESGCM(key)
