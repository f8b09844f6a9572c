"""Verdicts stand in one chain with the decisions, on both databases."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from deskquorum.domain import Action, Reason
from deskquorum.errors import LedgerError
from deskquorum.ledger import Order, open_ledger, outbox, reviews
from deskquorum.ledger.erasing import erase
from deskquorum.ledger.review_items import Draft, Verdict

REFUND = Action(name="issue_refund", args={"order_id": "NW-1", "amount": "24.00"})


@pytest.fixture(params=["sqlite", "postgres"])
def record(request, path):
    place = path if request.param == "sqlite" else request.getfixturevalue("postgres")
    with closing(open_ledger(place, tenant="northwind")) as ledger:
        yield ledger


@pytest.fixture
def judged(record, decide, evidence):
    return judged_in(record, decide, evidence)


def judged_in(record, decide, evidence):
    """Two decisions, each with its verdict: places 1 and 3, 2 and 4; returns the reviews' ids."""
    items = []
    for number in (1, 2):
        draft = Draft(
            kind="decision",
            conversation=f"t-{number}",
            decision=f"d-{number}",
            subject=f"customer:C-{number}",
            reasons=(),
            action=REFUND,
            reply=None,
            risk=5,
            due=timedelta(hours=1),
        )
        also = [lambda tx, draft=draft: items.append(reviews.open_item(tx, draft))]
        record.append(decide(f"d-{number}"), evidence, subject=draft.subject, also=also)
    for item in items:
        said = Verdict(kind="reject", by="Ada", why="not this customer's order")
        with record.database.transaction(writing=True) as tx:
            found = reviews.get_item(tx, item)
            reviews.close_item(tx, found, said, action=None, reply=None)
    return items


def test_decisions_and_verdicts_take_turns_in_one_chain(record, judged, decide, evidence):
    with record.database.transaction() as tx:
        newest = tx.connection.execute(text("SELECT hash FROM verdicts WHERE seq = 4")).scalar_one()
        assert reviews.get_item(tx, judged[0]).why == "not this customer's order"
    entry = record.append(decide("d-3"), evidence)
    assert (entry.seq, entry.previous_hash) == (5, newest)
    report = record.verify()
    assert (report.entries, report.is_whole) == (5, True)


def test_a_verdict_outlives_the_erasure_of_its_person_unread(record, judged):
    erase(record.database, ["customer:C-1"], by="Ada", why="asked for")
    with record.database.transaction() as tx:
        item = reviews.get_item(tx, judged[0])
    assert (item.verdict, item.verdict_by, item.why, item.erased) == ("reject", "Ada", "", True)
    assert record.verify().is_whole


def test_a_review_is_settled_only_by_an_order_that_is_done(record):
    draft = Draft(
        kind="execution",
        conversation="t-1",
        decision="d-1",
        subject="customer:C-1",
        reasons=(Reason(code="execution", params={"key": "k-1", "why": "timeout"}),),
        action=REFUND,
        reply=None,
        risk=5,
        due=timedelta(hours=1),
    )
    order = Order(
        key="k-1",
        conversation="t-1",
        action="issue_refund",
        decision="d-1",
        args="{}",
        subject="customer:C-1",
    )
    with record.database.transaction(writing=True) as tx:
        held = outbox.start(tx, order, owner="p-1", lease_s=30)
        outbox.give_to_person(tx, held, error="timeout", maybe=True)
        item = reviews.open_item(tx, draft)
        tx.connection.execute(text("UPDATE reviews SET state = 'settled'"))
    assert record.verify().unproved_reviews == 1
    with record.database.transaction(writing=True) as tx:
        tx.connection.execute(text("UPDATE reviews SET state = 'open'"))
        outbox.done(tx, order)
        assert reviews.get_item(tx, item).state == "settled"
    assert record.verify().is_whole


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize("change", ["UPDATE verdicts SET kind = 'approve'", "DELETE FROM verdicts"])
def test_the_database_itself_lets_no_verdict_be_changed(record, change):
    with (
        pytest.raises(LedgerError, match="only grows"),
        record.database.transaction(writing=True) as tx,
    ):
        tx.connection.execute(text(change))


@pytest.fixture
def file(path, decide, evidence):
    """The database of two verdicts in the hands of somebody who drops its guards."""
    with closing(open_ledger(path, tenant="northwind")) as ledger:
        judged_in(ledger, decide, evidence)
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        for change in ("update", "delete"):
            opened.execute(f"DROP TRIGGER verdicts_no_{change}")
        yield opened


@pytest.mark.parametrize(
    ("tampering", "first_broken"),
    [
        pytest.param("UPDATE verdicts SET kind = 'approve' WHERE seq = 3", 3, id="another-verdict"),
        pytest.param("UPDATE verdicts SET by = 'Bo' WHERE seq = 4", 4, id="by-somebody-else"),
        pytest.param("UPDATE verdicts SET at_us = at_us + 1 WHERE seq = 3", 3, id="later"),
        pytest.param("UPDATE verdicts SET tenant = 'other' WHERE seq = 3", 3, id="another-desk"),
        pytest.param("UPDATE verdicts SET decision = 'd-2' WHERE seq = 3", 3, id="of-another"),
        pytest.param(
            "UPDATE verdicts SET outcome = (SELECT outcome FROM verdicts WHERE seq = 4)"
            " WHERE seq = 3",
            3,
            id="outcome-of-another",
        ),
        pytest.param("DELETE FROM verdicts WHERE seq = 3", 4, id="removed"),
        pytest.param(
            "UPDATE verdicts SET seq = CASE seq WHEN 3 THEN 9 ELSE 3 END;"
            "UPDATE verdicts SET seq = 4 WHERE seq = 9",
            3,
            id="swapped",
        ),
    ],
)
def test_a_verdict_that_was_tampered_with_is_named(file, path, tampering, first_broken):
    file.executescript(tampering)
    with closing(open_ledger(path)) as ledger:
        report = ledger.verify()
    assert (report.first_broken, report.is_whole) == (first_broken, False)


@pytest.mark.parametrize(
    ("tampering", "unproved"),
    [
        pytest.param("DELETE FROM verdicts WHERE seq = 4", 1, id="newest-verdict-removed"),
        pytest.param("UPDATE reviews SET state = 'open'", 2, id="reviews-opened-again"),
        pytest.param("DELETE FROM reviews", 2, id="reviews-removed"),
        pytest.param("UPDATE reviews SET decision = 'd-9'", 4, id="of-another-decision"),
    ],
)
def test_a_review_says_what_the_chain_says(file, path, tampering, unproved):
    file.execute(tampering)
    with closing(open_ledger(path)) as ledger:
        report = ledger.verify()
    assert (report.first_broken, report.unproved_reviews) == (None, unproved)
    assert not report.is_whole
