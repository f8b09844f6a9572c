"""Ledgers of earlier versions come up to date, and nothing in them is lost."""

import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, create_engine, insert, table

from deskquorum.errors import LedgerError
from deskquorum.ledger import decision_to_json, evidence_to_json, open_ledger
from deskquorum.ledger.codec import chain_hash
from deskquorum.ledger.engines import postgres_engine, sqlite_engine
from deskquorum.ledger.tables import metadata
from deskquorum.ledger.upgrading import LATEST, __file__, upgrade


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request, path):
    if request.param == "sqlite":
        engine = sqlite_engine(path, busy_timeout_s=5)
    else:
        engine = postgres_engine(request.getfixturevalue("postgres"), busy_timeout_s=5)
    yield engine
    engine.dispose()


def test_the_steps_lead_to_the_tables_that_the_program_uses(engine):
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []


def test_the_program_stands_at_the_last_step():
    scripts = ScriptDirectory(__file__.replace("upgrading.py", "migrations"))
    assert scripts.get_heads() == [LATEST]


def test_a_ledger_of_the_first_version_keeps_its_entries(path, decide, evidence):
    """Its entries were neither sealed nor any tenant's."""
    old = {
        "seq": 1,
        "id": "d-1",
        "ticket": "t-1",
        "recorded_at": "2026-11-01T09:00:00+00:00",
        "decision": decision_to_json(decide("d-1")),
        "evidence": evidence_to_json(evidence),
        "previous_hash": "0" * 64,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection, to="0001")
        hashed = (str(old[name]) for name in list(old)[:6])
        row = {**old, "hash": chain_hash(old["previous_hash"], *hashed)}
        connection.execute(insert(table("decisions", *map(column, row))).values(row))
    engine.dispose()
    with closing(open_ledger(path, tenant="northwind")) as later:
        assert later.get("d-1").decision == decide("d-1")
        assert later.get("d-1").evidence == evidence
        assert later.append(decide("d-2"), evidence).previous_hash == row["hash"]
        later.stop(by="Ada", why="a table that was not there before")
        assert later.verify().first_broken is None


def test_a_ledger_of_a_newer_version_is_left_alone(path, ledger, decide, evidence):
    ledger.append(decide("d-1"), evidence)
    ledger.close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    with closing(open_ledger(path)) as later, pytest.raises(LedgerError, match="newer version"):
        later.append(decide("d-2"), evidence)
