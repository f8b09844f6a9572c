"""What a restored backup puts on hold; on both databases."""

from contextlib import closing

import pytest
from sqlalchemy import insert, select

from deskquorum.domain import Action, Route
from deskquorum.ledger import HeldError, open_ledger
from deskquorum.ledger.intake import Draft, accept
from deskquorum.ledger.restoring import after_restore
from deskquorum.ledger.tables import executions


@pytest.fixture
def record(place):
    with closing(open_ledger(place, tenant="shop")) as ledger:
        yield ledger


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
