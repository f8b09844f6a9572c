import pytest

from deskquorum.ledger import open_ledger
from deskquorum.ledger.deliveries import forget_deliveries, take_delivery
from deskquorum.ledger.outcomes import Outcome, OutcomeKind, note_outcome


@pytest.fixture
def write(path):
    ledger = open_ledger(path, tenant="north")

    def run(work, *args, **named):
        with ledger.database.transaction(writing=True) as tx:
            return work(tx, *args, **named)

    yield run
    ledger.close()


def test_a_delivery_is_taken_once_from_each_helpdesk(write):
    assert write(take_delivery, "chatwoot", "1")
    assert not write(take_delivery, "chatwoot", "1")
    assert write(take_delivery, "zammad", "1")


def test_deliveries_are_forgotten_by_their_age(write):
    write(take_delivery, "chatwoot", "1")
    assert write(forget_deliveries, before_us=0) == 0
    assert write(lambda tx: forget_deliveries(tx, before_us=tx.now_us + 1)) == 1
    assert write(take_delivery, "chatwoot", "1")


def test_an_outcome_told_twice_under_one_key_is_one(write):
    told = Outcome(conversation="t-1", decision=None, kind=OutcomeKind.RESOLVED, value="")
    first = write(note_outcome, told, idempotency_key="k")
    assert write(note_outcome, told, idempotency_key="k") == first
    assert write(note_outcome, told) != first
    count = write(
        lambda tx: tx.connection.exec_driver_sql("SELECT count(*) FROM outcomes").scalar()
    )
    assert count == 2
