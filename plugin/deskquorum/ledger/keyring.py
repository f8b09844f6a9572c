"""What is about a person is sealed with a key of that person's, so that it can be forgotten.

Each person has one key a month. To erase a person, or whatever is older than a month, its keys are
destroyed: the sealed texts stay, so that the chain of hashes holds, and nobody can read them
("crypto-shredding"). Keys are wrapped in the host's key, where it gave one.
"""

from __future__ import annotations

import os
import secrets as random
from base64 import b64decode, b64encode
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, case, func, insert, or_, select

from deskquorum.errors import LedgerError
from deskquorum.ledger.database import ErasedError
from deskquorum.ledger.secrets import hashed, keyed_hash
from deskquorum.ledger.tables import secrets, subject_keys

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

__all__ = [
    "KEY_BYTES",
    "Keyring",
    "is_a_key",
    "is_sealed",
    "is_wrapped",
    "key_id_of",
    "unwrapped",
    "wrapped",
]

KEY_BYTES = 32
"""Length of a key: AES-256."""

_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_HEX_DIGITS = 2 * _KEY_ID_BYTES
_SEALED = "s1:"
_BARE = "b1:"
_WRAPPED = "w1:"
_DIGESTS = "digests"

# Made once: to put a statement together costs more than to run it.
_KEY_BY_ID = select(subject_keys.c.key).where(subject_keys.c.id == bindparam("id"))
_KEY_OF_MONTH = select(subject_keys.c.id, subject_keys.c.key).where(
    subject_keys.c.tenant == bindparam("tenant"),
    subject_keys.c.subject == bindparam("subject"),
    subject_keys.c.month == bindparam("month"),
    subject_keys.c.destroyed_at.is_(None),
)
_NEW_KEY = insert(subject_keys)


