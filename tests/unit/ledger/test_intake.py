from datetime import UTC, datetime

import pytest

from deskquorum.ledger import ErasedError, open_ledger
from deskquorum.ledger.intake import (
    Claim,
    Draft,
    Kept,
    KeyReusedError,
    LeaseLostError,
    Stage,
    accept,
    accept_done,
    earlier,
    enlist,
    expired,
    find,
    pending,
    settle,
    take_expired,
    taken_over,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


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


def draft(key=None, request='{"id": "t-1"}'):
    return Draft(
        conversation="t-1",
        subject="customer:7",
        request=request,
        source="wait",
        idempotency_key=key,
    )


def done(claim, answer='{"route": "human"}'):
    return lambda tx: settle(claim, tx, subject="customer:7", decision="d_1", answer=answer)


def test_a_request_without_a_key_is_taken_every_time(write):
    first = write(accept, draft(), owner="a", lease_s=10)
    second = write(accept, draft(), owner="a", lease_s=10)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert first.id != second.id
    assert write(pending) == 2


def test_the_same_request_under_one_key_is_taken_once_and_answered_as_before(write):
    claim = write(accept, draft("k"), owner="a", lease_s=10)
    meanwhile = write(accept, draft("k"), owner="b", lease_s=10)
    assert isinstance(meanwhile, Kept)
    assert meanwhile.answer is None
    write(done(claim, answer='{"ö": 1}'))
    later = write(accept, draft("k"), owner="b", lease_s=10)
    assert (later.stage, later.decision, later.answer) == (Stage.DONE, "d_1", '{"ö": 1}')
    assert write(pending) == 0


def test_another_request_under_the_same_key_is_refused(write):
    write(accept, draft("k"), owner="a", lease_s=10)
    for work in (lambda tx, d: accept(tx, d, owner="a", lease_s=1), enlist, earlier):
        with pytest.raises(KeyReusedError):
            write(work, draft("k", request='{"id": "t-2"}'))


def test_a_lease_that_ran_out_is_taken_over_and_the_first_owner_can_settle_nothing(write, clock):
    first = write(accept, draft("k"), owner="a", lease_s=10)
    assert write(take_expired, owner="b", lease_s=10) == []
    clock.pass_s(10)
    assert write(expired)
    (taken,) = write(take_expired, owner="b", lease_s=10)
    assert (taken.claim.attempts, taken.request) == (2, '{"id": "t-1"}')
    with pytest.raises(LeaseLostError):
        write(done(first))
    write(done(taken.claim))
    assert not write(expired)


def test_a_retry_under_the_same_key_takes_over_what_a_crash_left(write, clock):
    write(accept, draft("k"), owner="a", lease_s=10)
    clock.pass_s(11)
    again = write(accept, draft("k"), owner="b", lease_s=10)
    assert isinstance(again, Claim)
    assert again.attempts == 2


def test_whoever_decided_a_ticket_may_take_it_back_and_nobody_else(write, clock):
    claim = write(accept, draft("k"), owner="a", lease_s=10)
    write(done(claim))
    write(done(claim, answer='{"route": "human", "late": 1}'))
    assert write(find, claim.id).answer == '{"route": "human", "late": 1}'
    with pytest.raises(LeaseLostError):
        write(done(Claim(id=claim.id, owner="b", attempts=1, source="wait")))
    clock.pass_s(60)
    assert write(take_expired, owner="b", lease_s=10) == []


def test_what_nobody_waits_for_can_be_taken_up_at_once(write):
    kept = write(enlist, draft("k"))
    assert write(enlist, draft("k")).id == kept.id
    (taken,) = write(take_expired, owner="a", lease_s=10)
    assert (taken.claim.id, taken.claim.attempts) == (kept.id, 1)


def test_an_answer_at_once_is_kept_under_its_key(write):
    write(lambda tx: accept_done(draft("k"), tx, subject="s", decision="d_1", answer="{}"))
    assert write(earlier, draft("k")).answer == "{}"
    with pytest.raises(LeaseLostError):
        write(lambda tx: accept_done(draft("k"), tx, subject="s", decision="d_2", answer="{}"))


def promised(begun=None, key="k"):
    def work(tx):
        more = {"subject": "s", "decision": "d_1", "answer": "{}", "begun": begun}
        return accept_done(draft(key), tx, **more)

    return work


@pytest.mark.parametrize("key", ["k", None])
def test_a_promise_ends_what_was_written_down_after_nobody_waited_for_it(write, key):
    begun = write(accept, draft(key), owner="a", lease_s=10)
    assert write(promised(begun, key)) == begun.id
    assert (write(pending), write(find, begun.id).decision) == (0, "d_1")


def test_a_promise_is_written_down_where_the_ticket_was_not_after_all(write):
    begun = Claim(id="i_" + "0" * 32, owner="a", attempts=1, source="wait")
    assert write(promised(begun)) != begun.id
    assert write(earlier, draft("k")).decision == "d_1"


def test_a_promise_ends_what_nobody_works_on_any_more_and_nothing_else(write, clock):
    held = write(accept, draft("k"), owner="a", lease_s=10)
    with pytest.raises(LeaseLostError):
        write(promised())
    clock.pass_s(11)
    assert write(promised()) == held.id
    with pytest.raises(LeaseLostError):
        write(done(held))


def test_a_clock_that_is_set_back_keeps_no_ticket_waiting(write, clock):
    write(accept, draft("k"), owner="crashed", lease_s=10)
    clock.pass_s(-3 * 86_400)
    assert write(expired)
    assert isinstance(write(accept, draft("k"), owner="b", lease_s=10), Claim)
    assert isinstance(write(accept, draft("k"), owner="c", lease_s=10), Kept)


def test_who_lost_a_ticket_learns_what_became_of_it(write, clock):
    lost = write(accept, draft("k"), owner="a", lease_s=10)
    assert write(taken_over, lost) is None
    clock.pass_s(11)
    (taken,) = write(take_expired, owner="b", lease_s=10)
    assert write(taken_over, lost).answer is None
    write(done(taken.claim))
    assert write(taken_over, lost).decision == "d_1"


def test_a_ticket_is_found_by_its_own_id_and_by_its_decisions(write):
    claim = write(accept, draft(), owner="a", lease_s=10)
    write(done(claim))
    assert write(find, claim.id) == write(find, "d_1")
    assert write(find, "d_2") is None


def test_nothing_of_a_request_or_an_answer_can_be_read_in_the_table(write, database):
    claim = write(accept, draft("key-of-jane@example.com", '{"s": "sesame"}'), owner="a", lease_s=1)
    write(done(claim, answer='{"a": "sesame"}'))
    with database.transaction() as tx:
        row = tx.connection.exec_driver_sql("SELECT * FROM intake").one()
    assert "sesame" not in str(row)
    assert "jane" not in str(row)


def test_an_erased_person_is_not_worked_on_and_not_answered_for(write, clock):
    answered = write(accept, draft("k"), owner="a", lease_s=10)
    write(done(answered))
    waiting = write(enlist, draft())
    write(lambda tx: tx.connection.exec_driver_sql("UPDATE subject_keys SET key = ''"))
    clock.pass_s(11)
    assert write(take_expired, owner="b", lease_s=10) == []
    for identity in (answered.id, waiting.id):
        with pytest.raises(ErasedError):
            write(find, identity)


def test_another_desk_in_the_same_database_sees_nothing(write, path, clock, request):
    claim = write(accept, draft("k"), owner="a", lease_s=10)
    if "postgres" in request.node.name:
        pytest.skip("the same statement on both")
    other = open_ledger(path, tenant="south", host_key=b"k" * 32, clock=clock)
    with other.database.transaction(writing=True) as tx:
        assert find(tx, claim.id) is None
        assert isinstance(accept(tx, draft("k"), owner="b", lease_s=10), Claim)
    other.close()
