"""Audited labels, draws and choices of audits stand in the chain, on both databases."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from deskquorum.ledger import open_ledger
from deskquorum.ledger.audits import ChosenAudit, DrawnAudit, drawn_audits, note_chosen, note_drawn
from deskquorum.ledger.verdict_labels import audited_labels, note_labels

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def drawn(decision, inclusion=0.1):
    return DrawnAudit(
        decision=decision, ticket="t-1", batch="b-1", stratum="s", inclusion=inclusion
    )


def audit(record, decide, evidence):
    """Two decisions at places 1 and 2, a draw of both at 3, two labels of one at 4, one at 5."""
    for number in (1, 2):
        record.append(decide(f"d-{number}"), evidence)
    with record.database.transaction(writing=True) as tx:
        note_drawn(tx, [drawn("d-2", inclusion=1), drawn("d-1")], until=NOW)
    for decision, answers in (("d-1", {"intent": "refund", "vip": "no"}), ("d-2", {"vip": "no"})):
        with record.database.transaction(writing=True) as tx:
            note_labels(tx, decision, answers, by="Ada", source="audit")


def test_labels_and_draws_have_places_in_the_chain(place, decide, evidence):
    with closing(open_ledger(place, tenant="shop")) as record:
        audit(record, decide, evidence)
        assert record.append(decide("d-3"), evidence).seq == 6
        report = record.verify()
        assert (report.entries, report.is_whole) == (6, True)
        with record.database.transaction() as tx:
            assert {one.inclusion for one in drawn_audits(tx)} == {1.0, 0.1}
            assert len(list(audited_labels(tx))) == 3


def test_a_choice_that_was_tampered_with_is_named(path, decide, evidence):
    with closing(open_ledger(path, tenant="shop")) as record:
        record.append(decide("d-1"), evidence)
        with record.database.transaction(writing=True) as tx:
            note_chosen(tx, [ChosenAudit(decision="d-1", ticket="t-1", batch="b-1")])
        assert record.verify().is_whole
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        opened.execute("DROP TRIGGER chosen_audits_no_delete")
        opened.execute("DELETE FROM chosen_audits")
    with closing(open_ledger(path)) as record:
        assert record.verify().first_broken == 2


def test_what_has_nothing_in_it_takes_no_place(ledger):
    with ledger.database.transaction(writing=True) as tx:
        note_labels(tx, "d-1", {}, by="Ada")
        note_drawn(tx, [], until=NOW)
        note_chosen(tx, [])
    assert ledger.verify().entries == 0


@pytest.fixture
def file(path, decide, evidence):
    """The database in the hands of somebody who drops its guards."""
    with closing(open_ledger(path, tenant="shop")) as record:
        audit(record, decide, evidence)
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        for table in ("labels", "audits", "proofs"):
            for change in ("update", "delete"):
                opened.execute(f"DROP TRIGGER {table}_no_{change}")
        yield opened


@pytest.mark.parametrize(
    ("tampering", "first_broken"),
    [
        pytest.param("UPDATE labels SET label = 'bug' WHERE label = 'refund'", 4, id="a-label"),
        pytest.param("UPDATE labels SET by = 'Bo' WHERE decision = 'd-2'", 5, id="by-another"),
        pytest.param("UPDATE labels SET source = 'verdict'", 4, id="not-of-an-audit"),
        pytest.param("DELETE FROM labels WHERE question = 'intent'", 4, id="a-label-removed"),
        pytest.param("DELETE FROM labels WHERE decision = 'd-2'", 5, id="the-only-one-removed"),
        pytest.param("UPDATE labels SET tenant = 'bank'", 4, id="another-desks"),
        pytest.param("UPDATE audits SET inclusion = 0.9 WHERE inclusion = 0.1", 3, id="a-draw"),
        pytest.param("DELETE FROM audits WHERE decision = 'd-1'", 3, id="a-draw-removed"),
        pytest.param(
            "UPDATE labels SET proof = (SELECT proof FROM labels WHERE decision = 'd-2')",
            4,
            id="under-another-proof",
        ),
        pytest.param("DELETE FROM proofs WHERE seq = 4; DELETE FROM labels", 5, id="both-removed"),
        pytest.param("UPDATE proofs SET covers = 'decisions' WHERE seq = 3", 3, id="of-others"),
        pytest.param("UPDATE proofs SET digest = '0' WHERE seq = 3", 3, id="another-digest"),
    ],
)
def test_a_label_or_a_draw_that_was_tampered_with_is_named(file, path, tampering, first_broken):
    file.executescript(tampering)
    with closing(open_ledger(path)) as ledger:
        report = ledger.verify()
    assert (report.first_broken, report.is_whole) == (first_broken, False)


@pytest.mark.parametrize(
    ("tampering", "unproved"),
    [
        pytest.param(
            "INSERT INTO labels (id, tenant, decision, question, label, source, by, at_us)"
            " VALUES ('l_0', 'shop', 'd-1', 'intent', 'bug', 'audit', 'Bo', 1)",
            1,
            id="a-label-as-if-from-before",
        ),
        pytest.param("DELETE FROM proofs WHERE seq = 5", 1, id="newest-proof-removed"),
        pytest.param("UPDATE audits SET proof = 'p_0' WHERE decision = 'd-9'", 0, id="nothing"),
    ],
)
def test_a_label_without_a_place_in_the_chain_is_counted(file, path, tampering, unproved):
    file.execute(tampering)
    with closing(open_ledger(path)) as ledger:
        report = ledger.verify()
    assert (report.first_broken, report.unproved_labels) == (None, unproved)
    assert report.is_whole is (unproved == 0)


@pytest.mark.parametrize("table", ["labels", "audits", "proofs"])
def test_the_database_itself_lets_nothing_of_it_be_changed(place, decide, evidence, table):
    with closing(open_ledger(place, tenant="shop")) as record:
        audit(record, decide, evidence)
        with pytest.raises(Exception, match="only grows"):  # noqa: SIM117 - one raises, one begins
            with record.database.transaction(writing=True) as tx:
                tx.connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - three tables