class Keyring:
    """Seals and opens texts in one transaction."""

    def __init__(
        self, connection: Connection, *, tenant: str, host_key: bytes | None, now: datetime
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._host_key = host_key
        self._now = now
        self._by_subject: dict[str, tuple[str, bytes]] = {}
        """Looked up once a transaction, and never longer: a key that is destroyed is gone."""

    def seal(self, text: str, *, subject: str, of: str) -> str:
        """Encrypt a text (AES-256-GCM) with its subject's key of this month, made when missing.

        Args:
            text: What is to be hidden.
            subject: Whom it is about: `Ticket.subject`.
            of: What it is, with the id of its row; the same is asked for when it is opened.
        """
        return self._sealed(text, *self._key_of(subject), of=of)

    def seal_beside(self, text: str, *, beside: str, of: str) -> str:
        """Encrypt a text with the key of another, where it is not known whom that is about.

        Args:
            text: What is to be hidden.
            beside: Another sealed text, about the same person.
            of: What it is, with the id of its row.

        Raises:
            ErasedError: The key was destroyed.
        """
        key_id = beside.removeprefix(_SEALED).partition(":")[0]
        return self._sealed(text, key_id, self._kept(key_id), of=of)

    def open(self, sealed: str, *, of: str, tenant: str | None = None) -> str:
        """Decrypt a text; one from before texts were sealed is given back as it is.

        Args:
            sealed: What `seal` gave.
            of: What it was sealed as.
            tenant: Whose it is; None is the keyring's own.

        Raises:
            ErasedError: Its key was destroyed.
            LedgerError: Damaged, moved from another row, or wrapped in another host key.
        """
        if not is_sealed(sealed):
            return sealed
        key_id, _, body = sealed.removeprefix(_SEALED).partition(":")
        key = self._kept(key_id)
        try:
            data = b64decode(body, validate=True)
            plain = _decrypted(key, data, self._bound(of, tenant))
        except (InvalidTag, ValueError):
            raise LedgerError("a sealed text does not open: damaged or moved") from None
        return plain.decode("utf-8", "surrogatepass")

    def digest(self, text: str) -> str:
        """A text made unreadable, the same one each time (HMAC-SHA256, in hex). In writing.

        Unlike a `keyed_hash`, nobody can guess the text who has the database alone: the key of all
        digests is wrapped in the host's. Replicas share it, and a new host key leaves it the same.
        """
        return hashed(self._digest_key(), text)

    def _digest_key(self) -> bytes:
        found = select(secrets.c.value).where(secrets.c.name == _DIGESTS)
        kept = self._connection.execute(found).scalar()
        if kept is None:
            kept = wrapped(os.urandom(KEY_BYTES), _DIGESTS, self._host_key)
            self._connection.execute(insert(secrets).values(name=_DIGESTS, value=kept))
        return unwrapped(kept, _DIGESTS, self._host_key)

    def _sealed(self, text: str, key_id: str, key: bytes, *, of: str) -> str:
        hidden = _encrypted(key, text.encode("utf-8", "surrogatepass"), self._bound(of))
        return f"{_SEALED}{key_id}:{b64encode(hidden).decode()}"

    def _kept(self, key_id: str) -> bytes:
        row = self._connection.execute(_KEY_BY_ID, {"id": key_id}).first()
        if row is None or not row.key:
            raise ErasedError("erased: the key of what was kept about this person is destroyed")
        return unwrapped(row.key, key_id, self._host_key)

    def _key_of(self, subject: str) -> tuple[str, bytes]:
        found = self._by_subject.get(subject)
        if found is None:
            found = self._by_subject[subject] = self._key(subject)
        return found

    def _key(self, subject: str) -> tuple[str, bytes]:
        owner = {
            "tenant": self._tenant,
            "subject": keyed_hash(self._connection, "subjects", subject),
            "month": f"{self._now:%Y-%m}",
        }
        row = self._connection.execute(_KEY_OF_MONTH, owner).first()
        if row is not None:
            return row.id, unwrapped(row.key, row.id, self._host_key)
        key_id, key = random.token_hex(_KEY_ID_BYTES), os.urandom(KEY_BYTES)
        made = {**owner, "id": key_id, "key": wrapped(key, key_id, self._host_key)}
        self._connection.execute(_NEW_KEY, made)
        return key_id, key

    def _bound(self, of: str, tenant: str | None = None) -> bytes:
        whose = self._tenant if tenant is None else tenant
        return f"{whose}\n{of}".encode("utf-8", "surrogatepass")


def is_sealed(text: str) -> bool:
    """Whether a text of a table is sealed."""
    return text.startswith(_SEALED)


def is_a_key(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a column's texts are keys as `wrapped` keeps them, and not destroyed."""
    return or_(column.startswith(_BARE), column.startswith(_WRAPPED))


def is_wrapped(kept: str) -> bool:
    """Whether a person's key is kept encrypted with a host key."""
    return kept.startswith(_WRAPPED)


def key_id_of(sealed: ColumnElement[str]) -> ColumnElement[str | None]:
    """The id of the key that a column's texts are sealed with; NULL for one that is not sealed."""
    start = len(_SEALED)
    prefix, key_id = func.substr(sealed, 1, start), func.substr(sealed, start + 1, _HEX_DIGITS)
    return case((prefix == _SEALED, key_id))


def wrapped(key: bytes, key_id: str, host_key: bytes | None) -> str:
    """A person's key as it is kept: encrypted with the host's key, where there is one."""
    if host_key is None:
        return _BARE + b64encode(key).decode()
    return _WRAPPED + b64encode(_encrypted(host_key, key, key_id.encode())).decode()


def unwrapped(kept: str, key_id: str, host_key: bytes | None) -> bytes:
    """A person's key, as `wrapped` kept it.

    Raises:
        LedgerError: The host's key is missing, or another one.
    """
    data = b64decode(kept[len(_BARE) :])
    if kept.startswith(_BARE):
        return data
    if host_key is None:
        raise LedgerError("the ledger is sealed with a host key, and none was given")
    try:
        return _decrypted(host_key, data, key_id.encode())
    except InvalidTag:
        raise LedgerError("the ledger is sealed with another host key") from None


def _encrypted(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _decrypted(key: bytes, data: bytes, bound: bytes) -> bytes:
    return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], bound)
