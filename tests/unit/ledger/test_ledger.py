import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event

from deskquorum.errors import LedgerError
from deskquorum.ledger import Database, Ledger, open_ledger
from deskquorum.ledger.engines import sqlite_engine

EAST = timezone(timedelta(hours=5, minutes=30))
APPENDER = Path(__file__).with_name("appender.py")


def appender(path, name, count):
    """Another process that appends that many decisions and prints a line for each."""
    command = [sys.executable, str(APPENDER), str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own script


@pytest.fixture
def five(ledger, path, decide, evidence):
    """A ledger of five entries, closed, its file opened by hand with the triggers gone."""
    for n in range(1, 6):
        ledger.append(decide(f"d-{n}"), evidence)
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("DROP TRIGGER decisions_no_update")
        file.execute("DROP TRIGGER decisions_no_delete")
        yield file


def test_opening_a_ledger_writes_nothing(path):
    open_ledger(path)
    assert not path.parent.exists()


def test_an_entry_is_found_again_by_its_decision(ledger, decide, evidence):
    entry = ledger.append(decide("d-1"), evidence)
    assert ledger.get("d-1") == entry
    assert (entry.seq, entry.evidence) == (1, evidence)


def test_an_unknown_decision_has_no_entry(ledger):
    assert ledger.get("d-1") is None
    assert ledger.latest("t-1") is None


def test_the_latest_entry_of_a_ticket_is_the_newest_of_that_ticket(ledger, decide, evidence):
    for decision in (decide("d-1"), decide("d-2"), decide("d-3", ticket="t-2")):
        ledger.append(decision, evidence)
    assert ledger.latest("t-1").decision.id == "d-2"


def test_entries_come_oldest_first_from_any_number_of_pages(ledger, decide, evidence, monkeypatch):
    monkeypatch.setattr("deskquorum.ledger.ledger._PAGE", 3)
    made = [ledger.append(decide(f"d-{n}"), evidence) for n in range(7)]
    assert list(ledger.entries()) == made
    assert ledger.count() == 7


def test_entries_are_those_recorded_from_a_moment_on_and_before_another(ledger, decide, evidence):
    made = [ledger.append(decide(f"d-{n}"), evidence) for n in range(4)]
    since, until = made[1].recorded_at, made[3].recorded_at.astimezone(EAST)
    assert list(ledger.entries(since=since, until=until)) == made[1:3]
    assert ledger.count(since=since, until=until) == 2


def test_what_is_recorded_while_entries_are_read_comes_too(ledger, decide, evidence, monkeypatch):
    monkeypatch.setattr("deskquorum.ledger.ledger._PAGE", 1)
    ledger.append(decide("d-1"), evidence)
    entries = ledger.entries()
    assert next(entries).decision.id == "d-1"
    ledger.append(decide("d-2"), evidence)
    assert [entry.decision.id for entry in entries] == ["d-2"]


def test_each_entry_holds_the_hash_of_the_one_before(ledger, decide, evidence):
    first, second = (ledger.append(decide(id_), evidence) for id_ in ("d-1", "d-2"))
    assert second.previous_hash == first.hash
    assert first.previous_hash == "0" * 64


def test_a_ledger_goes_on_where_it_was_closed(path, ledger, decide, evidence):
    first = ledger.append(decide("d-1"), evidence)
    ledger.close()
    assert ledger.append(decide("d-2"), evidence).previous_hash == first.hash
    with closing(open_ledger(path)) as another:
        assert another.verify().entries == 2


def test_an_untouched_chain_is_whole(ledger, decide, evidence):
    assert (ledger.verify().entries, ledger.verify().first_broken) == (0, None)
    ledger.append(decide("d-1"), evidence)
    assert (ledger.verify().entries, ledger.verify().first_broken) == (1, None)


@pytest.mark.parametrize(
    ("tampering", "first_broken"),
    [
        pytest.param(
            "UPDATE decisions SET decision = (SELECT decision FROM decisions WHERE seq = 2)"
            " WHERE seq = 3",
            3,
            id="decision-of-another",
        ),
        pytest.param("UPDATE decisions SET evidence = '{}' WHERE seq = 1", 1, id="evidence-gone"),
        pytest.param("UPDATE decisions SET ticket = 't-9' WHERE seq = 4", 4, id="other-ticket"),
        pytest.param("UPDATE decisions SET id = 'd-9' WHERE seq = 4", 4, id="other-decision-id"),
        pytest.param(
            "UPDATE decisions SET recorded_at = '2020-01-01T00:00:00+00:00' WHERE seq = 5",
            5,
            id="backdated",
        ),
        pytest.param("UPDATE decisions SET evidence = x'00ff' WHERE seq = 2", 2, id="not-text"),
        pytest.param("DELETE FROM decisions WHERE seq = 2", 3, id="deleted-from-the-middle"),
        pytest.param("DELETE FROM decisions WHERE seq = 1", 2, id="deleted-from-the-start"),
        pytest.param(
            "UPDATE decisions SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3);"
            "UPDATE decisions SET seq = -seq WHERE seq < 0",
            2,
            id="two-swapped",
        ),
        pytest.param(
            "DELETE FROM decisions WHERE seq = 2;UPDATE decisions SET seq = seq - 1 WHERE seq > 2",
            2,
            id="deleted-and-renumbered",
        ),
    ],
)
def test_tampering_is_named_by_its_first_broken_link(five, ledger, tampering, first_broken):
    five.executescript(tampering)
    assert ledger.verify().first_broken == first_broken


@pytest.mark.parametrize(
    "change",
    ["UPDATE decisions SET ticket = 'x'", "DELETE FROM decisions"],
    ids=["update", "delete"],
)
def test_the_database_itself_refuses_to_change_or_drop_an_entry(
    ledger, path, decide, evidence, change
):
    ledger.append(decide("d-1"), evidence)
    with (
        closing(sqlite3.connect(path)) as file,
        pytest.raises(sqlite3.IntegrityError, match="the ledger only grows"),
    ):
        file.execute(change)


def test_a_decision_is_recorded_once(ledger, decide, evidence):
    ledger.append(decide("d-1"), evidence)
    with pytest.raises(LedgerError, match="UNIQUE"):
        ledger.append(decide("d-1", ticket="t-2"), evidence)
    assert ledger.verify().entries == 1


def test_readers_keep_no_writer_waiting(path, ledger, decide, evidence):
    ledger.append(decide("d-1"), evidence)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM decisions").fetchall()
        assert ledger.append(decide("d-2"), evidence).seq == 2
        assert reader.execute("SELECT count(*) FROM decisions").fetchone() == (1,)


def test_a_writer_keeps_no_reader_waiting(path, ledger, decide, evidence):
    ledger.append(decide("d-1"), evidence)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert ledger.get("d-1") is not None
        assert ledger.verify().entries == 1


@pytest.mark.parametrize(
    "name", ["100% sure?.sqlite", "läger#1.sqlite"], ids=["url-signs", "accent"]
)
def test_a_file_name_is_taken_as_it_is(tmp_path, decide, evidence, name):
    with closing(open_ledger(tmp_path / name)) as ledger:
        ledger.append(decide("d-1"), evidence)
    assert (tmp_path / name).is_file()


def test_a_ledger_locked_by_another_writer_is_a_ledger_error(path, ledger, decide, evidence):
    ledger.append(decide("d-1"), evidence)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked"):
            ledger.append(decide("d-2"), evidence)


def test_a_file_that_is_no_database_is_a_ledger_error(path, ledger, decide, evidence):
    path.parent.mkdir()
    path.write_text("this was a text file all along\n" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        ledger.append(decide("d-1"), evidence)


@pytest.mark.parametrize("at", ["state", "state/ledger.sqlite"], ids=["folder", "file"])
def test_a_place_that_can_hold_no_ledger_is_a_ledger_error(tmp_path, ledger, decide, evidence, at):
    # A file where the folder should be, or a folder where the file should be.
    if at == "state":
        (tmp_path / at).touch()
    else:
        (tmp_path / at).mkdir(parents=True)
    with pytest.raises(LedgerError, match="the ledger failed"):
        ledger.append(decide("d-1"), evidence)


def test_a_database_without_writing_rights_is_a_ledger_error(path, decide, evidence):
    def connect():
        engine = sqlite_engine(path, busy_timeout_s=0.2)
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        engine.dispose()
        return engine

    with closing(Ledger(Database(connect))) as ledger, pytest.raises(LedgerError, match="readonly"):
        ledger.append(decide("d-1"), evidence)


def test_a_full_disk_is_a_ledger_error_and_leaves_the_chain_whole(path, decide, evidence):
    def connect():
        engine = sqlite_engine(path, busy_timeout_s=0.2)
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 120"))
        engine.dispose()
        return engine

    with closing(Ledger(Database(connect))) as ledger:
        for n in range(10):
            ledger.append(decide(f"d-{n}"), evidence)
        with pytest.raises(LedgerError, match="full"):
            ledger.append(decide("d-10", reply="a long reply " * 50_000), evidence)
        assert ledger.verify().entries == 10
        assert ledger.verify().first_broken is None


def test_an_error_tells_nothing_of_the_ticket(ledger, decide, evidence):
    ledger.append(decide("d-1"), evidence)
    with pytest.raises(LedgerError) as told:
        ledger.append(decide("d-1", reply="a private word"), evidence)
    assert "private" not in repr(told.value)
    assert told.value.__cause__ is None


def test_half_a_character_is_refused_and_records_nothing(ledger, decide, evidence):
    with pytest.raises(LedgerError, match="can't be written down"):
        ledger.append(decide("d-1", reply="\ud83d"), evidence)
    assert ledger.verify().entries == 0


def test_looking_for_half_a_character_is_a_ledger_error(ledger):
    with pytest.raises(LedgerError):
        ledger.get("\ud83d")


def test_a_time_without_zone_is_refused(ledger, decide, evidence):
    naive = replace(decide("d-1"), decided_at=decide("d-1").decided_at.replace(tzinfo=None))
    with pytest.raises(LedgerError, match="can't be written down"):
        ledger.append(naive, evidence)


def test_threads_share_one_ledger(path, decide, evidence):
    with closing(open_ledger(path, busy_timeout_s=30)) as ledger:

        def append(name):
            for n in range(10):
                ledger.append(decide(f"{name}-{n}"), evidence)

        threads = [threading.Thread(target=append, args=(f"w{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (ledger.verify().entries, ledger.verify().first_broken) == (40, None)


def test_two_processes_keep_one_unbroken_chain(path, ledger):
    writers = [appender(path, name, 200) for name in ("one", "two")]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert (ledger.verify().entries, ledger.verify().first_broken) == (400, None)


def test_a_writer_killed_in_the_middle_leaves_a_whole_chain(path, ledger, decide, evidence):
    writer = appender(path, "killed", 100_000)
    with writer:
        reported = [writer.stdout.readline() for _ in range(30)]
        writer.kill()
        reported += writer.stdout.readlines()
    report = ledger.verify()
    assert report.first_broken is None
    # What append returned for is there; the one under way may be.
    assert report.entries in (len(reported), len(reported) + 1)
    assert ledger.append(decide("d-1"), evidence).seq == report.entries + 1
