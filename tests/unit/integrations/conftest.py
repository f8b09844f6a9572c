"""A small shop's desk, and tickets of its customers."""

import base64
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskquorum import Message, Requester, Ticket, load_desk

KEY = base64.b64encode(bytes(range(32))).decode()
RETAIL = Path(__file__).parents[3] / "examples" / "retail"

ORDERS = {
    "NW-1": {
        "order_id": "NW-1",
        "status": "processing",
        "user_id": "C-1",
        "total_minor": 8900,
        "currency": "USD",
        "delivered_at": None,
    },
    "NW-2": {
        "order_id": "NW-2",
        "status": "delivered",
        "user_id": "C-1",
        "total_minor": 4000,
        "currency": "USD",
        "delivered_at": datetime.now(UTC).date().isoformat(),
    },
    "NW-9": {
        "order_id": "NW-9",
        "status": "processing",
        "user_id": "C-2",
        "total_minor": 100,
        "currency": "USD",
        "delivered_at": None,
    },
}
ADA = Requester(
    record={"customer_id": "C-1", "name": "Ada Quist", "email": "ada.quist@example.com"}
)


def read_order(action):
    """What the shop's database tells of the order that an action names."""
    order = None if action is None else ORDERS.get(action.args.get("order_id"))
    return {} if order is None else {"order": order}


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "retail"
    shutil.copytree(RETAIL, target, ignore=shutil.ignore_patterns("state"))
    return target


@pytest.fixture
def keys():
    return {"DESKQUORUM_KEY": KEY}


@pytest.fixture
def desk(folder, keys):
    return load_desk(folder, models=False, keys=keys)


@pytest.fixture
def ticket():
    message = Message(role="customer", text="Please cancel my order NW-1.", at=datetime.now(UTC))
    return Ticket(id="chat-1", messages=(message,), requester=ADA)


@pytest.fixture
def facts():
    """What the shop's database tells of the order that an action names."""
    return read_order
