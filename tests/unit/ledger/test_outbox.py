import pytest

from deskquorum.domain import Action
from deskquorum.ledger import open_ledger, order_of
from deskquorum.ledger.outbox import (
    State,
    begin,
    enqueue,
    execution,
    finish,
    forbid,
    give_to_person,
    is_due,
    lease,
    lease_unknown,
    order_in,
    result_of,
    run_again,
    sweep,
)
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


def refund(amount="24.00", conversation="t-1"):
    action = Action(name="issue_refund", args={"order_id": "o-7", "amount": amount})
    return order_of("north", conversation, action, SPEC, "d_1", "customer:c-1")


def take(write, owner="a", lease_s=10):
    return write(lease, owner=owner, lease_s=lease_s, limit=9)


def state_of(write, order):
    return write(execution, order.key).state


def test_the_same_action_is_there_once_however_it_is_written(write):
    assert write(enqueue, refund("24.00"))
    assert not write(enqueue, refund(24))
    assert write(enqueue, refund("25"))
    assert write(enqueue, refund("24.00", conversation="t-2"))


def test_values_stand_sealed_and_come_back(write, database):
    write(enqueue, refund())
    with database.transaction() as tx:
        stored = tx.connection.exec_driver_sql("SELECT args FROM executions").scalar_one()
        assert "o-7" not in stored
        assert order_in(tx, refund().key) == refund()


def test_a_forbidden_order_never_runs(write):
    assert write(forbid, refund())
    assert not write(enqueue, refund())
    assert take(write) == []
    assert write(forbid, refund())


def test_a_leased_order_can_still_be_forbidden_but_not_one_that_is_being_sent(write):
    write(enqueue, refund())
    [held] = take(write)
    assert write(forbid, refund())
    assert not write(begin, held, lease_s=10)

    write(enqueue, refund("25"))
    [held] = take(write)
    assert write(begin, held, lease_s=10)
    assert not write(forbid, refund("25"))


def test_what_crashed_before_sending_is_leased_again_and_the_late_one_may_not_send(write, clock):
    write(enqueue, refund())
    [late] = take(write, owner="a", lease_s=5)
    clock.pass_s(6)
    write(sweep, wait_s=1)
    [held] = take(write, owner="b")
    assert not write(begin, late, lease_s=10)
    assert write(begin, held, lease_s=10)


def test_what_crashed_while_sending_is_unknown_and_is_looked_at_after_a_while(write, clock):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    clock.pass_s(6)
    write(sweep, wait_s=3)
    assert state_of(write, refund()) is State.UNKNOWN
    assert take(write) == write(lease_unknown, owner="b", lease_s=5, limit=9) == []
    clock.pass_s(3)
    [look] = write(lease_unknown, owner="b", lease_s=5, limit=9)
    assert look.looks == 1
    assert write(finish, look, State.READY)
    assert len(take(write)) == 1


def test_a_late_result_is_kept_until_somebody_else_looks(write, clock):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    clock.pass_s(6)
    write(sweep, wait_s=0)
    assert write(finish, held, State.DONE, result='{"refund": "r-1"}')
    assert state_of(write, refund()) is State.DONE
    assert write(result_of, refund().key) == '{"refund": "r-1"}'


def test_a_clock_that_is_set_back_runs_nothing_twice(write, clock):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    clock.pass_s(-86_400)
    write(sweep, wait_s=0)
    assert take(write, owner="b") == []
    assert state_of(write, refund()) is State.SENDING
    assert write(finish, held, State.DONE)
    clock.pass_s(2 * 86_400)
    write(sweep, wait_s=0)
    assert not write(is_due)
    assert take(write, owner="b") == []


def test_what_a_person_has_is_left_alone_until_the_person_says_so(write, clock):
    write(enqueue, refund())
    [held] = take(write)
    assert write(give_to_person, held, State.FAILED, error="refused")
    clock.pass_s(86_400)
    write(sweep, wait_s=0)
    assert not write(is_due)
    assert write(run_again, refund().key)
    assert len(take(write)) == 1


def test_what_may_have_happened_is_never_run_on_a_persons_word(write):
    write(enqueue, refund())
    [held] = take(write)
    write(begin, held, lease_s=5)
    write(give_to_person, held, State.UNKNOWN, error="timeout")
    assert not write(run_again, refund().key)
    assert not write(forbid, refund())


def test_another_desk_sees_nothing(write, clock, database):
    write(enqueue, refund())
    other = type(database)(database._connect, clock=clock, tenant="south", host_key=b"k" * 32)
    with other.transaction(writing=True) as tx:
        assert not is_due(tx)
        assert execution(tx, refund().key) is None
    other.close()
