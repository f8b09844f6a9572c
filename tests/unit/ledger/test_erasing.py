"""Erasing a person, and what is too old, on both databases."""

import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from deskquorum.ledger import ErasedError, open_ledger
from deskquorum.ledger.erasing import OpenWorkError, erase, retain
from deskquorum.ledger.intake import Draft, accept
from deskquorum.ledger.tables import decisions, erasures, executions, reviews, subject_keys

HOST_KEY = b"k" * 32
ANNA, BEN = "customer:4711", "email:ben@mail.example"


class Clock:
    def __init__(self):
        self.now = datetime(2026, 8, 20, 12, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def record(place, clock):
    opened = open_ledger(place, busy_timeout_s=30, clock=clock, tenant="shop", host_key=HOST_KEY)
    with closing(opened) as ledger:
        yield ledger


@pytest.fixture
def three(record, clock, decide, evidence):
    """Two decisions about Anna, a month apart, and one about Ben."""
    record.append(decide("d-1", ticket="t-1"), evidence, subject=ANNA)
    clock.now = datetime(2026, 9, 20, 12, tzinfo=UTC)
    record.append(decide("d-2", ticket="t-2"), evidence, subject=ANNA)
    record.append(decide("d-3", ticket="t-3"), evidence, subject=BEN)
    return record


def gone(record, *subjects, **options):
    return erase(record.database, subjects, by="Ada", why="asked for it", **options)


def key_texts(record):
    """What of each key that is not destroyed stands in the file."""
    with record.database.transaction() as tx:
        return [key for key in tx.connection.execute(select(subject_keys.c.key)).scalars() if key]


def test_what_is_about_an_erased_person_cannot_be_read_by_anybody(three):
    erasure = gone(three, ANNA)
    assert (erasure.keys, erasure.entries, erasure.in_clear) == (2, 2, 0)
    for name in ("d-1", "d-2"):
        with pytest.raises(ErasedError):
            three.get(name)
    assert [entry.decision.id for entry in three.entries()] == ["d-3"]


def test_an_erasure_leaves_the_chain_whole_and_every_count_as_it_was(three):
    gone(three, ANNA)
    assert three.verify().first_broken is None
    assert three.count() == 3


def test_an_erasure_is_recorded_without_the_name_of_the_person(three):
    gone(three, ANNA)
    with three.database.transaction() as tx:
        row = tx.connection.execute(select(erasures)).one()
    assert (row.by, row.why, row.keys, row.tenant) == ("Ada", "asked for it", 2, "shop")
    assert re.fullmatch("[0-9a-f]{64}", row.subject)


def test_a_person_who_comes_back_is_sealed_with_a_new_key(three, decide, evidence):
    gone(three, ANNA)
    entry = three.append(decide("d-4"), evidence, subject=ANNA)
    assert three.get("d-4") == entry
    with pytest.raises(ErasedError):
        three.get("d-2")


def test_an_erasure_that_comes_twice_finds_that_it_was_done(three):
    gone(three, ANNA)
    again = gone(three, ANNA)
    assert (again.keys, again.earlier) == (0, 2)


def test_the_person_of_a_ticket_is_found_by_the_ticket_alone(three):
    assert gone(three, tickets=["t-1"]).keys == 2
    with pytest.raises(ErasedError):
        three.get("d-2")
    assert three.get("d-3") is not None


def test_a_person_of_the_same_name_at_another_desk_is_another_person(three, place, clock):
    with closing(open_ledger(place, clock=clock, tenant="bank", host_key=HOST_KEY)) as bank:
        assert gone(bank, ANNA).keys == 0
        assert gone(bank, tickets=["t-1"]).keys == 0
    assert three.get("d-1") is not None


def test_entries_from_before_values_were_sealed_are_counted_not_erased(three):
    with three.database.transaction(writing=True) as tx:
        newest = tx.connection.execute(select(decisions).order_by(decisions.c.seq.desc())).first()
        old = {"seq": 4, "id": "d-0", "decision": "{}", "evidence": "{}", "tenant": ""}
        links = {"previous_hash": newest.hash, "hash": "0f"}
        tx.connection.execute(insert(decisions).values({**newest._asdict(), **old, **links}))
    assert gone(three, ANNA).in_clear == 1


def accepted(record):
    draft = Draft(conversation="t-9", subject=ANNA, request="{}", source="async")
    with record.database.transaction(writing=True) as tx:
        accept(tx, draft, owner="p-1", lease_s=30)


def reviewed(record):
    """Its suggestion was never kept, so only the decision tells whose it is."""
    row = {"id": "r-1", "tenant": "shop", "kind": "decision", "conversation": "t-1"}
    row |= {"decision": "d-1", "state": "open", "risk": 1, "reasons": "[]", "suggestion": None}
    row |= {"opened_us": 0, "due_us": 0, "overdue_told": 0}
    with record.database.transaction(writing=True) as tx:
        tx.connection.execute(insert(reviews).values(row))


def ordered(record, state="unknown"):
    with record.database.transaction(writing=True) as tx:
        row = {"key": "e-1", "tenant": "shop", "conversation": "t-1", "action": "refund"}
        row |= {"decision": "d-1", "state": state, "attempts": 1}
        row |= {"args": tx.keyring.seal("{}", subject=ANNA, of="execution e-1")}
        row |= {"due_us": 0, "created_us": 0, "changed_us": 0}
        tx.connection.execute(insert(executions).values(row))


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        pytest.param(accepted, "accepted tickets", id="a-ticket-not-decided-yet"),
        pytest.param(reviewed, "reviews", id="a-review-that-waits"),
        pytest.param(ordered, "executions", id="an-execution-whose-end-is-unknown"),
    ],
)
def test_what_somebody_still_has_to_work_on_is_erased_only_by_force(three, begin, kind):
    begin(three)
    with pytest.raises(OpenWorkError) as refused:
        gone(three, ANNA)
    assert refused.value.counts == {kind: 1}
    assert three.get("d-1") is not None
    assert gone(three, BEN).keys == 1
    assert gone(three, ANNA, force=True).keys == 2


