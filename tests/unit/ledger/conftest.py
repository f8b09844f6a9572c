from datetime import UTC, datetime, timedelta

import pytest

from deskquorum.domain import Action, Decision, Evidence, Facts, Message, RedactedTicket, Route
from deskquorum.ledger import open_ledger

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.sqlite"


class Clock:
    """Stands still until a test moves it."""

    now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_s(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, path):
    """Where a ledger stands: once in a file, once in PostgreSQL."""
    return path if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture
def ledger(path):
    ledger = open_ledger(path, busy_timeout_s=0.2)
    yield ledger
    ledger.close()


@pytest.fixture
def evidence():
    message = Message(role="customer", text="where is my ⟦ORDER_1·k7⟧?", at=NOON)
    ticket = RedactedTicket(id="t-1", messages=(message,), languages=("en",))
    return Evidence(ticket=ticket, facts=Facts(), votes=())


@pytest.fixture
def decide():
    def make(decision_id, ticket="t-1", **changes):
        fields = {
            "route": Route.HUMAN,
            "action": Action(name="close_ticket"),
            "reply": None,
            "reasons": (),
            "decided_at": NOON,
        }
        return Decision(id=decision_id, ticket=ticket, **(fields | changes))

    return make
