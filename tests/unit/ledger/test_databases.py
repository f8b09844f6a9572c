"""What holds on SQLite and on PostgreSQL alike: the chain, limits and the kill switch."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from deskquorum.domain import Action, Charge, Route, Usage
from deskquorum.errors import LedgerError
from deskquorum.ledger import HeldError, open_ledger

RESERVER = Path(__file__).with_name("reserver.py")
DAY = timedelta(days=1)


@pytest.fixture
def record(place):
    with closing(open_ledger(place, busy_timeout_s=30)) as ledger:
        yield ledger


@pytest.fixture
def database(place):
    """The database under the ledger, opened by hand."""
    url = make_url(f"sqlite:///{place}" if isinstance(place, Path) else place)
    drivername = "sqlite" if isinstance(place, Path) else "postgresql+psycopg"
    engine = create_engine(url.set(drivername=drivername))
    yield engine
    engine.dispose()


@pytest.fixture
def at(place, clock):
    """A ledger with a clock that the test sets."""
    with closing(open_ledger(place, clock=clock)) as ledger:
        yield ledger, clock


@pytest.fixture
def auto(decide):
    return lambda name, **changes: decide(name, route=Route.AUTO, **changes)


@pytest.fixture
def charged(record, auto, evidence):
    """The ledger with one action that took from a limit."""
    record.append(auto("d-1"), evidence, charges=[charge(subject="C-777")], action_key="C-777")
    return record


def charge(limit="two-a-day", subject="C-1", **fields):
    return Charge(limit=limit, subject=subject, window=DAY, **({"most_count": 2} | fields))


def test_a_ledger_is_a_chain_wherever_it_stands(record, decide, evidence):
    entries = [record.append(decide(f"d-{n}"), evidence) for n in range(3)]
    assert record.get("d-1") == entries[1]
    assert (record.verify().entries, record.verify().first_broken) == (3, None)


@pytest.mark.parametrize("table", ["decisions", "reservations", "switches"])
@pytest.mark.parametrize("change", ["UPDATE {} SET seq = 9", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_was_recorded(charged, database, table, change):
    charged.stop(by="Ada", why="odd refunds")
    with pytest.raises(DBAPIError, match="only grows"), database.begin() as connection:
        connection.execute(text(change.format(table)))


def test_an_action_beyond_its_limit_is_held_and_nothing_is_recorded(record, auto, evidence):
    for n in (1, 2):
        record.append(auto(f"d-{n}"), evidence, charges=[charge()], action_key=f"a{n}")
    with pytest.raises(HeldError) as held:
        record.append(auto("d-3"), evidence, charges=[charge()], action_key="a3")
    assert held.value.used == {"two-a-day": Usage(count=2)}
    assert record.get("d-3") is None
    assert record.verify().entries == 2


def test_amounts_are_added_up(record, auto, evidence):
    def spend(name, minor):
        taken = charge(most_count=None, most_minor=5000, amount_minor=minor)
        return record.append(auto(name), evidence, charges=[taken], action_key=name)

    spend("d-1", 3000)
    with pytest.raises(HeldError):
        spend("d-2", 2001)
    assert spend("d-3", 2000).evidence.used == {"two-a-day": Usage(count=1, amount_minor=3000)}


def test_each_customer_has_an_allowance_of_their_own(record, auto, evidence):
    for n, who in enumerate(["C-1", "C-1", "C-2"]):
        record.append(auto(f"d-{n}"), evidence, charges=[charge(subject=who)], action_key=f"a{n}")
    assert record.verify().entries == 3


def test_what_a_person_decides_takes_nothing(record, decide, auto, evidence):
    for n in range(5):
        record.append(decide(f"h-{n}"), evidence, charges=[charge()], action_key=f"h{n}")
    assert record.append(auto("d"), evidence, charges=[charge()], action_key="a").evidence.used == {
        "two-a-day": Usage(count=0)
    }


def test_the_same_action_is_charged_once(record, auto, evidence):
    for n in range(5):
        record.append(auto(f"d-{n}"), evidence, charges=[charge()], action_key="same")
    entry = record.append(auto("d-9"), evidence, charges=[charge()], action_key="other")
    assert entry.evidence.used["two-a-day"].count == 1


def test_what_was_taken_is_free_again_after_the_window(at, auto, evidence):
    ledger, clock = at
    for n in (1, 2):
        ledger.append(auto(f"d-{n}"), evidence, charges=[charge()], action_key=f"a{n}")
        clock.now += timedelta(hours=1)
    clock.now += DAY - timedelta(hours=2)
    freed = ledger.append(auto("d-3"), evidence, charges=[charge()], action_key="a3")
    assert freed.evidence.used["two-a-day"].count == 1
    with pytest.raises(HeldError):
        ledger.append(auto("d-4"), evidence, charges=[charge()], action_key="a4")


def test_a_clock_that_is_set_back_frees_nothing(at, auto, evidence):
    ledger, clock = at
    for n in (1, 2):
        ledger.append(auto(f"d-{n}"), evidence, charges=[charge()], action_key=f"a{n}")
    clock.now -= timedelta(days=3)
    with pytest.raises(HeldError):
        ledger.append(auto("d-3"), evidence, charges=[charge()], action_key="a3")


@pytest.mark.usefixtures("charged")
def test_no_id_of_a_customer_stands_in_the_reservations(database):
    with database.connect() as connection:
        rows = connection.execute(text("SELECT * FROM reservations")).all()
    assert len(rows) == 1
    assert "C-777" not in repr(rows)


def test_fifty_threads_pass_no_limit(record, auto, evidence):
    def take(n):
        try:
            record.append(auto(f"d-{n}"), evidence, charges=[charge()], action_key=f"a{n}")
        except HeldError:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        taken = list(pool.map(take, range(50)))
    assert sum(taken) == 2
    assert (record.verify().entries, record.verify().first_broken) == (2, None)


def test_processes_pass_no_limit(record, place):
    command = [sys.executable, str(RESERVER), str(place)]
    running = [
        subprocess.Popen([*command, name, "20"], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own script
        for name in ("one", "two", "three")
    ]
    taken = [int(process.communicate(timeout=120)[0]) for process in running]
    assert sum(taken) == 5
    assert (record.verify().entries, record.verify().first_broken) == (5, None)


def test_what_is_stopped_is_held_with_the_reason(record, auto, decide, evidence):
    record.stop("close_ticket", by="Ada", why="too eager")
    with pytest.raises(HeldError) as held:
        record.append(auto("d-1"), evidence)
    (reason,) = held.value.reasons
    assert (reason.code, reason.params["by"]) == ("stopped", "Ada")
    assert record.append(decide("d-2"), evidence).seq == 1


def test_an_action_that_was_not_stopped_goes_on(record, auto, evidence):
    record.stop("issue_refund", by="Ada", why="odd refunds")
    assert record.append(auto("d-1"), evidence).seq == 1


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("", {}, id="everything"),
        pytest.param("", {"route": Route.DENY}, id="declining-by-itself-too"),
        pytest.param("reply", {"action": None, "reply": "Hello."}, id="a-reply"),
        pytest.param("note", {"action": Action(name="note"), "reply": "Hi."}, id="an-action"),
    ],
)
def test_a_stop_holds_everything_that_it_names(record, auto, evidence, name, changes):
    record.stop(name, by="Ada", why="odd")
    with pytest.raises(HeldError):
        record.append(replace(auto("d-1"), **changes), evidence)


def test_what_is_resumed_goes_on(record, auto, evidence):
    record.stop(by="Ada", why="odd")
    assert [stop.by for stop in record.stops()] == ["Ada"]
    record.resume(by="Bo", why="found it")
    assert record.stops() == ()
    assert record.append(auto("d-1"), evidence).seq == 1


def test_stopping_twice_and_resuming_once_resumes(record):
    record.stop("note", by="Ada", why="odd")
    record.stop("note", by="Bo", why="very odd")
    assert [stop.by for stop in record.stops()] == ["Bo"]
    record.resume("note", by="Bo", why="found it")
    assert record.stops() == ()


def test_a_database_that_is_not_there_is_a_ledger_error(tmp_path, decide, evidence):
    url = f"postgresql://nobody@/none?host={tmp_path}"
    with closing(open_ledger(url, busy_timeout_s=1)) as ledger, pytest.raises(LedgerError):
        ledger.append(decide("d-1"), evidence)


def test_a_postgres_that_says_nothing_is_given_up_within_seconds(postgres):
    with closing(open_ledger(postgres)) as ledger, ledger.database.transaction() as tx:
        known = tx.connection.connection.driver_connection.info.get_parameters()
    assert int(known["tcp_user_timeout"]) <= 10_000
    assert int(known["keepalives_idle"]) <= 10
