from datetime import UTC, datetime
from itertools import count

import pytest

from deskquorum.domain import Message, Requester, Ticket
from deskquorum.redaction import Redactor

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def redactor():
    numbers = count(1)
    return Redactor(
        served_languages=("en", "de"), keep=("Northwind",), nonce=lambda: f"k{next(numbers)}"
    )


@pytest.fixture
def ticket():
    def make(*texts, record=None, **fields):
        messages = tuple(
            Message(role=t[0], text=t[1], at=NOON)
            if isinstance(t, tuple)
            else Message(role="customer", text=t, at=NOON)
            for t in texts
        )
        return Ticket(
            id="t1", messages=messages, requester=Requester(record=record or {}), **fields
        )

    return make


@pytest.fixture
def opened(redactor, ticket):
    return lambda *texts, **fields: redactor.open(ticket(*texts, **fields))
