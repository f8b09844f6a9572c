"""`deskquorum ledger`, as an operator calls it."""

import json
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from deskquorum.cli.app import app


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
