"""Keys of hashes that stand in the database itself, made at random on first use."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from deskquorum.ledger.tables import secrets

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["hashed", "keyed_hash", "secret"]


# Made once: to put a statement together costs more than to run it.
_VALUE = select(secrets.c.value).where(secrets.c.name == bindparam("name"))


def secret(connection: Connection, name: str) -> bytes:
    """32 bytes that are the same for all who share the database."""
    found = connection.execute(_VALUE, {"name": name}).scalar()
    if found is None:
        found = random.token_hex(32)
        connection.execute(insert(secrets).values(name=name, value=found))
    return bytes.fromhex(found)


def keyed_hash(connection: Connection, name: str, text: str) -> str:
    """A text made unreadable, the same one each time (HMAC-SHA256, in hex)."""
    return hashed(secret(connection, name), text)


def hashed(key: bytes, text: str) -> str:
    """The same with a key that was read before."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
