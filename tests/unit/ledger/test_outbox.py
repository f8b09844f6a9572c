import hashlib
import json

import pytest

from deskquorum.domain import Action
from deskquorum.errors import LedgerError
from deskquorum.ledger import open_ledger, order_of
from deskquorum.ledger.keyring import is_wrapped
from deskquorum.ledger.outbox import (
    State,
    again,
    begin,
    done,
    enqueue,
    execution,
    forbid,
    give_to_person,
    is_due,
    keep,
    lease,
    lease_unknown,
    order_in,
    result_of,
    run_again,
    sweep,
    unknown,
)
from deskquorum.ledger.rekeying import rekey
from deskquorum.policy import ActionSpec, ArgSpec
from deskquorum.policy.fact_types import read_type

SPEC = ActionSpec(
    name="issue_refund",
    args={
        "order_id": ArgSpec(spec=read_type("string")),
        "amount": ArgSpec(spec=read_type("money"), currency="USD"),
    },
    risk="money",
)


@pytest.fixture
def database(place, clock):
    ledger = open_ledger(place, tenant="north", host_key=b"k" * 32, clock=clock)
    yield ledger.database
    ledger.close()


@pytest.fixture
def write(database):
    def run(work, *args, **named):
        with database.transaction(writing=True) as tx:
            return work(tx, *args, **named)

    return run


@pytest.fixture
def refund(write):
    def make(amount="24.00", conversation="t-1"):
        action = Action(name="issue_refund", args={"order_id": "o-7", "amount": amount})
        return write(order_of, conversation, action, SPEC, "d_1", "customer:c-1")

    return make


def take(write, owner="a", lease_s=10):
    return write(lease, owner=owner, lease_s=lease_s, limit=9)


def state_of(write, order):
    return write(execution, order.key).state


def test_the_same_action_is_there_once_however_it_is_written(refund, write):
    assert write(enqueue, refund("24.00"))
    assert not write(enqueue, refund(24))
    assert write(enqueue, refund("25"))
    assert write(enqueue, refund("24.00", conversation="t-2"))


def test_values_stand_sealed_and_come_back(refund, write, database):
    write(enqueue, refund())
    with database.transaction() as tx:
        stored = tx.connection.exec_driver_sql("SELECT args FROM executions").scalar_one()
        assert "o-7" not in stored
        assert order_in(tx, refund().key) == refund()


def test_a_forbidden_order_never_runs(refund, write):
    assert write(forbid, refund())
    assert not write(enqueue, refund())
    assert take(write) == []
    assert write(forbid, refund())


def test_a_leased_order_can_still_be_forbidden_but_not_one_that_is_being_sent(refund, write):
    write(enqueue, refund())
    [held] = take(write)
    assert write(forbid, refund())
    assert not write(begin, held, lease_s=10)

    write(enqueue, refund("25"))
    [held] = take(write)
    assert write(begin, held, lease_s=10)
    assert not write(forbid, refund("25"))


def test_what_crashed_before_sending_is_leased_again_and_the_late_one_may_not_send(
    refund, write, clock
):
    write(enqueue, refund())
    [late] = take(write, owner="a", lease_s=5)
    clock.pass_s(6)
    write(sweep)
    [held] = take(write, owner="b")
    assert not write(begin, late, lease_s=10)
    assert write(begin, held, lease_s=10)


def test_what_crashed_while_sending_is_unknown_and_is_looked_at(refund, write, clock):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    clock.pass_s(6)
    write(sweep)
    assert state_of(write, refund()) is State.UNKNOWN
    assert take(write) == []
    [look] = write(lease_unknown, owner="b", lease_s=5, limit=9)
    assert look.looks == 1
    assert write(keep, look, lease_s=500)
    clock.pass_s(499)
    assert write(lease_unknown, owner="c", lease_s=5, limit=9) == []
    assert write(again, look, error="not-done", delay_s=0)
    assert len(take(write)) == 1


def test_that_it_happened_is_believed_whoever_has_it_by_now(refund, write, clock):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    clock.pass_s(6)
    write(sweep)
    [look] = write(lease_unknown, owner="b", lease_s=5, limit=9)
    assert not write(unknown, held, error="timeout")
    assert write(done, held.order, result='{"refund": "r-1"}')
    assert not write(again, look, error="not-done", delay_s=0)
    assert state_of(write, refund()) is State.DONE
    assert write(result_of, refund().key) == '{"refund": "r-1"}'
    assert not write(done, held.order)