def test_an_execution_that_is_done_keeps_nothing_from_being_erased(three):
    ordered(three, state="done")
    assert gone(three, ANNA).keys == 2


def test_keys_of_months_that_ended_are_destroyed(three):
    kept = retain(three.database, datetime(2026, 9, 1, tzinfo=UTC), by="cron")
    assert (kept.keys, kept.held) == (1, 0)
    with pytest.raises(ErasedError):
        three.get("d-1")
    assert three.get("d-2") is not None
    assert three.verify().first_broken is None


def test_a_key_of_the_month_that_has_not_ended_stays(three):
    assert retain(three.database, datetime(2026, 8, 31, 23, tzinfo=UTC), by="cron").keys == 0


def test_a_dry_run_counts_what_would_go_and_destroys_nothing(three):
    dry = retain(three.database, datetime(2026, 10, 1, tzinfo=UTC), by="cron", dry_run=True)
    assert dry.keys == 3
    assert len(key_texts(three)) == 3


def test_a_key_that_open_work_needs_outlives_its_month(three):
    reviewed(three)
    kept = retain(three.database, datetime(2027, 1, 1, tzinfo=UTC), by="cron")
    assert (kept.keys, kept.held) == (2, 1)
    assert three.get("d-1") is not None


@pytest.mark.parametrize("everybody", [False, True], ids=["every-third-person", "everybody"])
def test_destroyed_keys_are_gone_from_the_file_and_its_log(path, clock, everybody):
    with closing(open_ledger(path, clock=clock, tenant="shop")) as ledger:
        people = [f"customer:{n}" for n in range(600)]
        for start in range(0, 600, 50):
            with ledger.database.transaction(writing=True) as tx:
                for person in people[start : start + 50]:
                    tx.keyring.seal("x", subject=person, of="test")
        before = set(key_texts(ledger))
        erasure = gone(ledger, *(people if everybody else people[::3]))
        destroyed = before - set(key_texts(ledger))
        files = [file.read_bytes() for file in path.parent.iterdir()]
    assert erasure.files_clean
    assert len(destroyed) == erasure.keys == (600 if everybody else 200)
    assert [key for key in destroyed if any(key.encode() in data for data in files)] == []


def test_a_reader_that_keeps_the_old_bytes_in_the_log_is_told_of(path, clock):
    with closing(open_ledger(path, clock=clock, tenant="shop", busy_timeout_s=0.1)) as ledger:
        with ledger.database.transaction(writing=True) as tx:
            tx.keyring.seal("x", subject=ANNA, of="test")
        with ledger.database.transaction() as reader:
            reader.connection.execute(select(subject_keys)).all()
            assert not gone(ledger, ANNA).files_clean
        assert gone(ledger, ANNA).files_clean


def test_destroyed_keys_are_gone_from_the_tables_of_a_server(postgres, postgres_server, clock):
    with closing(open_ledger(postgres, clock=clock, tenant="shop")) as ledger:
        with ledger.database.transaction(writing=True) as tx:
            tx.keyring.seal("x", subject=ANNA, of="test")
            tx.keyring.seal("x", subject=BEN, of="test")
        before = set(key_texts(ledger))
        erasure = gone(ledger, ANNA)
        (kept,) = key_texts(ledger)
        postgres_server.psql("CHECKPOINT;")
        folder = Path(postgres_server.pgdata) / "base"
        data = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    (destroyed,) = before - {kept}
    assert erasure.files_clean
    assert kept.encode() in data
    assert destroyed.encode() not in data


def test_the_database_refuses_to_forget_an_erasure(three):
    gone(three, ANNA)
    with (
        pytest.raises(Exception, match="only grows"),
        three.database.transaction(writing=True) as tx,
    ):
        tx.connection.execute(update(erasures).values(why=""))
    with (
        pytest.raises(Exception, match="only grows"),
        three.database.transaction(writing=True) as tx,
    ):
        tx.connection.execute(text("DELETE FROM erasures"))
