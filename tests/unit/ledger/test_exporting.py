"""The record as rows, from which somebody can tell again what happened; on both databases."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest

from deskquorum.domain import Action, Reason
from deskquorum.ledger import Order, exporting, open_ledger, outbox, reviews
from deskquorum.ledger.audits import ChosenAudit, DrawnAudit, note_chosen, note_drawn
from deskquorum.ledger.erasing import erase
from deskquorum.ledger.exporting import exported
from deskquorum.ledger.intake import Draft as Request
from deskquorum.ledger.intake import accept, accept_done
from deskquorum.ledger.outcomes import Outcome, OutcomeKind, note_outcome
from deskquorum.ledger.review_items import Draft, Verdict
from deskquorum.ledger.verdict_labels import note_labels

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
REFUND = Action(name="issue_refund", args={"order_id": "NW-1", "amount": "24.00"})
KINDS = {
    "ticket",
    "decision",
    "review",
    "verdict",
    "execution",
    "audit",
    "chosen_audit",
    "label",
    "proof",
    "outcome",
    "stop",
}


@pytest.fixture
def record(place):
    """Each transaction is a second after the one before."""
    seconds = count()
    with closing(
        open_ledger(place, tenant="shop", clock=lambda: NOON + timedelta(seconds=next(seconds)))
    ) as ledger:
        yield ledger


@pytest.fixture
def entries(record, decide, evidence):
    subjects = ["customer:1", "customer:2", "customer:1"]
    return [
        record.append(decide(f"d-{n}", ticket=f"t-{n}"), evidence, subject=subject)
        for n, subject in enumerate(subjects)
    ]


@pytest.fixture
def story(record, entries):
    """What followed from the three decisions; all but the stop is about the first customer."""
    draft = Draft(
        kind="decision",
        conversation="t-0",
        decision=entries[0].decision.id,
        subject="customer:1",
        reasons=(Reason(code="late"),),
        action=REFUND,
        reply=None,
        risk=5,
        due=timedelta(hours=1),
    )
    request = {"conversation": "t-0", "subject": "customer:1", "source": "async"}
    order = Order(
        key="k-0",
        conversation="t-0",
        action="issue_refund",
        decision="d-0",
        args='{"amount":"24.00"}',
        subject="customer:1",
    )
    drawn = DrawnAudit(decision="d-0", ticket="t-0", batch="b-1", stratum="s", inclusion=0.5)
    told = Outcome(conversation="t-0", decision=None, kind=OutcomeKind.RESOLVED, value="")
    with record.database.transaction(writing=True) as tx:
        accept(tx, Request(request='{"id":"t-0"}', **request), owner="p-1", lease_s=30)
        item = reviews.get_item(tx, reviews.open_item(tx, draft))
        said = Verdict(kind="reject", by="Ada", why="not theirs")
        reviews.close_item(tx, item, said, action=None, reply=None)
        held = outbox.start(tx, order, owner="p-1", lease_s=30)
        outbox.done(tx, held.order, result='{"state":"done"}')
        note_drawn(tx, [drawn], until=NOON)
        note_chosen(tx, [ChosenAudit(decision="d-0", ticket="t-0", batch="b-1")])
        note_labels(tx, "d-0", {"intent": "refund"}, by="Ada", source="audit")
        note_outcome(tx, told)
    record.stop(by="Ada", why="odd refunds")
    return record


def rows(record, kind=None, **which):
    every = list(exported(record.database, **which))
    return every if kind is None else [row for row in every if row["record"] == kind]


def ids(record, **which):
    return [row["id"] for row in rows(record, "decision", **which)]


def test_an_export_opens_what_was_sealed_and_names_the_hashes(record, entries):
    told = rows(record)
    assert [row["hash"] for row in told] == [entry.hash for entry in entries]
    assert told[1]["previous_hash"] == told[0]["hash"]
    assert told[0]["decision"]["id"] == "d-0"
    assert told[0]["evidence"]["ticket"]["id"] == "t-1"


def test_an_export_tells_each_thing_that_happened(story):
    told = {row["record"]: row for row in rows(story)}
    assert told.keys() == KINDS
    assert told["ticket"]["request"] == {"id": "t-0"}
    assert told["review"]["suggestion"]["action"]["args"] == REFUND.args
    assert told["review"]["reasons"] == [{"code": "late", "params": {}}]
    assert (told["verdict"]["kind"], told["verdict"]["outcome"]["why"]) == ("reject", "not theirs")
    assert (told["execution"]["state"], told["execution"]["result"]) == ("done", {"state": "done"})
    assert told["execution"]["doubt"] is False
    assert told["audit"]["inclusion"] == 0.5
    assert (told["chosen_audit"]["decision"], told["chosen_audit"]["batch"]) == ("d-0", "b-1")
    assert (told["label"]["question"], told["label"]["label"]) == ("intent", "refund")
    assert told["outcome"]["kind"] == "resolved"
    assert (told["stop"]["stopped"], told["stop"]["why"]) == (True, "odd refunds")
    assert told["review"]["due_at"] > told["review"]["opened_at"] == told["label"]["at"]


def test_the_links_of_an_export_are_the_whole_chain(story):
    links = sorted((row for row in rows(story) if "seq" in row), key=lambda row: row["seq"])
    assert [row["seq"] for row in links] == list(range(1, story.verify().entries + 1))
    assert all(b["previous_hash"] == a["hash"] for a, b in pairwise(links))
    proofs = {row["id"] for row in links if row["record"] == "proof"}
    assert {row["proof"] for row in rows(story) if "proof" in row} == proofs


def test_of_an_erased_person_an_export_tells_only_what_was_not_sealed(story):
    erase(story.database, ["customer:1"], by="Ada", why="asked", force=True)
    told = rows(story)
    sealed = {row["record"]: row for row in told if row.get("erased")}
    assert sealed.keys() == {"ticket", "decision", "review", "verdict", "execution"}
    assert not any("24.00" in str(row) or "not theirs" in str(row) for row in told)
    assert [row["erased"] for row in rows(story, "decision")] == [True, False, True]
    assert sealed["verdict"]["by"] == "Ada"
    (erasure,) = rows(story, "erasure")
    assert (erasure["why"], erasure["keys"]) == ("asked", 1)


def test_an_export_can_be_of_one_person_of_one_ticket_or_of_a_time(record, entries):
    assert ids(record, subjects=["customer:1"]) == ["d-0", "d-2"]
    assert ids(record, tickets=["t-1"]) == ["d-1"]
    assert ids(record, tickets=["t-1"], subjects=["customer:1"]) == []
    second = entries[1].recorded_at
    assert ids(record, since=second) == ["d-1", "d-2"]
    assert ids(record, until=second) == ["d-0"]
    assert ids(record, since=second, until=second + timedelta(microseconds=1)) == ["d-1"]


@pytest.mark.parametrize("which", [{"subjects": ["customer:1"]}, {"tickets": ["t-0"]}])
def test_all_that_happened_to_a_person_or_a_ticket_is_told_and_nothing_of_others(story, which):
    assert {row["record"] for row in rows(story, **which)} == KINDS - {"proof", "stop"}
    others = {"subjects": ["customer:2"]} if "subjects" in which else {"tickets": ["t-1"]}
    assert {row["record"] for row in rows(story, **others)} == {"decision"}


def test_an_erasure_is_told_with_the_person_whose_it_was(story):
    erase(story.database, ["customer:1"], by="Ada", why="asked", force=True)
    assert len(rows(story, "erasure", subjects=["customer:1"])) == 1
    assert rows(story, "erasure", subjects=["customer:2"]) == []
    assert rows(story, "erasure", tickets=["t-0"]) == []


def test_what_followed_is_chosen_by_its_own_time(story, entries):
    assert {row["record"] for row in rows(story, until=entries[2].recorded_at)} == {"decision"}
    after = entries[2].recorded_at + timedelta(microseconds=1)
    assert {row["record"] for row in rows(story, since=after)} == KINDS - {"decision"}


def test_a_ticket_that_was_answered_is_told_with_its_answer(record):
    request = Request(conversation="t-9", subject="customer:9", request="{}", source="wait")
    with record.database.transaction(writing=True) as tx:
        accept_done(request, tx, subject="customer:9", decision="d-9", answer='{"route":"human"}')
    (ticket,) = rows(record, "ticket")
    assert (ticket["state"], ticket["answer"]) == ("done", {"route": "human"})


def test_a_long_record_is_read_page_by_page_and_nothing_is_told_twice(story, monkeypatch):
    whole = rows(story)
    monkeypatch.setattr(exporting, "_PAGE", 1)
    assert rows(story) == whole


@pytest.mark.usefixtures("story")
def test_an_export_shows_nothing_of_another_desk(place):
    with closing(open_ledger(place, tenant="bank")) as bank:
        assert rows(bank) == []