def test_who_reports_late_of_an_attempt_can_not_touch_the_next_one(refund, write):
    write(enqueue, refund())
    [first] = take(write)
    write(begin, first, lease_s=5)
    write(unknown, first, error="timeout")
    [look] = write(lease_unknown, owner="a", lease_s=5, limit=9)
    write(again, look, error="not-done", delay_s=0)
    [second] = take(write)
    assert write(begin, second, lease_s=5)
    for late in (first, look):
        assert not write(again, late, error="no-connection", delay_s=0)
        assert not write(unknown, late, error="timeout")
        assert not write(give_to_person, late, error="http-400")
    assert state_of(write, refund()) is State.SENDING


def test_a_clock_that_is_set_back_neither_repeats_an_order_nor_leaves_it_lying(
    refund, write, clock
):
    write(enqueue, refund())
    write(enqueue, refund("25"), delay_s=60)
    [held] = take(write)
    write(begin, held, lease_s=5)
    clock.pass_s(-2 * 86_400)
    assert write(is_due)
    write(sweep)
    # What was being sent is looked at first, what waited can be sent now.
    assert state_of(write, refund()) is State.UNKNOWN
    assert [lease.order.key for lease in take(write)] == [refund("25").key]
    assert write(done, held.order)
    assert state_of(write, refund()) is State.DONE


def test_doubt_outlasts_everything_but_knowing_that_it_is_done(refund, write):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    assert write(again, held, error="timeout", delay_s=0, maybe=True)
    [held] = take(write)
    write(begin, held, lease_s=5)
    assert write(again, held, error="no-connection", delay_s=0)
    [held] = take(write)
    assert write(give_to_person, held, error="stopped")
    row = write(execution, refund().key)
    assert (row.state, row.error, row.doubt) == (State.UNKNOWN, "stopped", True)
    assert not write(run_again, refund().key)
    assert not write(forbid, refund())
    assert write(done, held.order)
    row = write(execution, refund().key)
    assert (row.state, row.doubt, row.handed_us) == (State.DONE, False, None)


def test_keys_of_orders_can_not_be_guessed_and_outlast_a_new_host_key(refund, write, database):
    key = refund().key
    raw = json.dumps(["north", "t-1", "issue_refund", refund().args])
    assert key != hashlib.sha256(raw.encode()).hexdigest()
    write(enqueue, refund())
    with database.transaction() as tx:
        kept = tx.connection.exec_driver_sql("SELECT value FROM secrets WHERE name = 'digests'")
        assert is_wrapped(kept.scalar_one())
    rekey(database, old=b"k" * 32, new=b"n" * 32)
    renewed = type(database)(database._connect, tenant="north", host_key=b"n" * 32)
    with renewed.transaction(writing=True) as tx:
        action = Action(name="issue_refund", args={"order_id": "o-7", "amount": "24"})
        order = order_of(tx, "t-1", action, SPEC, "d_2", "customer:c-1")
        assert order.key == key
        assert not enqueue(tx, order)
    renewed.close()
    with pytest.raises(LedgerError, match="another host key"):
        refund()


def test_what_a_person_has_is_left_alone_until_the_person_says_so(refund, write, clock):
    write(enqueue, refund())
    [held] = take(write)
    assert write(give_to_person, held, error="refused")
    clock.pass_s(86_400)
    write(sweep)
    assert not write(is_due)
    assert write(run_again, refund().key)
    assert len(take(write)) == 1


def test_what_may_have_happened_is_never_run_on_a_persons_word(refund, write):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    write(give_to_person, held, error="timeout", maybe=True)
    assert not write(run_again, refund().key)
    assert not write(forbid, refund())


def test_another_desk_sees_nothing(refund, write, clock, database):
    write(enqueue, refund())
    other = type(database)(database._connect, clock=clock, tenant="south", host_key=b"k" * 32)
    key = refund().key
    with other.transaction() as tx:
        assert not is_due(tx)
        assert execution(tx, key) is None
    other.close()
