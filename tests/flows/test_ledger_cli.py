"""`deskquorum ledger`, as an operator calls it."""

import json
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from deskquorum.cli.app import app
from deskquorum.errors import InputError
from deskquorum.host_key import new_host_key


@pytest.fixture
def recorded(folder):
    """The example desk after a file of decisions, with its ledger's file."""
    tickets = (folder / "tickets.jsonl").read_text(encoding="utf-8").splitlines()[:3]
    (folder / "three.jsonl").write_text("\n".join(tickets), encoding="utf-8")
    out = str(folder / "out.jsonl")
    run("decide", str(folder / "three.jsonl"), "--desk", str(folder), "--no-model", "--out", out)
    return folder


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_a_whole_chain_is_said_to_be_whole(recorded):
    result = run("ledger", "verify", "--desk", str(recorded))
    assert result.exit_code == 0
    assert "3 entries, the chain is whole" in result.stdout


def test_an_entry_that_somebody_changed_is_named(recorded):
    ledger = recorded / "state" / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as file, file:
        file.execute("DROP TRIGGER decisions_no_update")
        file.execute("UPDATE decisions SET decision = replace(decision, 's1:', 's2:')")
    result = run("ledger", "verify", "--ledger", str(ledger), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["first_broken"] in {1, 2, 3}
    assert "does not fit" in run("ledger", "verify", "--desk", str(recorded)).stdout


@pytest.fixture
def host_key(monkeypatch):
    key = new_host_key()
    monkeypatch.setenv("DESKQUORUM_KEY", key)
    return key


@pytest.fixture
def call(recorded):
    """Run a verb on the example desk; what it says as JSON, and its exit code."""

    def made(*arguments, code=0):
        result = run("ledger", *arguments, "--desk", str(recorded), "--json")
        assert (result.exit_code, result.exception if result.exit_code > 1 else None) == (
            code,
            None,
        )
        return json.loads(result.stdout)

    return made


def ticket_of(folder, place=0):
    lines = (folder / "three.jsonl").read_text(encoding="utf-8").splitlines()
    return json.loads(lines[place])["id"]


@pytest.mark.usefixtures("host_key")
def test_a_person_is_erased_by_a_ticket_and_the_export_says_so(recorded, call):
    done = call("erase", "--ticket", ticket_of(recorded), "--why", "asked for it")
    assert done["keys"] == 1
    out = recorded / "export.jsonl"
    told = call("export", "--out", str(out))
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    decided = [row for row in rows if row["record"] == "decision"]
    assert [row["seq"] for row in decided] == [1, 2, 3]
    assert sum(row["erased"] for row in decided) == done["entries"] >= 1
    assert told["records"] == len(rows) == sum(told["kinds"].values())
    assert told["kinds"]["decision"] == 3
    assert told["kinds"]["erasure"] == 1
    assert out.stat().st_mode & 0o077 == 0
    assert call("verify") == {
        "entries": 3,
        "first_broken": None,
        "unproved_reviews": 0,
        "unproved_labels": 0,
    }
    shown = run("explain", ticket_of(recorded), "--desk", str(recorded))
    assert shown.exit_code != 0


def test_nobody_of_the_name_is_told_with_exit_code_1(call):
    assert call("erase", "--email", "nobody@mail.example", "--why", "asked", code=1)["keys"] == 0


def test_an_erasure_without_a_person_is_bad_input(recorded):
    result = run("ledger", "erase", "--why", "asked", "--desk", str(recorded))
    assert isinstance(result.exception, InputError)


def test_an_erasure_needs_to_know_whose_person_it_is(recorded, tmp_path):
    place = str(recorded / "state" / "ledger.sqlite")
    asked = ["--customer", "C-1", "--why", "asked", "--ledger", place, "--desk", str(tmp_path)]
    assert "no desk" in str(run("ledger", "erase", *asked).exception)


def test_an_export_never_writes_into_a_file_that_is_there(recorded):
    out = recorded / "three.jsonl"
    result = run("ledger", "export", "--out", str(out), "--desk", str(recorded))
    assert "exists" in str(result.exception)


def test_retention_counts_by_the_days_that_the_desk_names(recorded, call):
    refused = run("ledger", "retain", "--desk", str(recorded))
    assert "retention" in str(refused.exception)
    desk = recorded / "policies" / "desk.yaml"
    text = desk.read_text(encoding="utf-8")
    desk.write_text(f"{text}\nretention: {{days: 90}}\n", encoding="utf-8")
    assert call("retain", "--dry-run") == {
        "keys": 0,
        "held": 0,
        "in_clear": 0,
        "files_clean": True,
        "dry_run": True,
    }
    assert call("retain")["keys"] == 0


def test_the_host_key_is_changed_and_the_record_opens_with_the_new_one(
    host_key, recorded, call, monkeypatch
):
    monkeypatch.setenv("DESKQUORUM_KEY_OLD", host_key)
    monkeypatch.setenv("DESKQUORUM_KEY", new_host_key())
    assert call("rekey")["changed"] > 0
    monkeypatch.delenv("DESKQUORUM_KEY_OLD")
    assert call("export", "--out", str(recorded / "out"))["kinds"]["decision"] == 3


def test_a_rekeying_without_a_new_key_is_bad_input(recorded, monkeypatch):
    monkeypatch.delenv("DESKQUORUM_KEY", raising=False)
    result = run("ledger", "rekey", "--desk", str(recorded))
    assert "DESKQUORUM_KEY is not set" in str(result.exception)


def test_after_a_restore_the_desk_is_stopped(recorded, call):
    assert call("after-restore") == {"executions": 0, "tickets": 0, "stopped": True}
    resumed = run("resume", "--why", "nothing is open", "--desk", str(recorded))
    assert (resumed.exit_code, resumed.stdout.strip()) == (0, "nothing is stopped")
