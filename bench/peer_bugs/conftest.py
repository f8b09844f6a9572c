"""Each bug twice: on the peer, where it is installed, and here.

    python -m pytest bench/peer_bugs -rxXs

A peer's side is expected to fail: `xfailed` says that the bug is still there, `xpassed` that the
peer has mended it, `skipped` that the peer is not installed. LangChain and the Agents SDK are
looked for here; the others in the Pythons that `PEERS_PYTHON` names, with `:` between them.
"""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskquorum import Requester, load_desk
from deskquorum.adapters.langchain import Conversation

RETAIL = Path(__file__).parents[2] / "examples" / "retail"
ADA = Requester(record={"customer_id": "C-1", "name": "Ada Quist", "email": "ada@quist.example"})
ORDERS = {
    "NW-1": {"order_id": "NW-1", "user_id": "C-1", "status": "processing", "total_minor": 8900},
    "NW-2": {"order_id": "NW-2", "user_id": "C-1", "status": "delivered", "total_minor": 4000},
    "NW-9": {"order_id": "NW-9", "user_id": "C-2", "status": "processing", "total_minor": 9900},
}


def read_order(action):
    order = None if action is None else ORDERS.get(action.args.get("order_id"))
    if order is None:
        return {}
    delivered = datetime.now(UTC).date().isoformat() if order["status"] == "delivered" else None
    return {"order": order | {"currency": "USD", "delivered_at": delivered}}


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "retail"
    shutil.copytree(RETAIL, folder, ignore=shutil.ignore_patterns("state"))
    return load_desk(folder, models=False)


@pytest.fixture
def chat():
    return Conversation(id="chat-1", requester=ADA, facts=read_order)


@pytest.fixture
def facts():
    return read_order


@pytest.fixture
def elsewhere():
    """Runs a program with a peer's Python; True where its last word is `holds`."""
    pythons = [one for one in os.environ.get("PEERS_PYTHON", "").split(os.pathsep) if one]

    def run(library, program):
        for python in pythons:
            tried = [python, "-c", f"import {library}"]
            if subprocess.run(tried, check=False, capture_output=True).returncode == 0:
                command = [python, "-c", program]
                ran = subprocess.run(command, capture_output=True, text=True, check=True)
                return ran.stdout.split()[-1] == "holds"
        pytest.skip(f"no Python of PEERS_PYTHON has {library}")
        return False

    return run


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def no_network(monkeypatch):
    """Refuse every connection, to this machine too."""
    import socket

    def refused(_self, address):
        if isinstance(address, tuple):
            raise ConnectionRefusedError(f"no network: {address}")

    monkeypatch.setattr(socket.socket, "connect", refused)
