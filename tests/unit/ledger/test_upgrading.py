"""Ledgers of earlier versions come up to date, and nothing in them is lost."""

import sqlite3
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, create_engine, insert, inspect, make_url, table

from deskquorum.errors import LedgerError
from deskquorum.ledger import decision_to_json, evidence_to_json, open_ledger
from deskquorum.ledger.audits import drawn_audits
from deskquorum.ledger.codec import chain_hash
from deskquorum.ledger.engines import postgres_engine, sqlite_engine
from deskquorum.ledger.tables import metadata
from deskquorum.ledger.upgrading import LATEST, __file__, upgrade
from deskquorum.ledger.verdict_labels import audited_labels

DRIVER = {"drivername": "postgresql+psycopg"}


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


OLD_LABEL = {
    "id": "l_1",
    "tenant": "northwind",
    "decision": "d-1",
    "question": "intent",
    "label": "refund",
    "source": "audit",
    "by": "Ada",
    "at_us": 1,
}


@pytest.fixture
def audited_before(place):
    """A ledger of the fourth version with a label, a draw and the hash of a suggestion."""
    url = place if isinstance(place, str) else f"sqlite:///{place}"
    if not isinstance(place, str):
        place.parent.mkdir(parents=True)
    engine = create_engine(make_url(url).set(**DRIVER) if isinstance(place, str) else url)
    draw = {"decision": "d-1", "tenant": "northwind", "ticket": "t-1", "batch": "b-1"}
    draw |= {"stratum": "s", "inclusion": 0.1, "until_us": 1, "drawn_us": 1}
    review = {"id": "r_1", "tenant": "northwind", "kind": "decision", "conversation": "t-1"}
    review |= {"decision": "d-1", "state": "open", "risk": 1, "reasons": "[]", "due_us": 9}
    review |= {"suggestion": "{}", "args_hash": "5e1f", "opened_us": 1, "overdue_told": 0}
    with engine.begin() as connection:
        upgrade(connection, to="0004")
        for name, row in (("labels", OLD_LABEL), ("audits", draw), ("reviews", review)):
            connection.execute(insert(table(name, *map(column, row))).values(row))
    yield engine
    engine.dispose()


@pytest.mark.usefixtures("audited_before")
def test_labels_and_draws_of_before_get_a_place_in_the_chain(place, decide, evidence):
    with closing(open_ledger(place, tenant="northwind")) as later:
        assert later.append(decide("d-1"), evidence).seq == 3
        assert later.verify().is_whole
        with later.database.transaction() as tx:
            assert [found.label for found in audited_labels(tx)] == ["refund"]
            assert [found.inclusion for found in drawn_audits(tx)] == [0.1]


def test_a_label_of_before_that_is_changed_later_is_named(audited_before, place):
    with closing(open_ledger(place)) as later:
        assert later.verify().is_whole
        changed = "UPDATE labels SET label = 'bug'"
        with audited_before.begin() as connection:
            postgres = connection.dialect.name == "postgresql"
            guard = "labels_only_grows ON labels" if postgres else "labels_no_update"
            connection.exec_driver_sql(f"DROP TRIGGER {guard}")
            connection.exec_driver_sql(changed)
        assert later.verify().first_broken == 1


def test_no_hash_of_a_suggestion_of_before_is_kept(audited_before, place):
    with closing(open_ledger(place)) as later:
        later.verify()
    with audited_before.connect() as connection:
        names = {found["name"] for found in inspect(connection).get_columns("reviews")}
    assert "suggestion" in names
    assert "args_hash" not in names


def test_a_ledger_of_a_newer_version_is_left_alone(path, ledger, decide, evidence):
    ledger.append(decide("d-1"), evidence)
    ledger.close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    with closing(open_ledger(path)) as later, pytest.raises(LedgerError, match="newer version"):
        later.append(decide("d-2"), evidence)
