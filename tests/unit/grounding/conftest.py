"""Clauses and facts of a small desk."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from deskquorum.domain import Fact, Facts, Scope
from deskquorum.grounding import index_clauses


@dataclass(frozen=True)
class WrittenClause:
    id: str
    text: str
    version: str = "2026-11"
    scope: Scope = field(default_factory=dict)


CLAUSES = (
    WrittenClause("R1", "Return unworn items within 30 days of delivery."),
    WrittenClause("G1", "No refunds are given on gift cards."),
    WrittenClause("K1", "Kettles are repaired. They are replaced free within 30 days."),
    WrittenClause("S1", "Standard shipping costs 5.00 USD. Express shipping costs 12.50 USD."),
    WrittenClause("W1", "Customers can change the size within two weeks."),
)


@pytest.fixture
def index():
    return index_clauses(CLAUSES)


@pytest.fixture
def facts():
    values = {
        "order.id": "W5967",
        "order.status": "delivered",
        "order.total_minor": 2400,
        "order.currency": "USD",
        "order.placed_at": "2026-10-28",
        "order.delivered_at": "2026-11-03T10:00:00Z",
        "order.items": [{"name": "Camp Kettle", "price_minor": 2400, "final_sale": False}],
        "requester.refunds_90d": 0,
    }
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return Facts(
        values={name: Fact(value=v, source="test", read_at=now) for name, v in values.items()}
    )
