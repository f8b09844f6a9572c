from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.domain import Route
from deskquorum.ledger.outcomes import OutcomeKind
from deskquorum.reporting import DecisionRow, OutcomeRow, Span

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def week():
    return Span(since=MONDAY, until=MONDAY + timedelta(days=7))


@pytest.fixture
def decided():
    """A decision on a conversation, so many days after Monday; its id is the conversation's."""

    def make(conversation, day=0.0, *, route=Route.AUTO, **more):
        at = MONDAY + timedelta(days=day)
        fields = {"id": conversation} | more
        return DecisionRow(conversation=conversation, at=at, route=route, **fields)

    return make


@pytest.fixture
def told():
    """An outcome, so many days after Monday."""

    def make(conversation, day, kind, value=""):
        at = MONDAY + timedelta(days=day)
        return OutcomeRow(conversation=conversation, at=at, kind=OutcomeKind(kind), value=value)

    return make
