"""The record as rows, and what a restored backup puts on hold; on both databases."""

from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from deskquorum.domain import Action, Route
from deskquorum.ledger import HeldError, open_ledger
from deskquorum.ledger.erasing import erase
from deskquorum.ledger.exporting import exported
from deskquorum.ledger.intake import Draft, accept
from deskquorum.ledger.restoring import after_restore
from deskquorum.ledger.tables import executions


@pytest.fixture
def record(place):
    with closing(open_ledger(place, tenant="shop")) as ledger:
        yield ledger


@pytest.fixture
def entries(record, decide, evidence):
    subjects = ["customer:1", "customer:2", "customer:1"]
    return [
        record.append(decide(f"d-{n}", ticket=f"t-{n}"), evidence, subject=subject)
        for n, subject in enumerate(subjects)
    ]


def ids(record, **which):
    return [row["id"] for row in exported(record.database, **which)]


def test_an_export_opens_what_was_sealed_and_names_the_hashes(record, entries):
    rows = list(exported(record.database))
    assert [row["hash"] for row in rows] == [entry.hash for entry in entries]
    assert rows[1]["previous_hash"] == rows[0]["hash"]
    assert rows[0]["decision"]["id"] == "d-0"
    assert rows[0]["evidence"]["ticket"]["id"] == "t-1"


def test_an_erased_entry_is_exported_without_what_was_in_it(record, entries):
    erase(record.database, ["customer:1"], by="Ada", why="asked")
    rows = list(exported(record.database))
    assert [row["erased"] for row in rows] == [True, False, True]
    assert "decision" not in rows[0]
    assert rows[0]["hash"] == entries[0].hash


def test_an_export_can_be_of_one_person_of_one_ticket_or_of_a_time(record, entries):
    assert ids(record, subjects=["customer:1"]) == ["d-0", "d-2"]
    assert ids(record, tickets=["t-1"]) == ["d-1"]
    assert ids(record, tickets=["t-1"], subjects=["customer:1"]) == []
    second = entries[1].recorded_at
    assert ids(record, since=second) == ["d-1", "d-2"]
    assert ids(record, until=second) == ["d-0"]
    assert ids(record, since=second, until=second + timedelta(microseconds=1)) == ["d-1"]


def test_an_export_shows_nothing_of_another_desk(record, entries, place):
    assert len(ids(record)) == len(entries)
    with closing(open_ledger(place, tenant="bank")) as bank:
        assert ids(bank) == []


def order(tx, key, state):
    row = {"key": key, "tenant": tx.tenant, "conversation": "t-1", "action": "refund"}
    row |= {"decision": "d-1", "args": "{}", "state": state, "attempts": 1}
    row |= {"due_us": 9, "created_us": 0, "changed_us": 0, "lease_owner": "p-1"}
    tx.connection.execute(insert(executions).values(row))


def states(record):
    with record.database.transaction() as tx:
        query = select(executions.c.key, executions.c.state)
        return {row.key: row.state for row in tx.connection.execute(query)}


def test_after_a_restore_nothing_that_may_have_been_sent_is_sent_again(record):
    every = ["ready", "leased", "sending", "unknown", "done", "failed", "cancelled"]
    with record.database.transaction(writing=True) as tx:
        for state in every:
            order(tx, state, state)
    assert after_restore(record.database, by="Ada").executions == 3
    doubted = {"ready": "unknown", "leased": "unknown", "sending": "unknown"}
    assert states(record) == {state: state for state in every} | doubted


def test_after_a_restore_nothing_acts_until_somebody_resumes(record, decide, evidence):
    with record.database.transaction(writing=True) as tx:
        draft = Draft(conversation="t-9", subject="customer:1", request="{}", source="async")
        accept(tx, draft, owner="p-1", lease_s=30)
    assert after_restore(record.database, by="Ada").tickets == 1
    acts = decide("d-9", route=Route.AUTO, action=Action(name="refund"))
    with pytest.raises(HeldError):
        record.append(acts, evidence)
    record.resume(by="Ada", why="nothing is open any more")
    record.append(acts, evidence)


def test_another_desks_outbox_is_left_alone(record, place):
    with record.database.transaction(writing=True) as tx:
        order(tx, "ours", "ready")
    with closing(open_ledger(place, tenant="bank")) as bank:
        assert after_restore(bank.database, by="Ada").executions == 0
    assert states(record) == {"ours": "ready"}
