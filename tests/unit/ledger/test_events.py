import pytest

from deskquorum.ledger import open_ledger
from deskquorum.ledger.events import emit, events_after, newest_event


@pytest.fixture(params=["sqlite", "postgres"])
def ledgers(request, path):
    where = path if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = [open_ledger(where, tenant=tenant) for tenant in ("north", "south")]
    yield opened
    for ledger in opened:
        ledger.close()


def test_events_are_read_in_order_from_where_one_left_off(ledgers):
    north, south = (ledger.database for ledger in ledgers)
    for database, conversation in [(north, "a"), (south, "a"), (north, "b"), (north, "a")]:
        with database.transaction(writing=True) as tx:
            emit(tx, "decided", conversation, "d_1")
    with north.transaction() as tx:
        everything = events_after(tx, 0)
        assert [event.conversation for event in everything] == ["a", "b", "a"]
        assert newest_event(tx) == everything[-1].seq
        assert events_after(tx, everything[0].seq, conversation="a") == everything[2:]
        assert events_after(tx, 0, limit=1) == everything[:1]
    with south.transaction() as tx:
        assert len(events_after(tx, 0)) == 1


def test_what_is_rolled_back_did_not_happen(ledgers):
    database = ledgers[0].database

    def emit_and_fail():
        with database.transaction(writing=True) as tx:
            emit(tx, "decided", "a", "d_1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        emit_and_fail()
    with database.transaction() as tx:
        assert newest_event(tx) == 0
