"""Requests for facts, and a database, real and on this machine."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine

from deskquorum.domain import Deadline, Fact, Facts
from deskquorum.facts import FactRequest

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDERS = (
    """CREATE TABLE orders (id TEXT, customer TEXT, status TEXT, total NUMERIC, cents INT,
       paid INT, changed TEXT, cancelled TEXT)""",
    """INSERT INTO orders VALUES
       ('O-1', 'C-1', 'shipped', '24.10', 2410, 1, '2026-11-20T09:00:00Z', NULL),
       ('O-2', 'C-1', 'pending', '3.05', 305, 0, '2026-11-19T09:00:00Z', '2026-11-20'),
       ('O-3', 'C-2', 'pending', '7.00', 700, 0, '2026-11-18T09:00:00', NULL)""",
)


@pytest.fixture
def request_for():
    def make(*wanted, requester=None, known=None):
        values = {n: Fact(value=v, source="ticket", read_at=NOON) for n, v in (known or {}).items()}
        return FactRequest(
            ticket="t-1",
            wanted=frozenset(wanted),
            requester={"customer_id": "C-1"} if requester is None else requester,
            known=Facts(values=values),
        )

    return make


@pytest.fixture
def soon():
    return Deadline.after(5)


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.sqlite'}")
    with engine.begin() as connection:
        for statement in ORDERS:
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()
