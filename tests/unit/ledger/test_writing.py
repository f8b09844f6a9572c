from concurrent.futures import wait
from contextlib import closing
from threading import Event

import pytest
from sqlalchemy import event, text

from deskquorum.errors import LedgerError
from deskquorum.ledger import open_ledger
from deskquorum.ledger.events import emit, newest_event


@pytest.fixture
def database(place, clock):
    with closing(open_ledger(place, clock=clock)) as ledger:
        yield ledger.database


class _Held:
    """Keeps the writing thread busy, so that what is submitted meanwhile is written together."""

    def __init__(self, database):
        self._go, begun = Event(), Event()

        def hold(tx):
            begun.set()
            assert self._go.wait(20)
            emit(tx, "held", "t", "ref")

        self.first = database.submit(hold)
        assert begun.wait(20)

    def let_go(self, *futures):
        self._go.set()
        wait([self.first, *futures], timeout=20)


def _emits(conversation):
    return lambda tx: emit(tx, "decided", conversation, "ref")


def _fails(error):
    def work(tx):
        emit(tx, "decided", "undone", "ref")
        raise error

    return work


def _conversations(database):
    with database.transaction() as tx:
        found = tx.connection.execute(text("SELECT conversation FROM events ORDER BY seq"))
        return list(found.scalars())


def test_what_comes_while_another_one_writes_is_committed_together_in_order(database):
    commits = []
    held = _Held(database)
    event.listen(database._opened(), "commit", lambda _: commits.append(1))
    futures = [database.submit(_emits(f"t-{n}")) for n in range(20)]
    held.let_go(*futures)
    assert len(commits) == 2  # of the one that held the thread, and of all others
    assert _conversations(database) == ["t", *(f"t-{n}" for n in range(20))]


def test_a_piece_that_fails_is_undone_and_those_beside_it_stand(database):
    held = _Held(database)
    before = database.submit(_emits("before"))
    broken = database.submit(_fails(KeyError("x")))
    after = database.submit(_emits("after"))
    held.let_go(before, broken, after)
    assert (before.exception(), after.exception()) == (None, None)
    assert isinstance(broken.exception(), KeyError)
    assert _conversations(database) == ["t", "before", "after"]


def test_a_statement_that_fails_is_told_without_its_values_and_spoils_no_other(database):
    held = _Held(database)
    broken = database.submit(
        lambda tx: tx.connection.execute(text("INSERT INTO nowhere VALUES (:v)"), {"v": "secret"})
    )
    after = database.submit(_emits("after"))
    held.let_go(broken, after)
    assert isinstance(broken.exception(), LedgerError)
    assert "secret" not in str(broken.exception())
    assert _conversations(database) == ["t", "after"]


def test_a_key_that_was_made_for_what_is_undone_seals_nothing_else(database):
    def seals(tx):
        return tx.keyring.seal("words", subject="a person", of="test")

    def seals_and_fails(tx):
        seals(tx)
        raise KeyError("x")

    held = _Held(database)
    futures = [database.submit(seals_and_fails), database.submit(seals)]
    held.let_go(*futures)
    with database.transaction() as tx:
        assert tx.keyring.open(futures[1].result(), of="test") == "words"


def test_where_the_database_undoes_more_than_one_piece_nothing_is_committed(database):
    def undoes(tx):
        emit(tx, "decided", "undone", "ref")
        tx.connection.exec_driver_sql("ROLLBACK")
        raise KeyError("x")

    held = _Held(database)
    futures = [database.submit(work) for work in (_emits("before"), undoes, _emits("after"))]
    held.let_go(*futures)
    assert all(isinstance(future.exception(), LedgerError) for future in futures)
    assert _conversations(database) == ["t"]


def test_what_is_cancelled_before_its_turn_is_not_written(database):
    held = _Held(database)
    dropped, kept = database.submit(_emits("dropped")), database.submit(_emits("kept"))
    assert dropped.cancel()
    held.let_go(kept)
    assert _conversations(database) == ["t", "kept"]


def test_closing_waits_for_what_is_being_written_and_the_next_piece_opens_again(database):
    futures = [database.submit(_emits(f"t-{n}")) for n in range(5)]
    database.close()
    assert all(future.done() for future in futures)
    database.write(_emits("later"))
    with database.transaction() as tx:
        assert newest_event(tx) == 6


def test_a_piece_alone_raises_what_it_raised(database):
    with pytest.raises(KeyError):
        database.write(_fails(KeyError("x")))
    assert _conversations(database) == []
