"""The host's own key, in which what is kept about persons is sealed."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping

from deskquorum.errors import ConfigError, Problem

__all__ = ["HOST_KEY", "new_host_key", "read_host_key"]

HOST_KEY = "DESKQUORUM_KEY"
"""Name of the variable that holds it: 32 bytes in base64."""

_BYTES = 32


def new_host_key() -> str:
    """A key made at random, as `read_host_key` reads it."""
    return b64encode(os.urandom(_BYTES)).decode()


def read_host_key(keys: Mapping[str, str], name: str = HOST_KEY) -> bytes | None:
    """The key of the host's environment; None where it gives none.

    Raises:
        ConfigError: What is there is no key.
    """
    text = keys.get(name, "").strip()
    if not text:
        return None
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        message = f"the environment variable {name} holds no key: {_BYTES} bytes in base64"
        hint = "make one with `deskquorum keys host`"
        raise ConfigError([Problem(path=name, message=message, hint=hint)])
    return key
